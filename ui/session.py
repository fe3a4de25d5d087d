"""What the server keeps for one page while it is open."""

import secrets
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

import gradio as gr

from backend.chat.messages import Conversation
from backend.chat.request import ChatRequest
from backend.chat.tree import ConversationTree
from backend.storage.document import ExampleTools
from web.requests import visitor

Values = dict[Any, Any]  # component -> value, as Gradio gives it for a set of inputs
Updates = dict[Any, Any]  # component -> new value or gr.update; what is left out stays as it is


@dataclass(frozen=True)
class Chat:
    """The tree, its shown branch as it is while an answer streams, and what else belongs to the conversation.

    `id` is empty until something is sent: the chat that a page begins with is the same for all pages. `day` is the day
    on which it began, for {today}. `editing` is the message that the box will replace. `page` is the token of the page
    that has it, made when the page first shows a conversation, and the same for all that it shows after that. `example`
    is what an example that the chat began with changed in the tool panel.
    """

    id: str = ""
    title: str = ""
    conversation: Conversation = field(default_factory=Conversation)
    history: ConversationTree = field(default_factory=ConversationTree)
    day: date | None = None
    editing: int | None = None
    page: str = ""
    example: ExampleTools | None = None

    def append(self, conversation: Conversation, asked: ChatRequest | None = None) -> "Chat":
        """The chat with this conversation as the shown branch of its tree; `asked` is kept with a new answer."""
        history, key = self.history.with_branch(conversation, asked), self.id or secrets.token_hex(8)
        return replace(self, id=key, conversation=conversation, history=history, editing=None)


def merged(values: Values, updates: Updates) -> Values:
    """These values as they are once the page shows the updates; one that holds no value leaves it."""
    after = dict(values)
    for component in values.keys() & updates.keys():
        update = updates[component]
        is_whole = not isinstance(update, dict) or not update.items() >= gr.update().items()
        after[component] = update if is_whole else update.get("value", values[component])
    return after


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
