"""Work that several threads ask for at once, and that is done once."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """A value that is made when it is first asked for, while others wait for it."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: Future[T] | None = None

    def value(self) -> T:
        """Raises what making it raises, to those who waited for it too; then the next to ask has it made anew."""
        with self._lock:
            made, mine = self._made or Future(), self._made is None
            self._made = made
        if mine:
            self._attempt(made)
        return made.result()

    def _attempt(self, made: "Future[T]") -> None:
        try:
            made.set_result(self._make())
        except BaseException as error:
            with self._lock:
                self._made = None
            made.set_exception(error)
