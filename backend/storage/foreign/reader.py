"""A chat of another program's -> a tree of our messages that can be gone on with, and what of it was left out.

What the model's protocol refuses is put right here: names of tools, ids, results without a call, a beginning with an
answer. Nothing is dropped silently: what cannot be taken is marked where it stood.
"""

from collections import Counter
from dataclasses import dataclass, field, replace

from backend.chat.messages import Message, ToolCall, ToolMessage, ToolResult, UserMessage
from backend.chat.parts import BETWEEN_TEXTS, Image, Part, Text, TextFile
from backend.chat.tree import ConversationTree, Node, new_id
from backend.storage.foreign.answer import Answer, arguments_of, valid_name
from backend.storage.foreign.chats import ForeignChat
from backend.storage.foreign.entries import read_entry
from backend.storage.foreign.pieces import (
    ENTRY,
    RESULT,
    SYSTEM,
    Call,
    Kind,
    Left,
    Piece,
    Refusal,
    Result,
    Thought,
    named,
    text_of,
    unfolded,
)

BEGINNING = "[the chat begins with an answer]"


@dataclass
class _Branch:
    """One line of the tree, as far as it is read.

    `aside` is what goes into the next message of a person, `calls` are those of the last answer without a result.
    """

    at: str | None = None
    answer: Answer | None = None
    aside: list[Part] = field(default_factory=list)
    calls: list[tuple[str | None, ToolCall]] = field(default_factory=list)

    def copy(self) -> "_Branch":
        return replace(self, aside=list(self.aside), calls=list(self.calls))


class Reader:
    """Reads one chat. `left` counts what was left out or changed; `has_messages` says whether it is one at all."""

    def __init__(self) -> None:
        self.left: Counter[Kind] = Counter()
        self.has_messages = False
        self._nodes: list[Node] = []
        self._system: list[str] = []

    def read(self, chat: ForeignChat) -> tuple[str, ConversationTree]:
        """(system prompt, messages)."""
        following: dict[int | None, list[int]] = {}
        for place, link in enumerate(chat.links):
            following.setdefault(link.parent, []).append(place)
        ends: dict[int, str | None] = {}
        waiting = [(place, _Branch()) for place in reversed(following.get(None, []))]
        while waiting:
            place, branch = waiting.pop()
            self._take(branch, chat.links[place].value)
            after = following.get(place, [])
            if len(after) != 1:
                self._flush(branch)
            if not after and branch.aside:
                self._add(branch, UserMessage(tuple(branch.aside)))
            ends[place] = branch.at
            waiting += [(next_place, branch.copy() if len(after) > 1 else branch) for next_place in reversed(after)]
        last = chat.last
        while last is not None and last in following:
            last = following[last][-1]
        prompt = BETWEEN_TEXTS.join(dict.fromkeys(filter(None, [chat.prompt, *self._system])))  # some say it twice
        return prompt, ConversationTree.of(self._nodes, ends[last] if last is not None else None)

    def _take(self, branch: _Branch, value: object) -> None:
        entry = read_entry(value)
        if entry is None:
            return
        role, pieces = entry
        self.has_messages |= any(not (isinstance(piece, Left) and piece.kind is ENTRY) for piece in pieces)
        if role == "system":
            self._system_message(branch, pieces)
        elif role == "user":
            self._user_message(branch, pieces)
        else:
            self._assistant_pieces(branch, pieces)

    def _system_message(self, branch: _Branch, pieces: tuple[Piece, ...]) -> None:
        parts = self._as_parts(tuple(map(unfolded, pieces)))
        text = BETWEEN_TEXTS.join(part.text for part in parts if isinstance(part, Text) and part.text)
        if not text.strip():
            return
        if branch.at is None and branch.answer is None and not branch.aside:
            self._system.append(text)
        else:
            self._flush(branch)
            self.left[SYSTEM] += 1
            branch.aside.append(Text(f"[system message]\n\n{text}"))

    def _user_message(self, branch: _Branch, pieces: tuple[Piece, ...]) -> None:
        self._flush(branch)
        for piece in pieces:
            if isinstance(piece, Result):
                self._result(branch, piece)
        parts = self._as_parts(tuple(piece for piece in pieces if not isinstance(piece, Result)))
        if parts:
            said = UserMessage((*branch.aside, *parts))
            branch.aside.clear()
            self._add(branch, said)

    def _as_parts(self, pieces: tuple[Piece, ...]) -> list[Part]:
        """What stands in a person's message, marks included."""
        parts: list[Part] = []
        for piece in pieces:
            if isinstance(piece, Left):
                self.left[piece.kind] += 1
                parts.append(Text(piece.mark))
            elif isinstance(piece, Text | Image | TextFile):
                parts += [piece] if not isinstance(piece, Text) or piece.text else []
            elif isinstance(piece, Thought | Refusal):
                parts.append(Text(piece.text))
            elif isinstance(piece, Call):
                parts.append(Text(f"[call of {named(piece.name)}] {arguments_of(piece)}"))
        return parts

    def _assistant_pieces(self, branch: _Branch, pieces: tuple[Piece, ...]) -> None:
        if branch.answer and not branch.answer.goes_on_with(pieces):
            self._flush(branch)
        for piece in pieces:
            if isinstance(piece, Result):
                self._flush(branch)
                self._result(branch, piece)
                continue
            branch.answer = branch.answer or Answer()
            branch.answer.take(unfolded(piece), self.left)

    def _result(self, branch: _Branch, result: Result) -> None:
        parts = self._as_parts(tuple(map(unfolded, result.parts)))
        images = tuple(part for part in parts if isinstance(part, Image))
        text = BETWEEN_TEXTS.join(part.text for part in parts if isinstance(part, Text))
        found = next((pair for pair in branch.calls if _answers(result, *pair)), None)
        if found:
            branch.calls.remove(found)
            self._add(branch, ToolMessage(ToolResult(found[1].id, text, result.is_error, images=images)))
        else:
            self.left[RESULT] += 1
            of = f" of {named(result.name)}" if text_of(result.name) else ""
            branch.aside += [Text(f"[result{of} that answers no call]\n\n{text}"), *images]

    def _flush(self, branch: _Branch) -> None:
        """Adds the answer as far as it is put together."""
        answer, branch.answer = branch.answer, None
        message = answer.message() if answer else None
        if answer and message:
            if branch.aside:
                self._add(branch, UserMessage(tuple(branch.aside)))
                branch.aside = []
            self._add(branch, message)
            branch.calls = answer.calls

    def _add(self, branch: _Branch, message: Message) -> None:
        if branch.at is None and not isinstance(message, UserMessage):
            self._add(branch, UserMessage((Text(BEGINNING),)))  # since the protocol takes no other beginning
        if isinstance(message, UserMessage):
            branch.calls = []  # the protocol takes no result after it
        self._nodes.append(Node(new_id(), branch.at, message))
        branch.at = self._nodes[-1].id


def _answers(result: Result, id: str | None, call: ToolCall) -> bool:
    """Whether a result is of this call: by its id, or by its name where one of them has none."""
    if result.call is not None and id is not None:
        return result.call == id
    return not text_of(result.name) or valid_name(result.name) == call.name
