"""Threads for what a person's events wait for: pictures, disks, tools.

They are apart from those that render answers and serve files, or slow addresses of pictures would hold up everybody.
One visitor has a few of them, and waits for those.
"""

import asyncio
import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar
from weakref import WeakKeyDictionary, WeakValueDictionary

from anyio import CapacityLimiter, to_thread

from backend.sandbox.caller import CALLER

P = ParamSpec("P")
T = TypeVar("T")
THREADS, OF_ONE = 128, 8  # of all visitors, and of one
Turns = WeakValueDictionary[str, asyncio.Semaphore]  # by address
_LIMITERS: WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[CapacityLimiter, Turns]] = WeakKeyDictionary()


async def in_thread(function: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """What the function returns or raises, run in one of THREADS threads with this task's context."""
    limiter, turns = _LIMITERS.setdefault(asyncio.get_running_loop(), (CapacityLimiter(THREADS), Turns()))
    call = functools.partial(function, *given, **named)
    if not (caller := CALLER.get()):
        return await to_thread.run_sync(call, limiter=limiter)
    async with turns.setdefault(caller, asyncio.Semaphore(OF_ONE)):
        return await to_thread.run_sync(call, limiter=limiter)
