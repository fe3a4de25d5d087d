"""From blocking iterators to the event loop: few updates, none lost at the end, and a stop that holds."""

import asyncio
import contextvars
import itertools
import math
import threading
import time
from collections.abc import Generator

import pytest

from ui.bridge import Bridge, Job
from web.liveness import Liveness

WORDS = "what a visitor wrote"


async def collect(bridge: Bridge, source: Generator[int, None, None], stop: threading.Event | None = None) -> list[int]:
    return [item async for item in bridge.stream(source, Job("", "", "answer", stop or threading.Event()))]


def test_a_fast_source_gives_few_updates_and_the_last_item() -> None:
    got = asyncio.run(collect(Bridge(), (i for i in range(1000))))
    assert got[-1] == 999
    assert len(got) <= 5
    assert got == sorted(set(got))


def test_a_crowd_that_waits_is_updated_less_often_and_an_answer_that_is_written_as_often_as_ever() -> None:
    over = threading.Event()

    def source(words: str) -> Generator[str, None, None]:
        for i in itertools.count():
            if over.is_set():
                return
            yield f"{words} {i}"
            time.sleep(0.05)

    async def run() -> tuple[list[int], int]:
        bridge = Bridge()

        async def count(words: str, most: float = math.inf) -> int:
            stream = bridge.stream(source(words), Job("", "", "answer"), waits=lambda item: item.startswith("waiting"))
            items = 0
            async for _ in stream:
                items += 1
                if items == most:
                    over.set()
            return items

        crowd = [asyncio.create_task(count("waiting")) for _ in range(40)]
        written = asyncio.create_task(count("written", most=30))
        return await asyncio.gather(*crowd), await written

    waiting, written = asyncio.run(run())
    assert 3 * max(waiting) <= written


def test_the_first_word_waits_for_no_update_that_told_of_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.bridge.UPDATE_SECONDS", 60.0)  # between two updates
    is_shown = threading.Event()

    def source() -> Generator[str, None, None]:
        yield "waiting"
        is_shown.wait(10)
        yield "written"
        threading.Event().wait(0.3)  # by when the bridge has that
        yield "written on"

    async def run() -> list[str]:
        got = []
        async for item in Bridge().stream(source(), Job("", "", "answer"), waits=lambda item: item == "waiting"):
            got.append(item)
            is_shown.set()
        return got

    assert asyncio.run(run()) == ["waiting", "written", "written on"]


def test_a_slow_source_gives_every_item() -> None:
    def source() -> Generator[int, None, None]:
        for i in range(3):
            yield i
            time.sleep(0.3)

    assert asyncio.run(collect(Bridge(), source())) == [0, 1, 2]


def test_a_source_without_items_gives_none() -> None:
    assert asyncio.run(collect(Bridge(), (i for i in range(0)))) == []


def test_a_stop_closes_the_source_and_returns() -> None:
    closed = threading.Event()
    stop = threading.Event()

    def source() -> Generator[int, None, None]:
        try:
            i = 0
            while True:
                yield i
                i += 1
                time.sleep(0.01)
        finally:
            closed.set()

    async def run() -> None:
        asyncio.get_running_loop().call_later(0.3, stop.set)
        await collect(Bridge(), source(), stop)

    asyncio.run(run())
    assert closed.wait(30)


def test_a_caller_that_goes_away_closes_the_source() -> None:
    closed = threading.Event()

    def source() -> Generator[int, None, None]:
        try:
            while True:
                yield 0
                time.sleep(0.01)
        finally:
            closed.set()

    async def run() -> None:
        stream = Bridge().stream(source(), Job("", "", "answer"))
        await anext(stream)
        await stream.aclose()

    asyncio.run(run())
    assert closed.wait(30)


def test_an_error_of_the_source_is_raised_after_its_last_item() -> None:
    got: list[int] = []

    def source() -> Generator[int, None, None]:
        yield 1
        yield 2
        raise ValueError("broken")

    async def run() -> None:
        async for item in Bridge().stream(source(), Job("", "", "answer")):
            got.append(item)

    with pytest.raises(ValueError, match="broken"):
        asyncio.run(run())
    assert got[-1] == 2


async def until(job: Job, ended: asyncio.Event) -> None:
    """The work of an answer that ends when it is let, or stopped."""
    while not (ended.is_set() or job.stop.is_set()):
        await asyncio.sleep(0.01)


def begun(bridge: Bridge, page: str, visitor: str = "", ended: asyncio.Event | None = None) -> Job | None:
    """An answer that runs for a page, if it may have one."""
    with bridge.reserved(page, visitor) as job:
        if job:
            bridge.run(job, until(job, ended or asyncio.Event()))
    return job


