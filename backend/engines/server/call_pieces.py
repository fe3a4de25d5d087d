"""The pieces in which a server streams tool calls -> the calls.

OpenAI's protocol tells the calls of an answer apart by an index. Servers were seen to give every call the index 0, or
none, and to repeat the id and the name of a call in each of its pieces.
"""

import re
from dataclasses import dataclass, field

from backend.chat.messages import ToolCall
from backend.chat.request import CALL_ID_ALPHABET, is_json, new_call_id
from backend.engines.server.chunks import CallPiece, paired
from backend.engines.server.limits import MAX_ARGUMENTS, MAX_CALLS, MAX_NAME, Unbounded

SCALAR = 100  # characters of arguments that are no object and no list, and may yet be whole
_SIGN = re.compile(r'\\[\s\S]?|["{}\[\]]')


@dataclass
class _Call:
    """A call as far as it came. Each of its characters is looked at once, however many pieces there are."""

    index: int | None
    id: str
    name: str
    pieces: list[str] = field(default_factory=list)  # of its arguments, none empty
    depth: int = 0  # of what is open in them
    is_quoted: bool = False
    half: str = ""  # a backslash that belongs to what comes
    is_closed: bool | None = None  # what was opened is closed, and is JSON or is none for good

    @property
    def arguments(self) -> str:
        return "".join(self.pieces)

    @property
    def is_whole(self) -> bool:
        """Whether the arguments are JSON, so that nothing of them can follow."""
        if self.is_closed is None and not self.depth and len(self.pieces) <= SCALAR:
            text = self.arguments
            return len(text) <= SCALAR and is_json(text)
        return bool(self.is_closed)

    def add(self, piece: str) -> None:
        """The next piece of its arguments."""
        if piece:
            self.pieces.append(piece)
        if self.is_closed is None:
            self._look_through(self.half + piece)

    def _look_through(self, text: str) -> None:
        self.half = ""
        for sign in _SIGN.findall(text):
            if sign == "\\":
                self.half = sign
            elif sign == '"':
                self.is_quoted = not self.is_quoted
            elif sign[0] != "\\" and not self.is_quoted:
                self.depth += 1 if sign in "{[" else -1
                if self.depth <= 0:
                    self.is_closed = is_json(self.arguments)
                    return


class CallPieces:
    """Puts the calls of one answer together."""

    def __init__(self) -> None:
        self._calls: list[_Call] = []
        self._size = 0  # characters

    def __bool__(self) -> bool:
        return bool(self._calls)

    def add(self, piece: CallPiece) -> None:
        """Takes the next piece. Raises Unbounded."""
        self._size += len(piece.id) + len(piece.name) + len(piece.arguments)
        call = self._continued(piece)
        if call is None:
            call = _Call(piece.index, piece.id, piece.name)
            self._calls.append(call)
        else:
            call.id = call.id or piece.id
            call.name = call.name if piece.name == call.name else call.name + piece.name
        if len(self._calls) > MAX_CALLS or self._size > MAX_ARGUMENTS or max(len(call.name), len(call.id)) > MAX_NAME:
            raise Unbounded("its calls")
        call.add(piece.arguments)

    def calls(self) -> list[ToolCall]:
        """All calls, in the order in which they began."""
        return [
            ToolCall(_own_id(call.id), paired(call.name), paired(call.arguments).strip() or "{}")
            for before, call in zip([None, *self._calls], self._calls, strict=False)
            if not _repeats(before, call)
        ]

    def _continued(self, piece: CallPiece) -> _Call | None:
        """The call that the piece belongs to, or None where it begins a new one."""
        alike = [call for call in self._calls if piece.index is None or call.index in (None, piece.index)]
        candidates = [call for call in alike if piece.id and call.id == piece.id] or alike
        return candidates[-1] if candidates and not _begins_another(piece, candidates[-1]) else None


def _begins_another(piece: CallPiece, last: _Call) -> bool:
    """Whether a piece begins another call than the last that it could belong to.

    Another id alone does not say so, since some servers make a new one up for each piece; nor does the name, which some
    repeat in each.
    """
    if not piece.name and not piece.arguments.strip():
        return False  # the end of the last, from a server that makes up an id for each piece
    if piece.id and last.id and piece.id != last.id:
        return bool(piece.name) or last.is_whole
    if not piece.name or not last.pieces:
        return False
    if piece.id and piece.id == last.id and not piece.arguments.strip():
        return False
    return piece.name != last.name or last.is_whole


def _repeats(before: _Call | None, call: _Call) -> bool:
    """Whether this is but the name of the call before it, once more after its arguments."""
    return before is not None and before.name == call.name and not call.id and not call.pieces


def _own_id(given: str) -> str:
    """The server's id where it is one that the v11 protocol takes, else one of ours."""
    return given if len(given) == 9 and all(c in CALL_ID_ALPHABET for c in given) else new_call_id()
