"""What was made of files once, and need not be made anew at each key: a path never changes its content."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import partial
from typing import Generic, TypeVar

from backend.chat.errors import DocumentWaits, ImageWaits, UserError
from backend.sandbox.once import Once

T = TypeVar("T")
WAITS = (ImageWaits, DocumentWaits)  # what is tried again when it is asked for next


class Remembered(Generic[T]):
    """Calls `make` once for each of the keys that were asked for last. Safe to use from several threads.

    A refusal is remembered as well; what has to wait is not.
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
        self._found: OrderedDict[Hashable, Once[T | UserError]] = OrderedDict()
        self._weights: dict[Hashable, int] = {}

    def __call__(self, *key: Hashable) -> T:
        """Raises what `make` raises."""
        with self._lock:
            once = self._found.setdefault(key, Once(partial(self._attempt, *key)))
            self._found.move_to_end(key)
        found = once.value()
        weight = self._each + self._weigh(None if isinstance(found, UserError) else found, *key)
        self._note(key, once, weight)
        if isinstance(found, UserError):
            raise type(found)(str(found))  # or each who is told adds to its trace
        return found

    def known(self, *key: Hashable) -> bool:
        """Whether it was made."""
        with self._lock:
            return key in self._weights

    def forget(self, *key: Hashable) -> None:
        """It is made anew when it is asked for next."""
        with self._lock:
            self._found.pop(key, None)
            self._total -= self._weights.pop(key, 0)

    def _attempt(self, *key: Hashable) -> T | UserError:
        try:
            return self._make(*key)
        except WAITS:
            raise
        except UserError as refusal:
            return refusal

    def _note(self, key: Hashable, once: Once[T | UserError], weight: int) -> None:
        with self._lock:
            if self._found.get(key) is not once:
                return
            self._total += weight - self._weights.get(key, 0)
            self._weights[key] = weight
            while self._total > self._most and len(self._found) > 1:
                oldest, _ = self._found.popitem(last=False)
                self._total -= self._weights.pop(oldest, 0)
