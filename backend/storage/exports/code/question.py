"""What code is made of: a request, whom it asks, and the pictures beside it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from backend.chat.parts import Image
from backend.chat.request import ChatRequest

Form = Literal["curl", "openai", "transformers"]


@dataclass(frozen=True)
class Question:
    """A request, and whom it asks: the address of an API and the name that it has for the model; the model's
    repository on the hub, "" for one that is a folder. `weights` are the numbers that it is in; that, whether it
    `thinks`, and the `efforts` that it can be told, are as ModelInfo has them."""

    request: ChatRequest
    address: str
    model: str
    repository: str = ""
    weights: str = "bfloat16"
    thinks: bool = False
    efforts: tuple[str, ...] = ()

    @cached_property
    def pictures(self) -> dict[str, Image]:
        """The pictures by the names of their files beside the script, each once, in the order in which they come."""
        found = {image.path: image for image in self.request.images}
        return {f"image-{number}.png": image for number, image in enumerate(found.values(), 1)}

    def name_of(self, image: Image) -> str:
        """The name of a picture's file beside the script."""
        return self._names[image.path]

    @cached_property
    def _names(self) -> dict[str, str]:
        return {image.path: name for name, image in self.pictures.items()}


@dataclass(frozen=True)
class Script:
    """A file with code: its name, its text, and what has to be installed for it, a line each."""

    name: str
    text: str
    requirements: tuple[str, ...] = ()


def of_parts(*parts: str) -> str:
    """A script of these parts, of which some may be empty: a blank line between them, two around a definition."""
    text = ""
    for part in filter(None, parts):
        is_definition = part.startswith(("def ", "class "))
        gap = "\n\n\n" if is_definition or text.endswith("\n\n") else "\n\n"
        text = (text.rstrip("\n") + gap if text else "") + part.rstrip("\n") + ("\n\n" if is_definition else "")
    return text.rstrip("\n") + "\n"


def installs(requirements: tuple[str, ...]) -> str:
    """The comment that says how to get what a script needs."""
    return "# pip install " + " ".join(f'"{each}"' for each in requirements)
