"""How much of a kind of work one visitor may have done at once: each piece holds one of the places for events."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from backend.chat.errors import InputRefused

WAIT = "Several of your conversations are being opened: try again in a moment."


class AtOnce:
    """So many pieces of one visitor, and so many of all. Used within one event loop."""

    def __init__(self, of_one: int, of_all: int) -> None:
        self._of_one, self._of_all = of_one, of_all
        self._running: Counter[str] = Counter()

    @contextmanager
    def one(self, visitor: str) -> Iterator[None]:
        """Room for one piece, until the block ends. Raises InputRefused where there is none."""
        if self._running[visitor] >= self._of_one or self._running.total() >= self._of_all:
            raise InputRefused(WAIT)
        self._running[visitor] += 1
        try:
            yield
        finally:
            self._running[visitor] -= 1
            if not self._running[visitor]:
                del self._running[visitor]