def test_a_second_answer_is_refused_until_the_first_has_ended() -> None:
    async def act() -> None:
        bridge, ended = Bridge(), asyncio.Event()
        with bridge.reserved("page") as job:
            assert job
            assert begun(bridge, "page") is None
            bridge.run(job, until(job, ended))
        assert begun(bridge, "page") is None
        ended.set()
        assert job.task
        await job.task
        assert begun(bridge, "page")

    asyncio.run(act())


def test_pages_do_not_hinder_each_other() -> None:
    async def act() -> None:
        bridge = Bridge()
        begun(bridge, "one")
        other = begun(bridge, "two")
        bridge.stop("one")
        assert other
        assert not other.stop.is_set()

    asyncio.run(act())


def test_a_visitor_has_only_so_many_answers_at_once_on_all_their_pages_and_hinders_nobody_else() -> None:
    async def act() -> None:
        bridge = Bridge(max_per_visitor=2)
        assert begun(bridge, "one", "198.51.100.1")
        assert begun(bridge, "two", "198.51.100.1")
        assert begun(bridge, "three", "198.51.100.1") is None
        assert not bridge.is_busy("three")
        assert begun(bridge, "four", "198.51.100.2")
        await bridge.stop_and_wait("one")
        assert begun(bridge, "three", "198.51.100.1")

    asyncio.run(act())


def test_visitors_whose_address_is_unknown_are_not_taken_for_one() -> None:
    async def act() -> None:
        bridge = Bridge(max_per_visitor=1)
        assert begun(bridge, "one")
        assert begun(bridge, "two")

    asyncio.run(act())


def test_what_could_not_begin_frees_its_page() -> None:
    bridge = Bridge()
    with pytest.raises(ValueError, match="broken"), bridge.reserved("page"):
        raise ValueError("broken")
    assert not bridge.is_busy("page")


def test_an_answer_that_fails_frees_its_page_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def fails() -> None:
        raise ValueError(WORDS)

    async def act() -> None:
        bridge = Bridge()
        with bridge.reserved("page") as job:
            assert job
            bridge.run(job, fails())
        await asyncio.wait([job.task] if job.task else [])
        assert not bridge.is_busy("page")

    asyncio.run(act())
    assert "ValueError" in caplog.text
    assert WORDS not in caplog.text


def test_a_stop_before_the_answer_has_started_holds_and_does_not_reach_the_next() -> None:
    async def act() -> None:
        bridge = Bridge()
        with bridge.reserved("page") as job:
            bridge.stop("page")
        assert job
        assert job.stop.is_set()
        following = begun(bridge, "page")
        assert following
        assert not following.stop.is_set()

    asyncio.run(act())


def test_who_watches_later_takes_over_and_sees_at_once_what_is_there() -> None:
    async def act() -> None:
        bridge = Bridge()
        job = begun(bridge, "page")
        assert job

        async def watched() -> int:
            return len([change async for change in job.changes(beat=60)])

        first = asyncio.create_task(watched())
        await asyncio.sleep(0.05)
        second = asyncio.create_task(watched())
        await asyncio.wait_for(first, 30)
        assert not second.done()
        bridge.stop("page")
        assert await asyncio.wait_for(second, 30) >= 1

    asyncio.run(act())


def test_who_watches_an_answer_that_is_silent_is_told_that_it_goes_on() -> None:
    async def act() -> None:
        job = begun(Bridge(), "page")
        assert job
        changes = job.changes(beat=0.02)
        for _ in range(3):
            await asyncio.wait_for(anext(changes), 30)
        await changes.aclose()

    asyncio.run(act())


def test_stop_and_wait_returns_when_the_answer_has_ended() -> None:
    async def act() -> None:
        bridge = Bridge()
        begun(bridge, "page")
        await bridge.stop_and_wait("page")
        assert not bridge.is_busy("page")

    asyncio.run(act())


def test_an_answer_that_nobody_reads_goes_on_for_a_while_and_is_ended_then() -> None:
    readers, job = Liveness(), Job("page", "", "answer")

    def endless() -> Generator[int, None, None]:
        while True:
            time.sleep(0.01)
            yield 1

    async def read() -> float:
        readers.opened("page")
        read = Bridge(readers.unread_for, keep_seconds=0.5).stream(endless(), job)
        for _ in range(6):
            await anext(read)
        readers.closed("page")
        start = time.monotonic()
        await anext(read)
        assert not job.stop.is_set()
        async for _ in read:
            pass
        return time.monotonic() - start

    assert 0.5 <= asyncio.run(read()) < 30
    assert job.stop.is_set()


def test_the_source_runs_in_the_context_of_who_asked() -> None:
    visitor: contextvars.ContextVar[int] = contextvars.ContextVar("visitor", default=0)

    async def run() -> list[int]:
        visitor.set(7)
        return await collect(Bridge(), (visitor.get() for _ in range(1)))

    assert asyncio.run(run()) == [7]
