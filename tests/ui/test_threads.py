"""Threads for what events wait for: one visitor has a few, and others find theirs."""

import asyncio
import threading

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
