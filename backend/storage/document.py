"""A kept conversation: the whole tree and all that its answers depended on. As JSON, and back.

The JSON is made and checked by pydantic from the same dataclasses; pictures are given by whatever the caller wants to
stand for them: data URLs in an export, file names in an archive.
"""

import base64
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter

from backend.chat.context import ContextPolicy
from backend.chat.errors import ConversationInvalid
from backend.chat.messages import Image, UserMessage
from backend.chat.settings import GenerationSettings
from backend.chat.tree import ConversationTree
from backend.storage.images import once_each

MAX_TITLE = 60  # characters
LIBRARIES = ("transformers", "torch", "mistral-common", "gradio")


@dataclass(frozen=True)
class ToolPanel:
    """What the tool panel holds: names of built-in tools, the editor's text, choice, approval, fixed replies."""

    builtin: tuple[str, ...] = ()
    schemas: str = ""
    choice: str = "auto"
    approval: Literal["at once", "ask", "never"] = "at once"
    replies: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ExampleTools:
    """The tool panel around an example that a conversation began with: as it was before, and as the example set it."""

    before: ToolPanel
    given: ToolPanel


@dataclass(frozen=True)
class Document:
    """A conversation as it is kept. Times are ISO 8601 in UTC; `prompt` is the system prompt before it is filled."""

    id: str = field(default_factory=lambda: secrets.token_hex(8))
    title: str = ""
    updated: str = ""
    model: str = ""
    revision: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    prompt: str = ""
    settings: GenerationSettings = field(default_factory=GenerationSettings)
    tools: ToolPanel = field(default_factory=ToolPanel)
    example: ExampleTools | None = None
    keep: ContextPolicy = "all"
    history: ConversationTree = field(default_factory=ConversationTree)
    format: Literal["mistral-chat/1"] = "mistral-chat/1"

    @property
    def name(self) -> str:
        """The title, or the beginning of the first message where nobody gave one."""
        first = next((n.message for n in self.history.nodes if isinstance(n.message, UserMessage)), None)
        text = self.title or " ".join((first.text if first else "").split()) or ("Pictures" if first else "New chat")
        return text if len(text) <= MAX_TITLE else f"{text[: MAX_TITLE - 1]}…"


_ADAPTER = TypeAdapter(Document)


def library_versions() -> dict[str, str]:
    """The versions of the libraries that an answer depends on, of those that are installed."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except ImportError:
            continue
    return found


def to_json(document: Document, address: Callable[[Image], str]) -> dict[str, Any]:
    """The document as JSON values, each picture's path being the address given for it."""
    history = document.history.with_images(lambda image: replace(image, path=address(image)))
    dumped: dict[str, Any] = _ADAPTER.dump_python(replace(document, history=history), mode="json")
    return dumped


def from_json(value: object, take: Callable[[str], Image]) -> Document:
    """The document in JSON values or JSON text; `take` turns a picture's address into a picture of ours.

    Raises ConversationInvalid, what `take` raises, and ImageRefused for too many pictures.
    """
    try:
        values = json.loads(value) if isinstance(value, str | bytes) else value
        _check(values)
        document = _ADAPTER.validate_python(values)
    except (ValueError, RecursionError) as error:  # of which pydantic's is one
        raise ConversationInvalid("This is not a conversation that this app exported.") from error
    taken = once_each(take)
    return replace(document, history=document.history.with_images(lambda image: taken(image.path)))


class _Node(BaseModel):
    message: dict[str, Any]


class _Nodes(BaseModel):
    nodes: list[_Node]


class _Shape(BaseModel):
    """What has to be there, although it has a default in a Document."""

    format: str
    history: _Nodes


def _check(values: object) -> None:
    """What pydantic lets pass: missing parts that have defaults, and messages that it would take for empty ones.

    Raises ValueError, of which pydantic's own error is one.
    """
    json.dumps(values, ensure_ascii=False).encode()  # half a character could be neither shown nor kept
    for node in _Shape.model_validate(values).history.nodes:
        if len({"parts", "result", "text"} & node.message.keys()) != 1:
            raise ValueError("not a message")
        for part in node.message.get("parts", ()):
            if not (isinstance(part, dict) and {"text", "path"} & part.keys()):
                raise ValueError("not a part of a message")


def data_url(image: Image) -> str:
    """The picture's file as a data URL."""
    return "data:image/png;base64," + base64.b64encode(Path(image.path).read_bytes()).decode()
