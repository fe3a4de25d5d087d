"""What the server keeps for one page while it is open."""

import secrets
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

import gradio as gr

from backend.chat import Conversation
from backend.history import History
from ui.guard import visitor

Values = dict[Any, Any]  # component -> value, as Gradio gives it for a set of inputs
Updates = dict[Any, Any]  # component -> new value or gr.update; what is left out stays as it is


@dataclass(frozen=True)
class Chat:
    """The tree, its shown branch as it is while an answer streams, and what else belongs to the conversation.

    `day` is the day on which it began, for {today}. `editing` is the message that the box will
    replace; `continuing` says that the next answer goes on with the last one.
    """

    id: str = field(default_factory=lambda: secrets.token_hex(8))
    title: str = ""
    conversation: Conversation = field(default_factory=Conversation)
    history: History = field(default_factory=History)
    day: date | None = None
    editing: int | None = None
    continuing: bool = False

    def going_on(self, conversation: Conversation) -> "Chat":
        """The chat with this conversation as the shown branch of its tree."""
        history = self.history.showing(conversation)
        return replace(self, conversation=conversation, history=history, editing=None, continuing=False)


def session_of(request: gr.Request) -> str:
    """The key of the visitor's page."""
    return request.session_hash or ""


def visitor_of(request: gr.Request) -> str:
    """The address of whoever has the page open; empty where it is not known."""
    return visitor(request.request.scope) if request.request else ""


def today() -> date:
    """The server's date in UTC."""
    return datetime.now(UTC).date()


def box(text: str = "", files: list[str] | None = None) -> dict[str, Any]:
    """A value for the message box."""
    return {"text": text, "files": files or []}
