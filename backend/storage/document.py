"""A kept conversation: the whole tree and all that its answers depended on. As JSON see document_json.py."""

import base64
import secrets
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from backend.chat.context import ContextPolicy
from backend.chat.errors import PICTURE_GONE, RequestRejected
from backend.chat.messages import UserMessage
from backend.chat.parts import Image
from backend.chat.settings import GenerationSettings
from backend.chat.tree import ConversationTree

MAX_TITLE = 60  # characters
BEGINNING = 10 * MAX_TITLE  # characters that a title is made of, blanks among them: not of a million
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
    """A conversation as it is kept. Times are ISO 8601 in UTC; `prompt` is the system prompt before it is filled.

    `titled` is the time at which a person gave the title; both are empty where nobody did.
    """

    id: str = field(default_factory=lambda: secrets.token_hex(8))
    title: str = ""
    titled: str = ""
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

    @property
    def name(self) -> str:
        """The title, or the beginning of the first message where nobody gave one."""
        nodes = self.history.nodes.values()
        asked = [node.message for node in nodes if isinstance(node.message, UserMessage)]
        first = next((message for message in asked if not message.example), None)
        words = (first.text if first else "").lstrip()[:BEGINNING].split()
        files = first.files if first else ()
        named = files[0].name if files else "Pictures" if first else "New chat"
        text = self.title or " ".join(words) or named
        return text if len(text) <= MAX_TITLE else f"{text[: MAX_TITLE - 1]}…"


@dataclass(frozen=True)
class Unreadable:
    """In a document's place where one is kept that is damaged: its name in the list, and what is wrong."""

    name: str
    problem: str


def library_versions() -> dict[str, str]:
    """The versions of the libraries that an answer depends on, of those that are installed."""
    return {name: found for name in LIBRARIES if (found := _version(name))}


@cache  # each is read from a file, which took some milliseconds of every answer
def _version(name: str) -> str:
    try:
        return version(name)
    except ImportError:
        return ""


def data_url(image: Image) -> str:
    """The picture's file as a data URL. Raises RequestRejected where it is gone."""
    try:
        data = Path(image.path).read_bytes()
    except OSError as error:
        raise RequestRejected(PICTURE_GONE) from error
    return "data:image/png;base64," + base64.b64encode(data).decode()
