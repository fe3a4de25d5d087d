"""What the page is told of the model that answers. Imports nothing heavy: app.py needs it before the page exists."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backend.cost import Counter
    from backend.engine import ChatRequest
    from backend.inspection import Inspection


@dataclass(frozen=True)
class About:
    """What the page is told of the model that answers. `counter` and `inspect` need its tokenizer: None without one."""

    name: str
    introduction: str
    revision: str
    system_prompt: str
    max_new_tokens: int
    counter: Callable[[], Counter | None]
    inspect: Callable[[ChatRequest], Inspection] | None
