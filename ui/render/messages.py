"""Conversation -> what gr.Chatbot shows. Pure; the chatbot is never read back."""

from bisect import bisect_left
from collections.abc import Iterator
from operator import itemgetter
from typing import Any

from backend.chat.messages import (
    BETWEEN_TEXTS,
    AssistantMessage,
    Conversation,
    Image,
    Message,
    Part,
    ToolMessage,
    ToolResult,
    UserMessage,
)
from backend.chat.tree import ConversationTree
from ui.render.addresses import picture_address
from ui.render.markdown import typed, written
from ui.render.message_footer import message_footer
from ui.render.thoughts import thought_block
from ui.render.tool_calls import render_tool_calls

Bubble = dict[str, Any]


def render_messages(conversation: Conversation, history: ConversationTree | None = None) -> list[Bubble]:
    """The messages as dictionaries in the form that Gradio sends to the browser, ready made: nothing is converted.

    `history` is the tree whose shown branch the conversation is or goes on from; it gives the alternatives.
    """
    return [bubble for _, bubble in _indexed(conversation, history or ConversationTree())]


class Rendering:
    """The same for one conversation again and again, as it grows: what stands before the last answer is made once.

    The message that it answers may have a million characters, and there are ten updates a second.
    """

    def __init__(self) -> None:
        self._before = Conversation()
        self._settled = 0  # messages that come before its last answer
        self._others = 0  # nodes of the tree that are not on the shown branch
        self._made: list[tuple[int, Bubble]] = []

    def messages(self, conversation: Conversation, history: ConversationTree | None = None) -> list[Bubble]:
        """See render_messages. Bubbles that stay as they are are the same objects."""
        history = history or ConversationTree()
        asked, others = conversation.last_user_index, len(history.nodes) - len(history.path)
        settled = 0 if asked is None else asked + 1
        start = _alike(self._before, conversation, min(self._settled, settled)) if others == self._others else 0
        kept = self._made[: bisect_left(self._made, start, key=itemgetter(0))]
        self._made = [*kept, *_indexed(conversation, history, start)]
        self._before, self._settled, self._others = conversation, settled, others
        return [bubble for _, bubble in self._made]


def _alike(one: Conversation, other: Conversation, most: int) -> int:
    """How many messages, of so many at most, both begin with."""
    pairs = zip(one.messages[:most], other.messages[:most], strict=True)
    return next((index for index, (a, b) in enumerate(pairs) if a is not b), most)


def message_index(conversation: Conversation, history: ConversationTree, bubble: int) -> int:
    """The index of the message that this bubble shows, of those that `bubbles` gives for both. Raises IndexError."""
    return [index for index, _ in _indexed(conversation, history)][bubble]


def _indexed(conversation: Conversation, history: ConversationTree, start: int = 0) -> Iterator[tuple[int, Bubble]]:
    shown = conversation.messages[start:]
    results = {m.result.call_id: m.result for m in shown if isinstance(m, ToolMessage)}
    open_ids = {call.id for call in conversation.open_calls}
    for index, message in enumerate(shown, start):
        for bubble in _of_message(message, results, open_ids):
            yield index, bubble
        if isinstance(message, AssistantMessage) and (line := message_footer(conversation, history, index)):
            yield index, _bubble("assistant", [_text(line)])


def _of_message(message: Message, results: dict[str, ToolResult], open_ids: set[str]) -> Iterator[Bubble]:
    if isinstance(message, UserMessage):
        yield _bubble("user", [_content(part) for part in message.parts])
    elif isinstance(message, AssistantMessage):
        if thought := message.thought.strip():
            yield _bubble("assistant", [_text(thought_block(thought, not (message.text or message.tool_calls)))])
        if message.text:
            yield _bubble("assistant", [_text(written(message.text))])
        if message.tool_calls:
            yield _bubble("assistant", [_text(render_tool_calls(message.tool_calls, results, open_ids))])


def _content(part: Part) -> Bubble:
    if isinstance(part, Image):
        file = {"path": part.path, "url": picture_address(part), "mime_type": "image/png"}
        return {"type": "file", "file": file, "alt_text": None}
    return _text(typed(part.text))


def _text(text: str) -> Bubble:
    return {"type": "text", "text": text}


def _bubble(role: str, content: list[Bubble]) -> Bubble:
    return {"role": role, "content": content, "metadata": None, "options": None}


def edited_text(value: object) -> str:
    """The text of an edited bubble: Gradio gives a string, or the bubble's content as a list."""
    if isinstance(value, str):
        return value
    parts = value if isinstance(value, list) else [value]
    return BETWEEN_TEXTS.join(part["text"] for part in parts if isinstance(part, dict) and part.get("type") == "text")
