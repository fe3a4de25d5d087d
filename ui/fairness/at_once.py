"""How much of a kind of work one visitor may have done at once: each piece holds one of the places for events."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from weakref import WeakValueDictionary

from backend.chat.errors import InputRefused
from ui.texts import texts

WAIT = texts.errors.many_opened
TURN_SECONDS = 30.0  # that a piece waits for its turn
ONLY_ONES = 250  # pieces of all, up to which each visitor may have one


class AtOnce:
    """So many pieces of one visitor, and so many of all. Used within one event loop.

    Whoever has none yet may have one also then, or the few with most would have all places.
    """

    def __init__(self, of_one: int, of_all: int) -> None:
        self._of_one, self._of_all = of_one, of_all
        self._running: Counter[str] = Counter()

    @contextmanager
    def one(self, visitor: str) -> Iterator[None]:
        """Room for one piece, until the block ends. Raises InputRefused where there is none."""
        theirs = self._running[visitor]
        if theirs >= self._of_one or self._running.total() >= (self._of_all if theirs else ONLY_ONES):
            raise InputRefused(WAIT)
        self._running[visitor] = theirs + 1
        try:
            yield
        finally:
            self._running[visitor] -= 1
            if not self._running[visitor]:
                del self._running[visitor]


class InTurn:
    """The same where more of them wait for their turn: `held` bounds those that wait and those that are done."""

    def __init__(self, of_one: int, of_all: int, held: AtOnce) -> None:
        self._of_one, self._all, self._held = of_one, asyncio.Semaphore(of_all), held
        self._own: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()  # by visitor

    @asynccontextmanager
    async def one(self, visitor: str) -> AsyncIterator[None]:
        """A turn, until the block ends. Raises InputRefused where too many wait, or it does not come in time."""
        own = self._own.setdefault(visitor, asyncio.Semaphore(self._of_one))
        async with AsyncExitStack() as turn:
            turn.enter_context(self._held.one(visitor))
            try:
                async with asyncio.timeout(TURN_SECONDS):
                    await turn.enter_async_context(own)
                    await turn.enter_async_context(self._all)
            except TimeoutError as error:
                raise InputRefused(WAIT) from error
            yield
