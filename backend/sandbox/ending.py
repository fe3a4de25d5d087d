"""A call in a sandbox that another thread can end: whoever waits for it may not want it any more."""

import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from contextvars import copy_context
from typing import Protocol, TypeVar

T = TypeVar("T")

STEP_SECONDS = 0.1  # between two looks whether it is done


class Ended(Exception):
    """The call was ended before its process had begun with it."""


class Killable(Protocol):
    """A process, or none yet."""

    def kill(self) -> None:
        """Ends it at once, from any thread."""

    def end(self) -> int:
        """The same, and waits for its end."""


class Ending:
    """Of one call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: Killable | None = None
        self._is_due = False

    def end(self) -> None:
        """Ends the call, unless it is over."""
        with self._lock:
            self._is_due = True
            if self._process:
                self._process.kill()

    def check(self) -> None:
        """Raises Ended where it was ended."""
        with self._lock:
            if self._is_due:
                raise Ended("it was stopped")

    @contextmanager
    def of(self, process: Killable) -> Iterator[None]:
        """Within the block the call is this process's. Raises Ended.

        A process that is killed has ended when the block has: the next call would have it die in its hands.
        """
        self.check()
        with self._lock:
            self._process = process
        try:
            yield
        finally:
            with self._lock:
                self._process = None
                if self._is_due:
                    process.end()


def steps(run: Callable[[Ending], T]) -> Generator[str, None, T]:
    """What `run` returns or raises, in a thread of its own; yields "" meanwhile. Closing this ends the call."""
    work, ending = Future[T](), Ending()

    def attempt() -> None:
        try:
            work.set_result(run(ending))
        except BaseException as error:  # it is raised where it is waited for
            work.set_exception(error)

    threading.Thread(target=copy_context().run, args=(attempt,), daemon=True).start()
    try:
        while not wait({work}, STEP_SECONDS).done:
            yield ""
        return work.result()
    finally:
        ending.end()
