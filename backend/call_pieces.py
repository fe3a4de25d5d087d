"""The pieces in which a server streams tool calls -> the calls.

OpenAI's protocol tells the calls of an answer apart by an index. Servers were seen to give every call the index 0, or
none, and to repeat the id and the name of a call in each of its pieces.
"""

import json
from dataclasses import dataclass

from backend.chat import ToolCall
from backend.completions import CallPiece
from backend.engine import CALL_ID_ALPHABET, new_call_id


@dataclass
class _Call:
    """A call as far as it came."""

    index: int | None
    id: str = ""
    name: str = ""
    arguments: str = ""


class CallPieces:
    """Puts the calls of one answer together."""

    def __init__(self) -> None:
        self._calls: list[_Call] = []

    def __bool__(self) -> bool:
        return bool(self._calls)

    def add(self, piece: CallPiece) -> None:
        """Takes the next piece."""
        name = ((piece.function and piece.function.name) or "").strip()
        arguments = (piece.function and piece.function.arguments) or ""
        call = self._continued(piece, name)
        if call is None:
            call = _Call(piece.index)
            self._calls.append(call)
        call.id = call.id or piece.id or ""
        call.name = call.name if name == call.name else call.name + name
        call.arguments += arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)

    def calls(self) -> list[ToolCall]:
        """All calls, in the order in which they began."""
        return [
            ToolCall(_own_id(call.id), call.name, call.arguments.strip() or "{}")
            for before, call in zip([None, *self._calls], self._calls, strict=False)
            if not _repeats(before, call)
        ]

    def _continued(self, piece: CallPiece, name: str) -> _Call | None:
        """The call that the piece belongs to, or None where it begins a new one."""
        alike = [call for call in self._calls if piece.index is None or call.index in (None, piece.index)]
        if named := [call for call in alike if piece.id and call.id == piece.id]:
            return named[-1]
        return alike[-1] if alike and not _begins_another(piece, name, alike[-1]) else None


def _begins_another(piece: CallPiece, name: str, last: _Call) -> bool:
    """Whether a piece that has no id, or not that of the last call, begins another.

    An id alone does not say so: some servers make a new one up for each piece.
    """
    whole = _is_json(last.arguments)
    if piece.id and last.id:
        return bool(name) or whole
    return bool(name) and (whole or (bool(last.arguments) and name != last.name))


def _repeats(before: _Call | None, call: _Call) -> bool:
    """Whether this is but the name of the call before it, once more after its arguments."""
    return before is not None and before.name == call.name and not call.id and not call.arguments


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _own_id(given: str) -> str:
    """The server's id where it is one that the v11 protocol takes, else one of ours."""
    return given if len(given) == 9 and all(c in CALL_ID_ALPHABET for c in given) else new_call_id()
