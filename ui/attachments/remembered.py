"""What was made of files once, and need not be made anew at each key: a path never changes its content."""

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from backend.chat.errors import DocumentWaits, ImageWaits, UserError
from backend.sandbox.once import Once

T = TypeVar("T")
REFUSED_SECONDS = 60.0  # for which a refusal holds: a full disk may have room by then
WAITS = (ImageWaits, DocumentWaits)  # what is tried again when it is asked for next


@dataclass(frozen=True)
class _Refusal:
    error: UserError
    until: float  # in the seconds of time.monotonic


class Remembered(Generic[T]):
    """Calls `make` once for each of the keys that were asked for last, each a path and more. Safe to use from several
    threads.

    A refusal is remembered as well, for a while; what has to wait is not, nor that a file is gone: it may come again.
    """

    def __init__(self, make: Callable[..., T], most: int, weigh: Callable[[T], int] = lambda _: 1) -> None:
        """`most`: how much all may weigh; the one that was asked for last stays, whatever it weighs."""
        self._make, self._most, self._weigh = make, most, weigh
        self._lock = threading.Lock()
        self._found: OrderedDict[Hashable, Once[T | _Refusal]] = OrderedDict()
        self._weights: dict[Hashable, int] = {}

    def __call__(self, *key: Hashable) -> T:
        """Raises what `make` raises."""
        with self._lock:
            once = self._found.setdefault(key, Once(partial(self._attempt, *key)))
            self._found.move_to_end(key)
        found = once.value()
        if not isinstance(found, _Refusal):
            self._note(key, once, self._weigh(found))
            return found
        if time.monotonic() > found.until:
            self._forget(key, once)
            return self(*key)
        self._note(key, once, 1)
        raise type(found.error)(str(found.error))  # or each who is told adds to its trace

    def known(self, *key: Hashable) -> bool:
        """Whether it was made."""
        with self._lock:
            return key in self._weights

    def forget(self, *key: Hashable) -> None:
        """It is made anew when it is asked for next."""
        with self._lock:
            self._found.pop(key, None)
            self._weights.pop(key, None)

    def _attempt(self, path: Hashable, *more: Hashable) -> T | _Refusal:
        try:
            return self._make(path, *more)
        except WAITS:
            raise
        except UserError as refusal:
            if not os.path.exists(str(path)):
                raise
            return _Refusal(refusal, time.monotonic() + REFUSED_SECONDS)

    def _forget(self, key: Hashable, once: Once[T | _Refusal]) -> None:
        with self._lock:
            if self._found.get(key) is once:
                del self._found[key]
                self._weights.pop(key, None)

    def _note(self, key: Hashable, once: Once[T | _Refusal], weight: int) -> None:
        with self._lock:
            if self._found.get(key) is not once:
                return
            self._weights[key] = weight
            while sum(self._weights.values()) > self._most and len(self._found) > 1:
                oldest, _ = self._found.popitem(last=False)
                self._weights.pop(oldest, None)
