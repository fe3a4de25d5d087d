"""From blocking iterators to the event loop: few updates, none lost at the end, and a stop that holds."""

import asyncio
import contextvars
import threading
import time
import weakref
from collections.abc import Generator

import pytest

from ui.bridge import Bridge
from web.liveness import Liveness


async def collect(bridge: Bridge, source: Generator[int, None, None], stop: threading.Event | None = None) -> list[int]:
    return [item async for item in bridge.stream(source, stop or threading.Event())]


def test_a_fast_source_gives_few_updates_and_the_last_item() -> None:
    got = asyncio.run(collect(Bridge(), (i for i in range(1000))))
    assert got[-1] == 999
    assert len(got) <= 5
    assert got == sorted(set(got))


def test_a_crowd_that_waits_is_updated_less_often_and_an_answer_that_is_written_as_often_as_ever() -> None:
    over = threading.Event()

    def source(words: str) -> Generator[str, None, None]:
        for i in range(200):
            if over.is_set():
                return
            yield f"{words} {i}"
            time.sleep(0.05)

    async def run() -> tuple[list[int], int]:
        bridge = Bridge()

        async def count(words: str) -> int:
            stream = bridge.stream(source(words), threading.Event(), waits=lambda item: item.startswith("waiting"))
            return len([item async for item in stream])

        crowd = [asyncio.create_task(count("waiting")) for _ in range(40)]
        written = asyncio.create_task(count("written"))
        await asyncio.sleep(4)
        over.set()
        return await asyncio.gather(*crowd), await written

    waiting, written = asyncio.run(run())
    assert max(waiting) <= 6
    assert written >= 15


def test_a_slow_source_gives_every_item() -> None:
    def source() -> Generator[int, None, None]:
        for i in range(3):
            yield i
            time.sleep(0.3)

    assert asyncio.run(collect(Bridge(), source())) == [0, 1, 2]


def test_a_source_without_items_gives_none() -> None:
    assert asyncio.run(collect(Bridge(), (i for i in range(0)))) == []


def test_a_stop_closes_the_source_and_returns_promptly() -> None:
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

    start = time.monotonic()
    asyncio.run(run())
    assert time.monotonic() - start < 1.5
    assert closed.wait(2)


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
        stream = Bridge().stream(source(), threading.Event())
        await anext(stream)
        await stream.aclose()

    asyncio.run(run())
    assert closed.wait(2)


def test_an_error_of_the_source_is_raised_after_its_last_item() -> None:
    got: list[int] = []

    def source() -> Generator[int, None, None]:
        yield 1
        yield 2
        raise ValueError("broken")

    async def run() -> None:
        async for item in Bridge().stream(source(), threading.Event()):
            got.append(item)

    with pytest.raises(ValueError, match="broken"):
        asyncio.run(run())
    assert got[-1] == 2


def test_a_second_answer_is_refused_until_the_first_has_ended() -> None:
    bridge = Bridge()
    assert bridge.reserve("page")
    bridge.announce("page", "asked")
    assert not bridge.reserve("page")
    with bridge.claim("page", str):
        assert not bridge.reserve("page")
    assert bridge.reserve("page")
    bridge.announce("page", "asked")


def test_pages_do_not_hinder_each_other() -> None:
    bridge = Bridge()
    assert bridge.reserve("one")
    bridge.announce("one", "asked")
    assert bridge.reserve("two")
    bridge.announce("two", "asked")
    bridge.stop("one")
    with bridge.claim("two", str) as claimed:
        assert claimed is not None
        assert not claimed[0].stop.is_set()


def test_a_visitor_has_only_so_many_answers_at_once_on_all_their_pages_and_hinders_nobody_else() -> None:
    bridge = Bridge(max_per_visitor=2)
    assert bridge.reserve("one", "198.51.100.1")
    bridge.announce("one", "asked")
    assert bridge.reserve("two", "198.51.100.1")
    bridge.announce("two", "asked")
    assert not bridge.reserve("three", "198.51.100.1")
    assert not bridge.is_busy("three")
    assert bridge.reserve("four", "198.51.100.2")
    with bridge.claim("one", str):
        assert not bridge.reserve("three", "198.51.100.1")
    assert bridge.reserve("three", "198.51.100.1")
    bridge.release("two")
    assert bridge.reserve("five", "198.51.100.1")


def test_visitors_whose_address_is_unknown_are_not_taken_for_one() -> None:
    bridge = Bridge(max_per_visitor=1)
    assert all([bridge.reserve("one"), bridge.reserve("two")])


def test_what_a_page_announced_before_it_went_away_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.bridge.LEASE_SECONDS", 0.2)
    readers = Liveness()
    bridge = Bridge(readers.unread_for, max_per_visitor=2)
    readers.opened("here")
    assert bridge.reserve("here", "198.51.100.1")
    assert bridge.reserve("gone", "198.51.100.1")
    assert not bridge.reserve("next", "198.51.100.1")
    time.sleep(0.3)
    assert bridge.reserve("next", "198.51.100.1")
    assert not bridge.is_busy("gone")
    assert bridge.is_busy("here")


def test_an_answer_that_fails_frees_its_page() -> None:
    bridge = Bridge()
    bridge.reserve("page")
    bridge.announce("page", "asked")
    with pytest.raises(ValueError, match="broken"), bridge.claim("page", str):
        raise ValueError("broken")
    assert bridge.reserve("page")
    bridge.announce("page", "asked")


