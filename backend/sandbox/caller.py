"""For whom work is done: what one visitor may have done at once, and may keep, is bounded by this."""

import threading
import weakref
from contextvars import ContextVar

CALLER: ContextVar[str] = ContextVar("caller", default="")  # the visitor's address; "" is the app itself


class CallersTurns:
    """So many pieces of a kind of work for each caller at a time. Safe to use from threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns: weakref.WeakValueDictionary[str, threading.Semaphore] = weakref.WeakValueDictionary()

    def of(self, caller: str, places: int) -> threading.Semaphore:
        """What this caller's next piece is to be done within; to be kept until it is done."""
        with self._lock:
            return self._turns.setdefault(caller, threading.Semaphore(places))
