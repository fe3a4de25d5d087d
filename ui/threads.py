"""Threads for what a person's events wait for: pictures, disks, tools.

They are apart from those that render answers and serve files, or slow addresses of pictures would hold up everybody.
One visitor has a few of them, and waits for those.
"""

import asyncio
import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from anyio import CapacityLimiter, to_thread

from backend.sandbox.caller import CALLER
from backend.sandbox.threads import outcome
from web.incoming.turns import Turns

P = ParamSpec("P")
T = TypeVar("T")
THREADS, OF_ONE = 128, 8  # of all visitors, and of one
_LIMITERS: WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[asyncio.Semaphore, Turns]] = WeakKeyDictionary()


async def in_thread(function: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """What the function returns or raises, run in one of THREADS threads with this task's context.

    Who is cancelled waits no longer, and a thread that has begun for them is taken until it has come to its end.
    """
    everyone, turns = _LIMITERS.setdefault(asyncio.get_running_loop(), (asyncio.Semaphore(THREADS), Turns(OF_ONE)))
    caller = CALLER.get()
    turn = turns.of(caller) if caller else asyncio.Semaphore()
    running = asyncio.ensure_future(_run(functools.partial(function, *given, **named), turn, everyone))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        running.cancel()
        raise


async def _run(call: Callable[[], T], turn: asyncio.Semaphore, everyone: asyncio.Semaphore) -> T:
    async with turn, everyone:
        return await outcome(asyncio.ensure_future(to_thread.run_sync(call, limiter=CapacityLimiter(1))))
