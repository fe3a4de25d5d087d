"""Threads for what a person's events wait for: pictures, disks, tools.

They are apart from those that render answers and serve files, or slow addresses of pictures would hold up everybody.
One visitor has a few of them, and waits for those; and one of those for drawing conversations. That takes seconds of
the worst, and all that time the interpreter: others' events would have what several of them leave.
"""

import asyncio
import functools
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from anyio import CapacityLimiter, to_thread

from backend.sandbox.caller import CALLER
from backend.sandbox.threads import outcome
from web.incoming.turns import Turns

P = ParamSpec("P")
T = TypeVar("T")
THREADS, OF_ONE, DRAWING = 128, 8, 1  # of all visitors, of one, and of those the ones that draw


@dataclass(frozen=True)
class _Limits:
    """Those of one event loop."""

    everyone: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(THREADS))
    of_one: Turns = field(default_factory=lambda: Turns(OF_ONE))
    drawing: Turns = field(default_factory=lambda: Turns(DRAWING))

    def of(self, caller: str, draws: bool) -> list[asyncio.Semaphore]:
        """What is to be waited for, in this order: who waits to draw takes no thread from their other events."""
        own = [self.drawing.of(caller), self.of_one.of(caller)] if draws else [self.of_one.of(caller)]
        return [*(own if caller else ()), self.everyone]


_LIMITS: WeakKeyDictionary[asyncio.AbstractEventLoop, _Limits] = WeakKeyDictionary()


async def in_thread(function: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """What the function returns or raises, run in one of THREADS threads with this task's context.

    Who is cancelled waits no longer, and a thread that has begun for them is taken until it has come to its end.
    """
    return await _outlived(functools.partial(function, *given, **named), draws=False)


async def drawn_in_thread(function: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """The same for what makes HTML of a conversation, or of a long answer: of one visitor one at a time."""
    return await _outlived(functools.partial(function, *given, **named), draws=True)


async def _outlived(call: Callable[[], T], draws: bool) -> T:
    limits = _LIMITS.setdefault(asyncio.get_running_loop(), _Limits())
    running = asyncio.ensure_future(_run(call, limits.of(CALLER.get(), draws)))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        running.cancel()
        raise


async def _run(call: Callable[[], T], turns: list[asyncio.Semaphore]) -> T:
    async with AsyncExitStack() as taken:
        for turn in turns:
            await taken.enter_async_context(turn)
        return await outcome(asyncio.ensure_future(to_thread.run_sync(call, limiter=CapacityLimiter(1))))
