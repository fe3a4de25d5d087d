"""What the page is told of the model that answers. Imports nothing heavy: app.py needs it before the page exists."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backend.chat.request import ChatRequest
    from backend.tokenization.count import Counter
    from backend.tokenization.inspect import Inspection


@dataclass(frozen=True)
class ModelInfo:
    """The model that answers at present: its name, what is said of it, its revision, and its own system prompt.

    `waiting` says what it is waited for, where it is not there yet. Whether it `thinks` before it answers is None where
    nobody knows; `efforts` are what it can be told of how much it is to think, and `is_whole` says that no more of that
    is known once it has loaded. `names` are those that programs may ask for it by, the first being the one that they
    are told; none where nobody knows yet. `repository` is the one on the hub that it is from, "" where it is a folder;
    `weights` are the numbers that it is in, as torch calls them, or "8bit" and "4bit".
    """

    name: str
    introduction: str
    revision: str
    system_prompt: str
    waiting: str = ""
    thinks: bool | None = False
    efforts: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    repository: str = ""
    weights: str = "bfloat16"
    is_whole: bool = True

    @property
    def is_settled(self) -> bool:
        """Whether it stays as it is told here, until it is changed."""
        return self.is_whole and not self.waiting

    @property
    def sends_thoughts(self) -> bool:
        """Whether its card advises to let it read what it thought before."""
        return bool(self.thinks)


@dataclass(frozen=True)
class ModelCapabilities:
    """What the page may ask of whoever answers.

    `counter` and `inspect` need the model's tokenizer: None without one. `change` loads another model by its name and
    precision, yields what is going on, and raises ModelUnusable; None where the model stays as it is. `choices` are the
    names that a server has; None where any model can be loaded. `read_ahead` is told what is about to be sent.
    """

    info: Callable[[], ModelInfo]
    max_new_tokens: int
    counter: Callable[[], Counter | None] = lambda: None
    inspect: Callable[[ChatRequest], Inspection] | None = None
    change: Callable[[str, str], Generator[str, None, None]] | None = None
    choices: Callable[[], tuple[str, ...]] | None = None
    read_ahead: Callable[[ChatRequest], None] = lambda _: None
