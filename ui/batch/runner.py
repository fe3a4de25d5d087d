"""How a batch runs: row by row, each an answer like every other, which waits for its turn among them."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from backend.batch.runner import answer
from backend.batch.values import Row
from backend.chat.errors import EngineUnavailable
from backend.chat.parts import Image
from backend.engines.engine import Engine
from ui.batch.items import BatchFiles
from ui.batch.state import Batch, Entry
from ui.bridge import Bridge, Job
from ui.session_store import SessionStore
from ui.texts import texts

AGAIN_SECONDS = 0.5  # between two looks for room among the visitor's answers
LEFT_SECONDS = 120.0  # for which nobody has looked at a batch that stops then


@dataclass(frozen=True)
class Limits:
    """How many rows a batch may have, all of a visitor's that run together, and how many are asked about at once.

    `is_shared`: strangers use the app, and a batch counts among its visitor's answers.
    """

    rows: int = 1_000
    parallel: int = 1
    is_shared: bool = False


@dataclass(frozen=True)
class BatchRunner:
    """Runs the batches of all pages, in one event loop. The session has what each came to."""

    engine: Engine
    bridge: Bridge
    sessions: SessionStore
    files: BatchFiles
    limits: Limits = field(default_factory=Limits)
    now: Callable[[], float] = time.monotonic
    _running: "dict[str, tuple[str, asyncio.Task[None]]]" = field(default_factory=dict)  # visitor, task; by page
    _looked: dict[str, float] = field(default_factory=dict)  # when the page asked last, of those that run

    def looked(self, page: str) -> None:
        """Somebody has the page open."""
        if page in self._running:
            self._looked[page] = self.now()

    def room(self, visitor: str, page: str) -> int:
        """How many rows that are not done this page's batch may have to run beside the visitor's others."""
        if not self.limits.is_shared:
            return self.limits.rows
        pages = [each for each, (owner, _) in self._running.items() if owner == visitor and each != page]
        batches = filter(None, (self.sessions.get(each).batch for each in pages))
        return self.limits.rows - sum(batch.left for batch in batches)

    def start(self, page: str, visitor: str) -> None:
        """Goes on with the page's batch, if that does not run already; called in the event loop."""
        self._looked[page] = self.now()
        if page not in self._running:
            self._running[page] = visitor, asyncio.get_running_loop().create_task(self._conduct(page, visitor))

    def stop(self, page: str) -> None:
        """Breaks off what is under way; those rows wait again."""
        for number in range(self.limits.parallel):
            self.bridge.stop(_name(page, number))

    async def _conduct(self, page: str, visitor: str) -> None:
        try:
            while self._waits(page):
                workers = range(self.limits.parallel)
                await asyncio.gather(*(self._work(page, visitor, number) for number in workers))
        finally:
            self._looked.pop(page, None)
            del self._running[page]  # at once after it was looked whether a row waits

    def _waits(self, page: str) -> bool:
        batch = self.sessions.get(page).batch
        return batch is not None and not batch.is_paused and batch.count("waiting") > 0

    async def _work(self, page: str, visitor: str, number: int) -> None:
        """Asks about one row after the other, until none waits."""
        while self._waits(page):
            if self.now() - self._looked.get(page, 0.0) > LEFT_SECONDS:
                self._change(page, lambda batch: batch.changed(is_paused=True, told=texts.batch.left))
                return
            counted = visitor if self.limits.is_shared else ""
            with self.bridge.reserved(_name(page, number), counted, "batch") as job:
                if job and (entry := self._take(page)):
                    self.bridge.run(job, self._answer(job, page, entry))
            if job and job.task:
                await asyncio.wait([job.task])
            elif not job:
                await asyncio.sleep(AGAIN_SECONDS)

    def _take(self, page: str) -> tuple[Batch, Entry] | None:
        taken: list[tuple[Batch, Entry]] = []

        def take(batch: Batch) -> Batch:
            after, entry = batch.take()
            if entry:
                taken.append((after, entry))
            return after

        self._change(page, take)
        return taken[0] if taken else None

    async def _answer(self, job: Job, page: str, taken: tuple[Batch, Entry]) -> None:
        batch, entry = taken
        row, thumbnail, told = Row(entry.row.item), None, ""
        try:
            row, thumbnail = await self.bridge.call(self._asked, job, page, batch, entry)
        except EngineUnavailable as error:
            told = str(error)
        finally:
            if row.status == "running":  # it was broken off
                row = Row(entry.row.item)

            def answered(now: Batch) -> Batch:
                if now.key != batch.key:
                    return now
                now = now.with_row(entry.id, row, thumbnail)
                return now.changed(is_paused=True, told=told) if told else now

            self._change(page, answered)

    def _asked(self, job: Job, page: str, batch: Batch, entry: Entry) -> tuple[Row, Image | None]:
        """Runs in a thread."""
        assert batch.task
        item = entry.row.item
        row = answer(self.engine, batch.task, item, self.files.open, job.stop, page)
        return row, None if entry.thumbnail else self.files.thumbnail(item)

    def _change(self, page: str, change: Callable[[Batch], Batch]) -> None:
        self.sessions.update(page, lambda now: replace(now, batch=change(now.batch)) if now.batch else now)


def _name(page: str, number: int) -> str:
    """What the bridge knows a row under way by, which keeps its page's chat free."""
    return f"{page}/batch/{number}"
