"""What the page asks for of one message: how it was written, or how a long one is formatted."""

from typing import Any

from backend.chat.errors import GONE, UserError
from backend.chat.messages import AssistantMessage, UserMessage
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


def formatted_answer(chat: Chat, key: str) -> dict[str, Any]:
    """The blocks of the answer of this node. Raises UserError where it is none, or too long for anybody."""
    node = chat.history.nodes.get(key)
    if node is None or not isinstance(node.message, AssistantMessage):
        raise UserError(GONE)
    blocks = formatted(without_thought(node.message.text)[1])
    if blocks is None:
        raise UserError(texts.answer.too_long)
    return {"formatted": {"key": key, "blocks": blocks}}
