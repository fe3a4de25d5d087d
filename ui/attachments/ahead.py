"""What will be needed soon is made in threads of its own, for each page the newest of it."""

import contextvars
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from backend.chat.errors import UserError

THREADS = 2


class Ahead:
    """Work by the name of whose it is. Newer work of the same takes its place at the next step."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, "ahead")
        self._lock = threading.Lock()
        self._newest: dict[str, object] = {}

    def put(self, owner: str, steps: Iterator[None], then: Callable[[], object]) -> None:
        """Takes these steps, with this task's context, and calls `then` at their end."""
        mine = object()
        with self._lock:
            self._newest[owner] = mine
        self._threads.submit(contextvars.copy_context().run, self._run, owner, mine, steps, then)

    def _run(self, owner: str, mine: object, steps: Iterator[None], then: Callable[[], object]) -> None:
        while self._is_newest(owner, mine):
            with suppress(UserError):  # whoever needs it is told
                if next(steps, owner) is None:
                    continue
                then()
            break
        with self._lock:
            if self._newest.get(owner) is mine:
                del self._newest[owner]

    def _is_newest(self, owner: str, mine: object) -> bool:
        with self._lock:
            return self._newest.get(owner) is mine
