"""The one bridge from the backend's blocking iterators to Gradio's event loop: threaded, coalesced, stoppable.

Each page has at most one answer under way, and all pages of one address have so many. An answer runs by itself: pages
come and go while it does, and where none has read it for a while it is stopped.
"""

import asyncio
import contextvars
import functools
import logging
import threading
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal, ParamSpec, TypeVar
from weakref import WeakValueDictionary

from backend.chat.errors import trace
from ui.latest import Latest, drain

P = ParamSpec("P")
T = TypeVar("T")
Kind = Literal["answer", "comparison", "batch"]

UPDATE_SECONDS = 0.1  # a browser drawing a long conversation keeps up with ten updates a second, not with fifty
STOP_SECONDS = 5.0
KEEP_SECONDS = 120.0
# Each update costs the event loop some milliseconds: with 100 pages waiting and ten updates a second for each, the page
# had the processor for itself and the model did not get on. So many pages of a kind are updated at full pace.
AT_FULL_PACE = 3
MAX_CUT_SHORT = 2_000
log = logging.getLogger(__name__)


@dataclass(eq=False)
class Job:
    """An answer of a page, from the moment at which it is reserved. `changed` wakes the one who watches it."""

    page: str
    visitor: str
    kind: Kind
    stop: threading.Event = field(default_factory=threading.Event)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    is_done: bool = False
    problem: str = ""  # a sentence for the person, about what could not be kept
    told: set[str] = field(default_factory=set)  # the sentences of that kind that the person has been told
    task: "asyncio.Task[None] | None" = None
    watcher: object = None
    is_asked_for_all: bool = False  # by a page that does not show what an update goes on from

    def take_over(self, watcher: object = None) -> None:
        """Who has watched until now ends, and takes note of nothing more."""
        self.watcher = watcher or object()
        self.changed.set()  # it wakes

    async def changes(self, beat: float, watcher: object = None) -> AsyncGenerator[None, None]:
        """An item when something has changed, and at least every `beat` seconds, until it is done.

        Who begins to watch later takes over: the earlier ends.
        """
        watcher = watcher or object()
        self.take_over(watcher)
        while not self.is_done and self.watcher is watcher:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.changed.wait(), beat)
            self.changed.clear()
            if self.watcher is watcher:
                yield


