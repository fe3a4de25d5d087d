"""From a thread in which an answer is made to the event loop that sends it: all of it, in order, as much as has come.

The page needs the newest state of an answer only; a program needs every piece.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Generator
from contextlib import closing, suppress


class Flow:
    """Bytes, put by one thread and taken by one task. `wake` ends a wait without any."""

    def __init__(self) -> None:
        self._loop, self._has_come = asyncio.get_running_loop(), asyncio.Event()
        self._pieces: deque[bytes] = deque()
        self._is_woken = False
        self.is_over = threading.Event()

    def put(self, piece: bytes) -> None:
        """Adds a piece; from any thread."""
        self._pieces.append(piece)
        self.wake()

    def wake(self) -> None:
        """Has `take` return; from any thread."""
        if not self._is_woken:
            self._is_woken = True
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._has_come.set)

    async def take(self, seconds: float) -> bytes:
        """What has come by the time that there is anything; nothing where it was woken, or that time is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._has_come.wait()
        self._has_come.clear()
        self._is_woken = False  # before it looks: what is put from here on wakes it again
        return b"".join(self._pieces.popleft() for _ in range(len(self._pieces)))

    def fill(self, source: Generator[bytes, None, None], is_over: Callable[[], bool]) -> None:
        """Puts all that comes of the source, in this thread, until nobody wants more; the source is closed then."""
        with closing(source):
            while not (self.is_over.is_set() or is_over()):  # perhaps nobody does by now
                if (piece := next(source, None)) is None:
                    return
                if piece:
                    self.put(piece)
