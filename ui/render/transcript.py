"""A conversation as the page draws it: an entry for each message, and each entry in blocks of HTML. Pure.

A block that stays as it was is the same string, so that the page draws anew only what has changed. What the page is
given is JSON: as a text it goes through Gradio and its client whole, where each of its parts would be looked at.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from backend.chat.messages import AssistantMessage, Conversation, Message, ToolMessage, UserMessage
from backend.chat.scores import moved
from backend.chat.tree import ConversationTree
from ui.render.answer.blocks import as_written, blocks, weight
from ui.render.answer.growing import GrowingAnswer
from ui.render.answer.updates import Entry, Updates
from ui.render.approval import Asks, round_blocks
from ui.render.entry_actions import answer_actions, asked_with, question_actions, waiting
from ui.render.fields.view import Form
from ui.render.question.parts import question
from ui.render.texts import sendable, shortened
from ui.render.thoughts import about_thought, thought_block, without_thought
from ui.render.tool_calls import rows_of

AT_ONCE = 60  # messages at its end that a page is given; a thousand answers take seconds to be made HTML of
MORE = 100  # and that it is given before them, each time that it asks

Value = str  # what the page's transcript is given
Show = Callable[[str], tuple[str, ...]]
SIGNS = 50_000  # of all answers that are formatted: as a rule some 1 MB of text, and a second or two of the worst


def shown(
    conversation: Conversation, history: ConversationTree | None = None, leaf: str | None = None, asks: Asks = None,
    unfinished: str | None = None,
) -> Value:  # fmt: skip
    """What a page draws that shows the branch to the node `leaf`: all from the turn on in which they part.

    Without it the page may show anything, and is given the last messages. `earlier` is how many come before them.
    `history` is the tree whose shown branch the conversation is or goes on from; `asks` what a person is asked of calls
    that wait for them. `unfinished` is the node of an answer that is being written: nothing can be done with it yet.
    """
    history = history or ConversationTree()
    start = _parting(conversation, history, leaf) if leaf in history.nodes else 0
    if start:
        entries = _entries(conversation, history, start, asks=asks, unfinished=unfinished)
        return value(after=_key_before(conversation, history, start), entries=entries)
    start = _turn_at(conversation, len(conversation.messages) - AT_ONCE)
    entries = _entries(conversation, history, start, asks=asks, unfinished=unfinished)
    return value(after="", earlier=start, entries=entries)


def earlier(conversation: Conversation, history: ConversationTree, before: int) -> Value:
    """The messages that come before the one at this index, for a page that shows all from there on."""
    start = _turn_at(conversation, before - MORE)
    entries = _entries(conversation, history, start, before)
    return value(before=_key(history, before), earlier=start, entries=entries)


class Transcript:
    """One conversation again and again, as its last answer is written: a page is given what has changed."""

    def __init__(self) -> None:
        self._growing = GrowingAnswer()
        self._updates = Updates()
        self._written = _Written()

    def tail(
        self, conversation: Conversation, history: ConversationTree, is_done: bool = False, asks: Asks = None
    ) -> Value:
        """The last answer, for a page that shows what is before it; such a page asks for all where it does not."""
        start, answer = self._answer(conversation, history, is_done, asks)
        return value(**self._updates.next(_key_before(conversation, history, start), answer))

    def all(self, conversation: Conversation, history: ConversationTree) -> Value:
        """The same for a page that may show anything."""
        start, answer = self._answer(conversation, history, False, None)
        first = _turn_at(conversation, len(conversation.messages) - AT_ONCE)
        before = tuple(_entries(conversation, history, first, start))
        self._updates.begin()
        told = self._updates.next("", answer)
        return value(**told | {"earlier": first, "entries": (*before, *told["entries"])})

    def _answer(
        self, conversation: Conversation, history: ConversationTree, is_done: bool, asks: Asks
    ) -> tuple[int, tuple[Entry, ...]]:
        """At which message it begins, and its entries."""
        asked = conversation.last_user_index
        start = 0 if asked is None else asked + 1
        growing = None if is_done else self._growing
        entries = _entries(conversation, history, start, growing=growing, asks=asks, before=self._written)
        return start, tuple(entries)


class _Written:
    """Remembers the blocks of a turn's earlier answers: long ones of many conversations are more than are remembered of
    all, and each update would make them anew.
    """

    def __init__(self) -> None:
        self._made: dict[str, tuple[AssistantMessage, bool, tuple[str, ...]]] = {}

    def of(self, key: str, message: AssistantMessage, is_formatted: bool, form: Form | None) -> tuple[str, ...]:
        made = self._made.get(key)
        if made is None or made[0] is not message or made[1] != is_formatted:
            made = self._made[key] = (message, is_formatted, tuple(written(message, None, is_formatted, form)))
        return made[2]


def value(entries: Any, **told: Any) -> Value:
    """Entries, and where they belong, as the page takes them."""
    return json.dumps({**told, "entries": list(entries)}, ensure_ascii=False).encode(errors="replace").decode()


def _parting(conversation: Conversation, history: ConversationTree, leaf: str | None) -> int:
    """The last question before the branch to this node and the shown one part: what is under it may look different."""
    seen, path = history.branch(leaf), history.path
    pairs = enumerate(zip(seen, path, strict=False))
    alike = next((index for index, (one, other) in pairs if one != other), min(len(seen), len(path)))
    return _turn_at(conversation, alike - 1)


def _turn_at(conversation: Conversation, index: int) -> int:
    """The question at this index, or the last before it; 0 where there is none."""
    messages = conversation.messages
    return next((at for at in range(index, 0, -1) if isinstance(messages[at], UserMessage)), 0)


def _key(history: ConversationTree, index: int) -> str:
    return history.path[index] if index < len(history.path) else str(index)


def _key_before(conversation: Conversation, history: ConversationTree, start: int) -> str:
    """That of the last entry before a message: results stand with their calls."""
    at = next((at for at in range(start - 1, -1, -1) if not isinstance(conversation.messages[at], ToolMessage)), None)
    return "" if at is None else _key(history, at)


def _entries(
    conversation: Conversation, history: ConversationTree, start: int, end: int | None = None,
    growing: GrowingAnswer | None = None, asks: Asks = None, unfinished: str | None = None,
    before: _Written | None = None,
) -> Iterator[Entry]:  # fmt: skip
    """Those of the messages from `start` on, which begins a turn, or follows its question."""
    messages, last = conversation.messages[start:end], len(conversation.messages) - 1
    results = {m.result.call_id: m.result for m in messages if isinstance(m, ToolMessage)}
    open_ids = frozenset(call.id for call in conversation.open_calls)
    formatted = start + _first_formatted(messages)
    for index, message in enumerate(messages, start):
        key = _key(history, index)
        if isinstance(message, UserMessage):
            yield key, "user", (*question(message), question_actions(conversation, history, index))
        elif isinstance(message, AssistantMessage):
            text = growing if index == last else None
            is_formatted, form = index >= formatted, _form(history, key, index)
            if before and index < last:
                made = [*before.of(key, message, is_formatted, form)]
            else:
                made = [*written(message, text, is_formatted, form)]
            if message.tool_calls:
                prompt = index if asked_with(history, index) else None
                made += round_blocks(
                    message.tool_calls, results, open_ids, asks, prompt, not is_formatted, message.progress
                )
            is_written = text or key == unfinished
            row = waiting(message) if is_written else answer_actions(conversation, history, index)
            yield key, "assistant", (*map(sendable, made), sendable(row))


def _first_formatted(messages: Sequence[Message]) -> int:
    """From where on the answers of these messages are formatted: nobody waits for a conversation of a million signs."""
    left = SIGNS
    for index in reversed(range(len(messages))):
        message = messages[index]
        if isinstance(message, AssistantMessage):
            left -= weight(message.text + message.thought) + rows_of(message.tool_calls)
        if left < 0:
            return index + 1
    return 0


def _shown(growing: GrowingAnswer | None, is_formatted: bool) -> tuple[Show, Show]:
    """How an answer's thought and its text become blocks."""
    if growing:
        return growing.thought.blocks, growing.text.blocks
    return (blocks, blocks) if is_formatted else (as_written, as_written)


def _form(history: ConversationTree, key: str, index: int) -> Form | None:
    """How an answer is shown that was asked for with a schema."""
    node = history.nodes.get(key)
    schema = node.asked.settings.json_schema if node and node.asked else ""
    return Form(schema, index) if schema else None


def written(
    message: AssistantMessage, growing: GrowingAnswer | None = None, is_formatted: bool = True, form: Form | None = None
) -> Iterator[str]:
    """The blocks of what a model thought and wrote; `growing` remembers those of a text that is being written."""
    show_thought, show_text = _shown(growing, is_formatted)
    marked, text = ("", message.text) if message.thought else without_thought(message.text)
    if thought := (message.thought or marked).strip():
        is_all = not (text.strip() or message.tool_calls)
        about = about_thought(message, is_all and growing is not None)
        yield thought_block(show_thought(shortened(thought)), about, is_all)
    if text:
        fields = None
        if form and is_formatted:
            scores = () if growing else moved(message.scores, len(text) - len(message.text))
            fields = form.blocks(text, growing is not None, scores)
        yield from show_text(text) if fields is None else fields
