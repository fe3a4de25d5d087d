"""A conversation as the page draws it: an entry for each message, and each entry in blocks of HTML. Pure.

A block that stays as it was is the same string, so that the page draws anew only what has changed.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import Any

from backend.chat.messages import AssistantMessage, Conversation, Message, ToolMessage, UserMessage
from backend.chat.tree import ConversationTree
from ui.render.addresses import picture_address
from ui.render.answer.blocks import as_written, blocks, weight
from ui.render.answer.growing import GrowingAnswer
from ui.render.approval import Asks, round_blocks
from ui.render.entry_actions import answer_actions, question_actions, round_actions, waiting
from ui.render.texts import plain, sendable, shortened
from ui.render.thoughts import thought_block, without_thought

Entry = tuple[str, str, tuple[str, ...]]  # its key, its role, and its blocks
Value = dict[str, Any]  # what the page's transcript is given
Show = Callable[[str], tuple[str, ...]]
SIGNS = 150_000  # of all answers that are formatted: as a rule some 3 MB of text


def whole(conversation: Conversation, history: ConversationTree | None = None, asks: Asks = None) -> Value:
    """All entries. `history` is the tree whose shown branch the conversation is or goes on from.

    `asks` is what a person is asked of calls that wait for them.
    """
    return Transcript().whole(conversation, history, asks)


class Transcript:
    """The same for one conversation again and again, as it grows: what stands before the last answer is made once.

    The message that it answers may have a million characters, and there are ten updates a second.
    """

    def __init__(self) -> None:
        self._before = Conversation()
        self._others = 0  # nodes of the tree that are not on the shown branch
        self._made: list[tuple[int, Entry]] = []
        self._settled = 0  # messages that come before the last answer
        self._growing = GrowingAnswer()

    def whole(self, conversation: Conversation, history: ConversationTree | None = None, asks: Asks = None) -> Value:
        """All entries, for a page that may show anything."""
        self._update(conversation, history or ConversationTree(), False, asks)
        return {"start": 0, "after": "", "entries": [entry for _, entry in self._made]}

    def tail(self, conversation: Conversation, history: ConversationTree | None = None) -> Value:
        """The entries of the last answer, which is being written, for a page that shows those before it.

        `start` is how many come before, and `after` the key of the last of them.
        """
        self._update(conversation, history or ConversationTree(), True, None)
        start = bisect_left(self._made, self._settled, key=itemgetter(0))
        after = self._made[start - 1][1][0] if start else ""
        return {"start": start, "after": after, "entries": [entry for _, entry in self._made[start:]]}

    def _update(self, conversation: Conversation, history: ConversationTree, is_growing: bool, asks: Asks) -> None:
        asked, others = conversation.last_user_index, len(history.nodes) - len(history.path)
        settled = 0 if asked is None else asked + 1
        start = _alike(self._before, conversation, min(self._settled, settled)) if others == self._others else 0
        kept = self._made[: bisect_left(self._made, start, key=itemgetter(0))]
        growing = self._growing if is_growing else None
        self._made = [*kept, *_entries(conversation, history, start, growing, asks)]
        self._before, self._settled, self._others = conversation, settled, others


def _alike(one: Conversation, other: Conversation, most: int) -> int:
    """How many messages, of so many at most, both begin with."""
    pairs = zip(one.messages[:most], other.messages[:most], strict=True)
    return next((index for index, (a, b) in enumerate(pairs) if a is not b), most)


def _entries(
    conversation: Conversation, history: ConversationTree, start: int, growing: GrowingAnswer | None, asks: Asks
) -> Iterator[tuple[int, Entry]]:
    shown, last = conversation.messages[start:], len(conversation.messages) - 1
    results = {m.result.call_id: m.result for m in shown if isinstance(m, ToolMessage)}
    open_ids = frozenset(call.id for call in conversation.open_calls)
    formatted = start + _first_formatted(shown)
    for index, message in enumerate(shown, start):
        key = history.path[index] if index < len(history.path) else str(index)
        if isinstance(message, UserMessage):
            yield index, (key, "user", (*question(message), question_actions(conversation, history, index)))
        elif isinstance(message, AssistantMessage):
            text = growing if index == last else None
            made = [*written(message, text, index >= formatted)]
            if calls := message.tool_calls:
                made += round_blocks(calls, results, open_ids, asks, index)
            row = round_actions if calls and index < last else answer_actions  # the turn's end has the buttons
            row_shown = waiting(message) if text else row(conversation, history, index)
            yield index, (key, "assistant", (*map(sendable, made), sendable(row_shown)))


def question(message: UserMessage) -> Iterator[str]:
    """The blocks of a person's message."""
    if message.images:
        shown = (
            f'<button type="button" class="enlarge"><img src="{picture_address(image)}" alt="Image {number}" '
            f'width="{image.width}" height="{image.height}" loading="lazy"></button>'
            for number, image in enumerate(message.images, 1)
        )
        yield f'<div class="pictures">{"".join(shown)}</div>'
    if message.text:
        yield plain(message.text)


def _first_formatted(messages: Sequence[Message]) -> int:
    """From where on the answers of these messages are formatted: nobody waits for a conversation of a million signs."""
    left = SIGNS
    for index in reversed(range(len(messages))):
        message = messages[index]
        left -= weight(message.text + message.thought) if isinstance(message, AssistantMessage) else 0
        if left < 0:
            return index + 1
    return 0


def written(
    message: AssistantMessage, growing: GrowingAnswer | None = None, is_formatted: bool = True
) -> Iterator[str]:
    """The blocks of what a model thought and wrote; `growing` remembers those of a text that is being written."""
    show_thought, show_text = _shown(growing, is_formatted)
    marked, text = ("", message.text) if message.thought else without_thought(message.text)
    if thought := (message.thought or marked).strip():
        yield thought_block(show_thought(shortened(thought)), not (text.strip() or message.tool_calls))
    if text:
        yield from show_text(text)


def _shown(growing: GrowingAnswer | None, is_formatted: bool) -> tuple[Show, Show]:
    """How an answer's thought and its text become blocks."""
    if growing:
        return growing.thought.blocks, growing.text.blocks
    return (blocks, blocks) if is_formatted else (as_written, as_written)