def test_a_stop_before_the_answer_has_started_holds() -> None:
    bridge = Bridge()
    bridge.reserve("page")
    bridge.announce("page", "asked")
    bridge.stop("page")
    with bridge.claim("page", str) as claimed:
        assert claimed is not None
        assert claimed[0].stop.is_set()


def test_a_stop_does_not_reach_the_next_answer() -> None:
    bridge = Bridge()
    bridge.reserve("page")
    bridge.announce("page", "asked")
    bridge.stop("page")
    with bridge.claim("page", str):
        pass
    bridge.reserve("page")
    bridge.announce("page", "asked")
    with bridge.claim("page", str) as claimed:
        assert claimed is not None
        assert not claimed[0].stop.is_set()


def test_nothing_runs_that_was_not_announced() -> None:
    with Bridge().claim("page", str) as claimed:
        assert claimed is None


def test_a_page_that_is_gone_stops_its_answer() -> None:
    bridge = Bridge()
    bridge.reserve("page")
    bridge.announce("page", "asked")
    with bridge.claim("page", str) as claimed:
        assert claimed is not None
        bridge.release("page")
        assert claimed[0].stop.is_set()
    assert bridge.reserve("page")
    bridge.announce("page", "asked")


def test_stop_and_wait_returns_when_the_answer_has_ended() -> None:
    bridge = Bridge()
    bridge.reserve("page")
    bridge.announce("page", "asked")

    async def answer() -> None:
        with bridge.claim("page", str) as claimed:
            assert claimed is not None
            while not claimed[0].stop.is_set():
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.2)

    async def run() -> bool:
        task = asyncio.create_task(answer())
        await asyncio.sleep(0)
        await bridge.stop_and_wait("page")
        ended = bridge.reserve("page")
        await task
        return ended

    assert asyncio.run(run())


def test_an_answer_that_nobody_reads_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.bridge.LEASE_SECONDS", 0.3)
    readers, stop = Liveness(), threading.Event()

    def endless() -> Generator[int, None, None]:
        while True:
            time.sleep(0.01)
            yield 1

    async def read() -> float:
        readers.opened("page")
        read = Bridge(readers.unread_for).stream(endless(), stop, "page")
        for _ in range(6):
            await anext(read)
        assert not stop.is_set()
        readers.closed("page")
        start = time.monotonic()
        async for _ in read:
            pass
        return time.monotonic() - start

    assert asyncio.run(read()) < 3
    assert stop.is_set()


def test_the_source_runs_in_the_context_of_who_asked() -> None:
    visitor: contextvars.ContextVar[int] = contextvars.ContextVar("visitor", default=0)

    async def run() -> list[int]:
        visitor.set(7)
        return await collect(Bridge(), (visitor.get() for _ in range(1)))

    assert asyncio.run(run()) == [7]


def test_what_an_answer_is_asked_with_is_handed_over_once_and_to_its_page_alone() -> None:
    bridge = Bridge()
    assert bridge.reserve("page")
    bridge.announce("page", "asked")
    with bridge.claim("other", str) as claimed:
        assert claimed is None
    with bridge.claim("page", str) as claimed:
        assert claimed
        assert claimed[1] == "asked"
        with bridge.claim("page", str) as again:
            assert again is None


def test_what_is_announced_for_one_purpose_is_not_taken_up_by_another() -> None:
    bridge = Bridge()
    bridge.reserve("page")
    bridge.announce("page", "asked")
    with bridge.claim("page", int) as claimed:
        assert claimed is None
    assert bridge.is_busy("page")
    with bridge.claim("page", str) as claimed:
        assert claimed is not None


def test_a_page_whose_answer_was_never_taken_up_can_ask_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.bridge.UNCLAIMED_SECONDS", 0.05)
    bridge = Bridge()
    assert bridge.reserve("page")
    bridge.announce("page", "asked")
    assert bridge.is_busy("page")
    time.sleep(0.1)
    assert not bridge.is_busy("page")
    assert bridge.reserve("page")
    bridge.announce("page", "asked")
    with bridge.claim("page", str):
        time.sleep(0.1)
        assert bridge.is_busy("page")  # what was taken up may take as long as it needs


def test_what_an_answer_is_asked_with_goes_with_its_page() -> None:
    bridge, pending = Bridge(), Pending()
    gone = weakref.ref(pending)
    bridge.reserve("page")
    bridge.announce("page", pending)
    del pending
    bridge.release("page")
    assert gone() is None


class Pending:
    """Something that can be told to be gone."""


def test_what_is_not_announced_yet_cannot_be_claimed() -> None:
    bridge = Bridge()
    bridge.reserve("page")
    with bridge.claim("page", str) as claimed:  # by the next event of a starter that was refused meanwhile
        assert claimed is None
    bridge.announce("page", "asked")
    with bridge.claim("page", str) as claimed:
        assert claimed is not None


def test_an_answer_that_was_never_taken_up_counts_no_longer_among_its_visitors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.bridge.UNCLAIMED_SECONDS", 0.05)
    bridge = Bridge(max_per_visitor=1)
    assert bridge.reserve("one", "198.51.100.1")
    assert not bridge.reserve("two", "198.51.100.1")
    time.sleep(0.1)
    assert bridge.reserve("two", "198.51.100.1")
