"""What the page asks for of one message: how it was written, or how a long one is formatted."""

from typing import Any, Literal

from backend.chat.errors import GONE, UserError
from backend.chat.messages import AssistantMessage, UserMessage
from backend.extraction.csv import to_csv
from backend.extraction.fields import read_fields
from backend.extraction.json_text import json_text
from backend.extraction.table import flat_rows
from ui.render.answer.blocks import formatted
from ui.render.thoughts import without_thought
from ui.session import Chat
from ui.texts import texts


def source(chat: Chat, index: int) -> dict[str, Any]:
    """For the page's script: the text of the message at this index. Raises UserError where it has none."""
    messages = chat.conversation.messages
    message = messages[index] if index < len(messages) else None
    if not isinstance(message, UserMessage | AssistantMessage):
        raise UserError(GONE)
    return {"source": {"index": index, "text": message.text}}


def fields_file(chat: Chat, index: int, kind: Literal["csv", "json"]) -> dict[str, Any]:
    """A file with what the answer at this index holds, which is JSON. Raises UserError where it is none."""
    message = chat.conversation.messages[index] if index < len(chat.conversation.messages) else None
    if not isinstance(message, AssistantMessage):
        raise UserError(GONE)
    root = read_fields(without_thought(message.text)[1])
    if root is None:
        raise UserError(texts.fields.no_fields)
    text = to_csv(flat_rows(root)) if kind == "csv" else f"{json_text(root)}\n"
    type_ = "text/csv" if kind == "csv" else "application/json"
    return {"download": {"name": f"answer-{index + 1}.{kind}", "type": type_, "text": text}}


def formatted_answer(chat: Chat, key: str) -> dict[str, Any]:
    """The blocks of the answer of this node. Raises UserError where it is none, or too long for anybody."""
    node = chat.history.nodes.get(key)
    if node is None or not isinstance(node.message, AssistantMessage):
        raise UserError(GONE)
    blocks = formatted(without_thought(node.message.text)[1])
    if blocks is None:
        raise UserError(texts.answer.too_long)
    return {"formatted": {"key": key, "blocks": blocks}}
