"""Picture addresses whose hosts drip take no more threads than they have, and nobody's turn for long."""

import asyncio
import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from backend.chat.errors import FetchRefused
from backend.storage import fetch_pool
from backend.storage.fetch_pool import CROWDED, LATE, OF_ALL, OF_ONE, WANTED_OF_ALL, WANTED_OF_ONE, FetchPool


class Hosts:
    """Those that drip are waited for until they are let go."""

    def __init__(self) -> None:
        self.begun, self.at_once, self.most = list[str](), 0, 0
        self.let_go, self.lock = threading.Event(), threading.Lock()

    def fetch(self, url: str) -> bytes:
        with self.lock:
            self.begun.append(url)
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        try:
            if "drip" in url:
                assert self.let_go.wait(60)
            if "gone" in url:
                raise FetchRefused("gone")
            return url.encode()
        finally:
            with self.lock:
                self.at_once -= 1


@contextmanager
def hosts() -> Iterator[Hosts]:
    found = Hosts()
    try:
        yield found
    finally:
        found.let_go.set()


async def outcomes(tasks: list["asyncio.Task[bytes]"]) -> list[str]:
    return [str(each) for each in await asyncio.gather(*tasks, return_exceptions=True)]


async def settled(found: Hosts, count: int) -> None:
    for _ in range(500):
        if len(found.begun) >= count:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{len(found.begun)} of {count} fetches began")


def test_one_address_takes_few_threads_and_the_others_are_served_meanwhile() -> None:
    async def run() -> None:
        pool = FetchPool(found.fetch)
        dripping = [asyncio.create_task(pool.fetch(f"drip {n}", "192.0.2.1")) for n in range(WANTED_OF_ONE + 5)]
        await settled(found, OF_ONE)
        assert await pool.fetch("cat", "192.0.2.2") == b"cat"
        assert len(found.begun) == OF_ONE + 1
        found.let_go.set()
        told = await outcomes(dripping)
        assert (told.count(CROWDED), sum("drip" in each for each in told)) == (5, WANTED_OF_ONE)
        assert found.most <= OF_ONE + 1
        assert not pool._of_one  # nothing is kept of whoever was here

    with hosts() as found:
        asyncio.run(run())


def test_many_addresses_take_the_pool_and_nothing_else() -> None:
    async def run() -> None:
        pool = FetchPool(found.fetch)
        visitors = [f"192.0.2.{n}" for n in range(WANTED_OF_ALL + 5)]
        dripping = [asyncio.create_task(pool.fetch("drip", visitor)) for visitor in visitors]
        await settled(found, OF_ALL)
        assert await asyncio.to_thread(lambda: "served") == "served"
        found.let_go.set()
        assert (await outcomes(dripping)).count(CROWDED) == 5
        assert found.most == OF_ALL

    with hosts() as found:
        asyncio.run(run())


def test_the_wait_ends_in_one_sentence_and_a_thread_keeps_its_place_until_it_ends(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(fetch_pool, "SECONDS", 0.1)

    async def run() -> None:
        pool = FetchPool(found.fetch)
        dripping = [asyncio.create_task(pool.fetch("drip gone", "192.0.2.1")) for _ in range(OF_ONE + 2)]
        assert set(await outcomes(dripping)) == {LATE}
        with pytest.raises(FetchRefused, match=LATE):
            await pool.fetch("cat", "192.0.2.1")
        assert len(found.begun) == OF_ONE
        found.let_go.set()
        monkeypatch.setattr(fetch_pool, "SECONDS", 30)
        assert await pool.fetch("cat", "192.0.2.1") == b"cat"
        with pytest.raises(FetchRefused, match="gone"):
            await pool.fetch("gone", "192.0.2.1")

    with hosts() as found:
        asyncio.run(run())
    gc.collect()  # at which asyncio would tell of what nobody has asked for
    assert not caplog.records  # the addresses are visitors' own affair
