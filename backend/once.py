"""Work that several threads ask for at once, and that is done once."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """A value that is made when it is first asked for, while others wait for it."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: list[T] = []

    def value(self) -> T:
        """Raises what making it raises; then the next to ask has it made."""
        with self._lock:
            if not self._made:
                self._made.append(self._make())
            return self._made[0]
