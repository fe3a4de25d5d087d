"""Threads for what events wait for: one visitor has a few, and others find theirs."""

import asyncio
import gc
import threading

import pytest

from backend.sandbox.caller import CALLER
from ui.threads import OF_ONE, THREADS, in_thread


def test_one_visitor_waits_for_a_few_threads_and_nobody_else_does() -> None:
    end, running = threading.Event(), 0

    def holds() -> None:
        nonlocal running
        running += 1
        end.wait(20)

    async def asks(caller: str) -> None:
        CALLER.set(caller)
        await in_thread(holds)

    async def crowd() -> tuple[int, int]:
        tasks = [asyncio.create_task(asks("one")) for _ in range(2 * THREADS)]
        while running < OF_ONE:
            await asyncio.sleep(0.01)
        tasks += [asyncio.create_task(asks("another")), asyncio.create_task(asks(""))]
        while running < OF_ONE + 2:
            await asyncio.sleep(0.01)
        reached = running
        end.set()
        await asyncio.gather(*tasks)
        return reached, running

    assert asyncio.run(crowd()) == (OF_ONE + 2, 2 * THREADS + 2)


def test_who_is_cancelled_gets_no_more_threads_while_theirs_run_on() -> None:
    end, running = threading.Event(), 0

    def holds() -> None:
        nonlocal running
        running += 1
        end.wait(20)

    async def cancels() -> int:
        CALLER.set("one")
        for _ in range(3):
            tasks = [asyncio.create_task(in_thread(holds)) for _ in range(OF_ONE)]
            while running < OF_ONE:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.1)
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
            assert all(isinstance(each, asyncio.CancelledError) for each in ends)
        reached = running
        end.set()
        await in_thread(holds)
        return reached

    assert asyncio.run(cancels()) == OF_ONE
    assert running == OF_ONE + 1  # who was cancelled while they waited has nothing done for them


def test_what_goes_wrong_for_who_was_cancelled_is_not_told_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    begun, end = threading.Event(), threading.Event()

    def fails() -> None:
        begun.set()
        end.wait(20)
        raise ValueError("a visitor's words")

    async def cancels() -> None:
        CALLER.set("one")
        task = asyncio.create_task(in_thread(fails))
        while not begun.is_set():
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        end.set()
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others)

    asyncio.run(cancels())
    gc.collect()  # only then would asyncio tell of it
    assert not caplog.records
