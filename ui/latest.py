"""The newest item of an iterator that runs in a thread, for the event loop."""

import asyncio
import time
from collections.abc import Callable, Generator
from contextlib import closing, suppress
from typing import Generic, TypeVar

T = TypeVar("T")


class Latest(Generic[T]):
    """Holds the newest item only: states are whole, so older ones can be dropped."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.items: list[T] = []
        self._loop, self._has_come = loop, asyncio.Event()

    def put(self, item: T) -> None:
        self.items = [item]
        self.wake()

    def wake(self) -> None:
        """Has `comes` return; from any thread."""
        if not self._has_come.is_set():
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._has_come.set)

    async def comes(self, due: float, patience: float, is_urgent: Callable[[], bool]) -> None:
        """Returns when there is one and it is due, or something is urgent; and in any case after so many seconds."""
        until = time.monotonic() + patience
        while not is_urgent():
            left = (min(due, until) if self.items else until) - time.monotonic()
            if left <= 0:
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._has_come.wait()
            self._has_come.clear()

    def take(self) -> list[T]:
        items, self.items = self.items, []
        return items


def drain(source: Generator[T, None, object], latest: Latest[T], is_over: Callable[[], bool]) -> None:
    with closing(source):
        for item in source:
            latest.put(item)
            if is_over():
                return
