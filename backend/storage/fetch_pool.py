"""Pictures by URL, fetched in threads of their own: a host that drips holds up nothing but other fetches.

Threads that wait for strangers' servers are few, for one visitor fewer still; who comes when they are taken waits in
turn, and the wait and the fetch have one time limit.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from backend.chat.errors import FetchRefused
from backend.sandbox.threads import outcome
from backend.storage.fetch_url import fetch_url

OF_ONE, OF_ALL = 4, 32  # fetches at once
WANTED_OF_ONE, WANTED_OF_ALL = 24, 200  # with those that wait
SECONDS = 20.0
CROWDED = "Too many images are being downloaded. Try again in a moment, or upload this one."
LATE = "The image took too long to download. Try again in a moment, or upload it."


class FetchPool:
    """Used within one event loop."""

    def __init__(self, fetch: Callable[[str], bytes] = fetch_url) -> None:
        self._fetch = fetch
        self._threads = ThreadPoolExecutor(OF_ALL, "fetch")
        self._wanted: Counter[str] = Counter()
        self._of_one: dict[str, asyncio.Semaphore] = {}
        self._of_all = asyncio.Semaphore(OF_ALL)

    async def fetch(self, url: str, visitor: str) -> bytes:
        """The bytes at the URL, for whoever comes from this address. Raises FetchRefused."""
        if self._wanted[visitor] >= WANTED_OF_ONE or self._wanted.total() >= WANTED_OF_ALL:
            raise FetchRefused(CROWDED)
        self._wanted[visitor] += 1
        fetching = asyncio.ensure_future(self._fetched(url, visitor))
        fetching.add_done_callback(lambda _: self._is_over(visitor))
        try:
            await asyncio.wait({fetching}, timeout=SECONDS)
            if fetching.done():
                return fetching.result()
            raise FetchRefused(LATE)
        finally:
            fetching.cancel()  # which ends the wait for a place; a thread that is at it has to come to its own end

    async def _fetched(self, url: str, visitor: str) -> bytes:
        async with self._of_one.setdefault(visitor, asyncio.Semaphore(OF_ONE)), self._of_all:
            return await outcome(asyncio.get_running_loop().run_in_executor(self._threads, self._fetch, url))

    def _is_over(self, visitor: str) -> None:
        self._wanted[visitor] -= 1
        if not self._wanted[visitor]:
            del self._wanted[visitor], self._of_one[visitor]
