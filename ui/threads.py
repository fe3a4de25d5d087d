"""Threads for what a person's events wait for: pictures, disks, tools.

They are apart from those that render answers and serve files, or slow addresses of pictures would hold up everybody.
"""

import asyncio
import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from anyio import CapacityLimiter, to_thread

P = ParamSpec("P")
T = TypeVar("T")
THREADS = 128
_LIMITERS: WeakKeyDictionary[asyncio.AbstractEventLoop, CapacityLimiter] = WeakKeyDictionary()


async def in_thread(function: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """What the function returns or raises, run in one of THREADS threads with this task's context."""
    limiter = _LIMITERS.setdefault(asyncio.get_running_loop(), CapacityLimiter(THREADS))
    return await to_thread.run_sync(functools.partial(function, *given, **named), limiter=limiter)
