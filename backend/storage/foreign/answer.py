"""An answer of another program's, put together of pieces: as a message that the model's protocol takes."""

import re
from collections import Counter
from dataclasses import dataclass, field

from backend.chat.messages import AssistantMessage, ToolCall
from backend.chat.parts import BETWEEN_TEXTS, Image, Text
from backend.chat.request import new_call_id
from backend.storage.foreign.parts import as_json
from backend.storage.foreign.pieces import (
    NAME,
    SHOWN,
    Call,
    Kind,
    Left,
    Piece,
    Refusal,
    Thought,
    named,
    text_of,
    unfolded,
)

REFUSED = "The model refused."


def valid_name(name: object) -> str:
    """The name as the protocol takes it: 1 to 64 of [a-zA-Z0-9_-]."""
    return re.sub(r"[^a-zA-Z0-9_-]", "_", text_of(name)[:64]) or "tool"


@dataclass
class Answer:
    """An answer that is being put together."""

    texts: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    calls: list[tuple[str | None, ToolCall]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def goes_on_with(self, pieces: tuple[Piece, ...]) -> bool:
        """Whether these are of the same answer: some programs have a thought, a text and each call as entries."""
        kinds = {type(unfolded(piece)) for piece in pieces if piece != Text("")}
        if kinds & {Text, Refusal, Image}:
            return not (self.texts or self.calls)
        return not (Thought in kinds and self.texts and not self.calls)

    def take(self, piece: Piece, left: Counter[Kind]) -> None:
        """Adds a piece; `left` counts what is left out or changed of it."""
        match piece:
            case Text(text) if text:
                self.texts.append(text)
            case Thought(text) if text not in self.thoughts:  # some name it twice
                self.thoughts.append(text)
            case Refusal(text):
                self.texts.append(text)
                self.notes.append(REFUSED)
            case Call():
                self._call(piece, left)
            case Left():
                self._leave(piece, left)
            case Image():
                self._leave(Left(SHOWN), left)

    def _leave(self, piece: Left, left: Counter[Kind]) -> None:
        left[piece.kind] += 1
        self.notes.append(f"{piece.mark[1:2].upper()}{piece.mark[2:-1]}.")

    def _call(self, call: Call, left: Counter[Kind]) -> None:
        name = valid_name(call.name)
        if name != call.name:
            left[NAME] += 1
            self.notes.append(f"The tool “{named(call.name)}” was renamed {name}.")
        self.calls.append((call.id, ToolCall(new_call_id(), name, arguments_of(call))))

    def message(self) -> AssistantMessage | None:
        """The answer as far as it is put together; None where there is nothing of it."""
        calls = tuple(call for _, call in self.calls)
        text, thought = BETWEEN_TEXTS.join(self.texts), BETWEEN_TEXTS.join(self.thoughts)
        if not (text or thought or calls or self.notes):
            return None
        return AssistantMessage(text, calls, note=" ".join(dict.fromkeys(self.notes)), thought=thought)


def arguments_of(call: Call) -> str:
    """A call's arguments as JSON text."""
    given = call.arguments
    return given if isinstance(given, str) and given else as_json({} if given in (None, "") else given)
