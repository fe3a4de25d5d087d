"""What was made of files once, and need not be made anew at each key: a path never changes its content."""

import math
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
NOTHING = 0, 0.0  # the weight of what is not there
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

    def __init__(
        self, make: Callable[..., T], most: int, weigh: Callable[..., int] = lambda *_: 0, each: int = 1
    ) -> None:
        """`most`: how much all may weigh; the one that was asked for last stays, whatever it weighs.

        `weigh` is given what was found, None for a refusal, and its key; `each` is what every one weighs beside that.
        """
        self._make, self._most, self._weigh, self._each = make, most, weigh, each
        self._total = 0
        self._lock = threading.Lock()
        self._found: OrderedDict[Hashable, Once[T | _Refusal]] = OrderedDict()
        self._weights: dict[Hashable, tuple[int, float]] = {}  # and until when it counts as made

    def __call__(self, *key: Hashable) -> T:
        """Raises what `make` raises."""
        with self._lock:
            once = self._found.setdefault(key, Once(partial(self._attempt, *key)))
            self._found.move_to_end(key)
        found = once.value()
        if not isinstance(found, _Refusal):
            self._note(key, once, self._each + self._weigh(found, *key), math.inf)
            return found
        if time.monotonic() > found.until:
            self._forget(key, once)
            return self(*key)
        self._note(key, once, self._each + self._weigh(None, *key), found.until)
        raise type(found.error)(str(found.error))  # or each who is told adds to its trace

    def known(self, *key: Hashable) -> bool:
        """Whether it was made, or refused a moment ago."""
        with self._lock:
            return key in self._weights and time.monotonic() <= self._weights[key][1]

    def forget(self, *key: Hashable) -> None:
        """It is made anew when it is asked for next."""
        with self._lock:
            self._found.pop(key, None)
            self._total -= self._weights.pop(key, NOTHING)[0]

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
                self._total -= self._weights.pop(key, NOTHING)[0]

    def _note(self, key: Hashable, once: Once[T | _Refusal], weight: int, until: float) -> None:
        with self._lock:
            if self._found.get(key) is not once:
                return
            self._total += weight - self._weights.get(key, NOTHING)[0]
            self._weights[key] = weight, until
            while self._total > self._most and len(self._found) > 1:
                oldest, _ = self._found.popitem(last=False)
                self._total -= self._weights.pop(oldest, NOTHING)[0]
