"""Batches run row by row beside the chats of everybody, and end where nobody looks at them any more."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Generator
from dataclasses import replace
from pathlib import Path

import pytest

from backend.batch.values import Item, Row, Task
from backend.chat.errors import EngineUnavailable
from backend.chat.messages import Finished, Usage
from backend.chat.request import ChatRequest, Event, TextDelta, Waiting
from backend.documents.reader import DocumentReader
from backend.storage.images import ImageStore
from ui.batch.items import BatchFiles
from ui.batch.runner import LEFT_SECONDS, BatchRunner, Limits
from ui.batch.state import Batch
from ui.bridge import Bridge
from ui.session_store import SessionStore
from ui.texts import texts


class Gate:
    """An engine whose answers come once they are let through."""

    def __init__(self) -> None:
        self.through, self.begun, self.error = threading.Semaphore(0), threading.Semaphore(0), ""

    def stream(self, request: ChatRequest) -> Generator[Event, None, None]:
        if self.error:
            raise EngineUnavailable(self.error)
        self.begun.release()
        while not self.through.acquire(timeout=0.01):
            yield Waiting("Reading…")
        yield TextDelta("Yes.")
        yield Finished("stop", Usage(5, 0, 1))


class Bench:
    """A runner with everything around it, and a page whose batch has some files of text."""

    def __init__(self, folder: Path, limits: Limits, count: int = 4, most: int = 2) -> None:
        self.engine, self.bridge, self.sessions, self.time = Gate(), Bridge(max_per_visitor=most), SessionStore(), 0.0
        files = BatchFiles(ImageStore(folder / "pictures"), DocumentReader())
        self.runner = BatchRunner(self.engine, self.bridge, self.sessions, files, limits, lambda: self.time)
        self.page = self.sessions.page("connection", "ada")
        paths = [folder / f"{number}.txt" for number in range(count)]
        for path in paths:
            path.write_text(path.name, "utf-8")
        batch = Batch("key").add((Row(Item(path.name, path)), None) for path in paths)
        self.set(batch.changed(task=Task("Is it?"), is_paused=False))

    def set(self, batch: Batch) -> None:
        self.sessions.update(self.page, lambda now: replace(now, batch=batch))

    @property
    def batch(self) -> Batch:
        batch = self.sessions.get(self.page).batch
        assert batch
        return batch

    def statuses(self) -> list[str]:
        return [row.status for row in self.batch.rows]

    async def comes(self, *statuses: str) -> None:
        while self.statuses() != list(statuses):
            await asyncio.sleep(0.01)


def on(bench: Bench, happens: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        bench.runner.start(bench.page, "ada")
        await asyncio.wait_for(happens(), 20)

    asyncio.run(run())


def test_one_row_comes_after_the_other_and_the_chat_of_the_page_stays_free(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Limits(), 3)

    async def happens() -> None:
        await bench.comes("running", "waiting", "waiting")
        assert not bench.bridge.is_busy(bench.page)
        bench.engine.through.release()
        await bench.comes("done", "running", "waiting")
        bench.engine.through.release(2)
        await bench.comes("done", "done", "done")
        assert bench.batch.state == "done"

    on(bench, happens)


def test_a_pause_lets_a_row_end_and_a_stop_breaks_it_off(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Limits(), 3)

    async def happens() -> None:
        await bench.comes("running", "waiting", "waiting")
        bench.set(bench.batch.changed(is_paused=True))
        bench.engine.through.release()
        await bench.comes("done", "waiting", "waiting")
        bench.set(bench.batch.changed(is_paused=False))
        bench.runner.start(bench.page, "ada")
        await bench.comes("done", "running", "waiting")
        bench.set(bench.batch.changed(is_paused=True))
        bench.runner.stop(bench.page)
        await bench.comes("done", "waiting", "waiting")

    on(bench, happens)


def test_several_are_asked_about_at_once_but_one_answer_is_left_to_the_visitors_chats(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Limits(20, 4, is_shared=True), 4, most=3)

    async def happens() -> None:
        await bench.comes("running", "running", "waiting", "waiting")
        with bench.bridge.reserved("another page", "ada") as job:
            assert job
        with bench.bridge.reserved("another page", "ada", "batch") as job:
            assert job is None
        bench.engine.through.release(4)
        await bench.comes("done", "done", "done", "done")

    on(bench, happens)


def test_a_batch_that_nobody_looks_at_stops_after_its_row(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Limits(), 3)

    async def happens() -> None:
        await bench.comes("running", "waiting", "waiting")
        bench.time = LEFT_SECONDS + 1
        bench.engine.through.release()
        await bench.comes("done", "waiting", "waiting")
        while not bench.batch.told:
            await asyncio.sleep(0.01)
        assert (bench.batch.told, bench.batch.is_paused) == (texts.batch.left, True)

    on(bench, happens)


def test_where_nobody_can_answer_it_pauses_and_says_so_with_no_row_lost(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Limits(), 2)
    bench.engine.error = "The server is down."

    async def happens() -> None:
        while not bench.batch.told:
            await asyncio.sleep(0.01)
        assert (bench.batch.told, bench.statuses()) == ("The server is down.", ["waiting", "waiting"])

    on(bench, happens)


def test_a_batch_that_is_thrown_away_meanwhile_gets_no_row_of_the_former(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Limits(), 2)

    async def happens() -> None:
        await bench.comes("running", "waiting")
        bench.set(Batch("another").add([(Row(Item("b.txt", tmp_path / "b.txt")), None)]))
        bench.engine.through.release()
        await asyncio.wait_for(bench.runner._running[bench.page][1], 10)
        assert bench.statuses() == ["waiting"]

    on(bench, happens)


@pytest.mark.parametrize("other", ["ada", "eve"])
def test_a_visitors_running_rows_are_counted_over_their_pages(tmp_path: Path, other: str) -> None:
    bench = Bench(tmp_path, Limits(20, 1, is_shared=True), 4)

    async def happens() -> None:
        await bench.comes("running", "waiting", "waiting", "waiting")
        assert bench.runner.room(other, "another page") == (16 if other == "ada" else 20)
        assert bench.runner.room("ada", bench.page) == 20
        bench.engine.through.release(4)
        await bench.comes(*["done"] * 4)

    on(bench, happens)