class Bridge:
    """Runs answers in threads, one for each page at a time."""

    def __init__(
        self,
        unread_for: Callable[[str], float] = lambda _: 0.0,
        max_per_visitor: int = 8,
        keep_seconds: float = KEEP_SECONDS,
        max_streams: int = 512,
    ) -> None:
        """`unread_for` gives the seconds for which nobody has read what a page is sent.

        After `keep_seconds` of them its answer is stopped. `max_streams` of a server come at once, and more wait.
        """
        self._unread_for = unread_for
        self.max_per_visitor = max_per_visitor
        self.keep_seconds = keep_seconds
        self._threads = ThreadPoolExecutor(max_streams, thread_name_prefix="answer")
        self._jobs: dict[str, Job] = {}
        self._cut_short: dict[str, None] = {}  # pages whose answer was stopped for something else to be shown
        self._reserving = threading.Lock()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # by page
        self._waiting: dict[threading.Event, bool] = {}  # of each stream, whether its answer has yet to begin

    def turn(self, page: str) -> asyncio.Lock:
        """For what begins an answer, and what shows another conversation: of a page one at a time."""
        return self._turns.setdefault(page, asyncio.Lock())

    @contextmanager
    def reserved(self, page: str, visitor: str = "", kind: Kind = "answer") -> "Iterator[Job | None]":
        """A job for this page, to be run before the block ends; else it is let go of.

        None where one is under way, or where the visitor's other pages have as many as one visitor may have; an unknown
        visitor, "", may have any number. A batch leaves one to the visitor's chats. From here on a stop holds, also one
        that comes before the answer has started.
        """
        with self._reserving:
            job = None
            most = max(1, self.max_per_visitor - 1) if kind == "batch" else self.max_per_visitor
            if not (self.is_busy(page) or (visitor and self._count(visitor) >= most)):
                self._cut_short.pop(page, None)  # the new answer is what is shown
                self._jobs[page] = job = Job(page, visitor, kind)
        try:
            yield job
        finally:
            if job and job.task is None:
                self._end(job)

    def run(self, job: Job, work: Coroutine[Any, Any, None]) -> None:
        """Begins the work of a job, in this loop and with this event's context: ZeroGPU asks for whose quota to use."""
        job.task = asyncio.get_running_loop().create_task(work)
        job.task.add_done_callback(lambda task: self._end(job, task))

    async def call(self, function: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """What the function returns or raises, run in one of the threads of answers with this task's context."""
        work = functools.partial(contextvars.copy_context().run, functools.partial(function, *given, **named))
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _end(self, job: Job, task: "asyncio.Task[None] | None" = None) -> None:
        if task and not task.cancelled() and (error := task.exception()):
            log.error("an answer failed: %s", trace(error))
        job.is_done = True
        job.changed.set()
        if self._jobs.get(job.page) is job:
            del self._jobs[job.page]

    def job(self, page: str) -> Job | None:
        """The answer that is under way for this page."""
        return self._jobs.get(page)

    def is_busy(self, page: str) -> bool:
        """Whether an answer is under way for this page."""
        return page in self._jobs

    def _count(self, visitor: str) -> int:
        return [job.visitor for job in list(self._jobs.values())].count(visitor)

    def was_cut_short(self, page: str) -> bool:
        """Whether the page's answer was stopped for something else to be shown, since this was asked last."""
        found = page in self._cut_short
        self._cut_short.pop(page, None)
        return found

    def stop(self, page: str) -> None:
        """Asks the page's answer to stop, if there is one. Returns at once."""
        if job := self._jobs.get(page):
            job.stop.set()

    def stop_all(self) -> bool:
        """Asks every answer to stop; whether there was any."""
        running = list(self._jobs.values())
        for job in running:
            job.stop.set()
        return bool(running)

    async def stop_and_wait(self, page: str) -> None:
        """Stops the page's answer and returns when its last state is out, or after STOP_SECONDS."""
        self.stop(page)
        if self.is_busy(page):
            self._cut_short[page] = None
            if len(self._cut_short) > MAX_CUT_SHORT:
                del self._cut_short[next(iter(self._cut_short))]  # mostly of a page that is gone, which never asks
        for _ in range(int(STOP_SECONDS / UPDATE_SECONDS)):
            if page not in self._jobs:
                return
            await asyncio.sleep(UPDATE_SECONDS)

    async def stream(
        self, source: Generator[T, None, object], job: Job, waits: Callable[[T], bool] = lambda _: False
    ) -> AsyncGenerator[T, None]:
        """The newest item of `source`, at most every UPDATE_SECONDS, until it ends or the job is stopped.

        The first that does not tell of waiting comes at once.

        With many streams items come less often: those that tell of waiting, which `waits` knows, and the others count
        apart, so that a crowd that waits slows no answer that is being written.

        `source` runs and is closed in a thread. What it raises is raised here, after its last item.
        Where nobody has read what the page is sent for `keep_seconds`, the job is stopped.
        When the caller goes away, the thread ends at the source's next item, so that nothing is made that nobody reads.
        """
        latest: Latest[T] = Latest(asyncio.get_running_loop())
        gone, stop = threading.Event(), job.stop
        context = contextvars.copy_context()
        task = self._threads.submit(context.run, drain, source, latest, lambda: stop.is_set() or gone.is_set())
        task.add_done_callback(lambda _: latest.wake())
        shown_at = 0.0

        def begins() -> bool:
            return self._waiting.get(gone, False) and any(not waits(item) for item in latest.items)

        try:
            while not (task.done() or stop.is_set()):
                due = shown_at + max(UPDATE_SECONDS, self._pace(self._waiting.get(gone, False)))
                await latest.comes(due, UPDATE_SECONDS, lambda: task.done() or begins())
                if job.page and self._unread_for(job.page) > self.keep_seconds:
                    stop.set()
                is_due = time.monotonic() >= due or begins()
                for item in latest.items:
                    self._waiting[gone] = waits(item)
                for item in latest.take() if is_due else ():
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
