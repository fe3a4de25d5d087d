"""What of an answer has changed since a page drew it last: the rest is neither sent nor drawn again. Pure."""

from collections import deque
from itertools import count
from typing import Any

Entry = tuple[str, str, tuple[str, ...]]  # its key, its role, and its blocks

KEPT = 20  # updates: a busy page draws the last of those that come meanwhile, and these come in two seconds
NUMBERS = count(1)  # of all updates, so that none of another answer passes for one of this


class Updates:
    """Tells a page of entries that grow, each time from where they differ from what it may show."""

    def __init__(self) -> None:
        self._last: tuple[Entry, ...] = ()
        # The number of each update that the page may have drawn last, and how far it is as the newest.
        self._sent: deque[tuple[int, tuple[int, int]]] = deque(maxlen=KEPT)

    def begin(self) -> None:
        """The next update has everything."""
        self._sent.clear()

    def next(self, after: str, entries: tuple[Entry, ...]) -> dict[str, Any]:
        """The update that makes of the entries before them these, which come after the one with the key `after`.

        It goes on from the update `base`, or from a later one; from nothing where that is 0. Of the first of its
        entries the page has as many blocks as `from` says.
        """
        since = _alike(self._last, entries)
        self._sent = deque(((number, min(at, since)) for number, at in self._sent), KEPT)
        at, blocks = min((at for _, at in self._sent), default=(0, 0))
        base, number = self._sent[0][0] if self._sent else 0, next(NUMBERS)
        self._last = entries
        self._sent.append((number, (len(entries), 0)))
        changed = entries[at:]
        if changed:
            key, role, all_blocks = changed[0]
            changed = ((key, role, all_blocks[blocks:]), *changed[1:])
        before = entries[at - 1][0] if at else after
        return {"after": before, "from": blocks, "entries": changed, "number": number, "base": base}


def _alike(one: tuple[Entry, ...], other: tuple[Entry, ...]) -> tuple[int, int]:
    """How many entries, and how many blocks of the next one, both begin with."""
    for index, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return index, _count(a[2], b[2]) if a[:2] == b[:2] else 0
    return min(len(one), len(other)), 0


def _count(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(one), len(other)))
