"""The one bridge from the backend's blocking iterators to Gradio's event loop: threaded, coalesced, stoppable.

Each visitor's page has at most one answer under way, and with it one stop event; all pages of one address have so many.
"""

import asyncio
import contextvars
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")
P = TypeVar("P")

UPDATE_SECONDS = 0.1  # a browser drawing a long conversation keeps up with ten updates a second, not with fifty
STOP_SECONDS = 5.0
LEASE_SECONDS = 20.0
UNCLAIMED_SECONDS = 60.0  # for an open page to take up what it announced: its next call was lost on the way
# Each update costs the event loop some milliseconds: with 100 pages waiting and ten updates a second for each, the page
# had the processor for itself and the model did not get on. So many pages of a kind are updated at full pace.
AT_FULL_PACE = 3


@dataclass(eq=False)
class Reservation:
    """A page's answer, from the moment at which it is reserved: whose it is, what it is asked with, what stops it."""

    visitor: str
    pending: object = None
    stop: threading.Event = field(default_factory=threading.Event)
    at: float = field(default_factory=time.monotonic)


class Bridge:
    """Runs answers in threads, one for each page at a time."""

    def __init__(
        self, unread_for: Callable[[str], float] = lambda _: 0.0, max_streams: int = 128, max_per_visitor: int = 8
    ) -> None:
        """`unread_for` gives the seconds for which nobody has read what a page is sent."""
        self._unread_for = unread_for
        self.max_per_visitor = max_per_visitor
        self._threads = ThreadPoolExecutor(max_streams, thread_name_prefix="answer")
        self._reserved: dict[str, Reservation] = {}
        self._running: dict[str, Reservation] = {}  # those that are reserved among them
        self._cut_short: set[str] = set()  # pages whose answer was stopped for something else to be shown
        self._reserving = threading.Lock()
        self._waiting: dict[threading.Event, bool] = {}  # of each stream, whether its answer has yet to begin

    def reserve(self, session: str, visitor: str = "") -> bool:
        """Gives this page an answer, which is announced next.

        False where one is under way, or where the visitor's other pages have as many as one visitor may have; an
        unknown visitor, "", may have any number. From here on a stop holds, also one that comes before the answer has
        started.
        """
        with self._reserving:
            self._release_abandoned()
            if self.is_busy(session) or (visitor and self._count(visitor) >= self.max_per_visitor):
                return False
            self._cut_short.discard(session)  # the new answer is what is shown
            self._running[session] = self._reserved[session] = Reservation(visitor)
            return True

    def announce(self, session: str, pending: object) -> None:
        """Says what the reserved answer is asked with: from now on it can be claimed."""
        if reservation := self._reserved.get(session):
            reservation.pending = pending

    def is_busy(self, session: str) -> bool:
        """Whether an answer is under way for this page, or reserved and not yet too old to be claimed."""
        reserved = self._reserved.get(session)
        return session in self._running and not (reserved and _is_too_old(reserved))

    def _count(self, visitor: str) -> int:
        return [reservation.visitor for reservation in list(self._running.values())].count(visitor)

    def _release_abandoned(self) -> None:
        """Drops what pages reserved that then went away, or whose next call was lost on its way."""
        for session, reservation in list(self._reserved.items()):
            if self._unread_for(session) > LEASE_SECONDS or _is_too_old(reservation):
                self.release(session)

    @contextmanager
    def claim(self, session: str, kind: type[P]) -> "Iterator[tuple[Reservation, P] | None]":
        """What was announced for this page, and what is pending; None where there is nothing of this kind."""
        claimed = None
        with self._reserving:
            reservation = self._reserved.get(session)
            if reservation and isinstance(pending := reservation.pending, kind):
                del self._reserved[session]
                claimed = reservation, pending
        try:
            yield claimed
        finally:
            if claimed and self._running.get(session) is claimed[0]:
                self.release(session)

    def release(self, session: str) -> None:
        """The page is gone: whatever runs for it stops."""
        self.stop(session)
        self._reserved.pop(session, None)
        self._running.pop(session, None)

    def was_cut_short(self, session: str) -> bool:
        """Whether the page's answer was stopped for something else to be shown, since this was asked last."""
        found = session in self._cut_short
        self._cut_short.discard(session)
        return found

    def stop(self, session: str) -> None:
        """Asks the page's answer to stop, if there is one. Returns at once."""
        if reservation := self._running.get(session):
            reservation.stop.set()

    def stop_all(self) -> bool:
        """Asks every answer to stop; whether there was any."""
        running = list(self._running.values())
        for reservation in running:
            reservation.stop.set()
        return bool(running)

    async def stop_and_wait(self, session: str) -> None:
        """Stops the page's answer and returns when its last state is out, or after STOP_SECONDS."""
        self.stop(session)
        if self.is_busy(session):
            self._cut_short.add(session)
        for _ in range(int(STOP_SECONDS / UPDATE_SECONDS)):
            if session not in self._running:
                return
            await asyncio.sleep(UPDATE_SECONDS)

    async def stream(
        self,
        source: Generator[T, None, object],
        stop: threading.Event,
        session: str = "",
        waits: Callable[[T], bool] = lambda _: False,
    ) -> AsyncGenerator[T, None]:
        """The newest item of `source`, at most every UPDATE_SECONDS, until it ends or `stop` is set.

        With many streams items come less often: those that tell of waiting, which `waits` knows, and the others count
        apart, so that a crowd that waits slows no answer that is being written.

        `source` runs and is closed in a thread. What it raises is raised here, after its last item.
        Where nobody has read the page's stream for LEASE_SECONDS, the answer is stopped.
        When the caller goes away, the thread ends at the source's next item, so that nothing is made that nobody reads.
        """
        latest: _Latest[T] = _Latest()
        gone = threading.Event()
        context = contextvars.copy_context()  # holds the visitor's request, which ZeroGPU asks for whose quota to use
        task = self._threads.submit(context.run, _drain, source, latest, lambda: stop.is_set() or gone.is_set())
        shown_at = 0.0
        try:
            while not (task.done() or stop.is_set()):
                await asyncio.sleep(UPDATE_SECONDS)
                if session and self._unread_for(session) > LEASE_SECONDS:
                    stop.set()
                for item in latest.seen():
                    self._waiting[gone] = waits(item)
                if time.monotonic() < shown_at + self._pace(self._waiting.get(gone, False)):
                    continue
                for item in latest.take():
                    shown_at = time.monotonic()
                    yield item
            for item in latest.take():
                yield item
            if task.done():
                task.result()
        finally:
            self._waiting.pop(gone, None)
            gone.set()

    def _pace(self, waiting: bool) -> float:
        """Seconds between two updates of a stream of this kind, of which there are so many at present."""
        count = list(self._waiting.values()).count(waiting)
        return UPDATE_SECONDS * count / AT_FULL_PACE if count > AT_FULL_PACE else 0.0


def _is_too_old(reservation: Reservation) -> bool:
    return time.monotonic() - reservation.at > UNCLAIMED_SECONDS


class _Latest(Generic[T]):
    """Holds the newest item only: states are whole, so older ones can be dropped."""

    def __init__(self) -> None:
        self._items: list[T] = []

    def put(self, item: T) -> None:
        self._items = [item]

    def seen(self) -> list[T]:
        return self._items

    def take(self) -> list[T]:
        items, self._items = self._items, []
        return items


def _drain(source: Generator[T, None, object], latest: _Latest[T], is_over: Callable[[], bool]) -> None:
    with closing(source):
        for item in source:
            latest.put(item)
            if is_over():
                return
