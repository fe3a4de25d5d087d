"""Waiting for what a thread does, which nobody can end: until then its place is taken, whoever has gone meanwhile."""

import asyncio
from typing import TypeVar

T = TypeVar("T")


async def outcome(work: "asyncio.Future[T]") -> T:
    """What comes of it. Who is cancelled waits for its end all the same, and what it raises then is told to nobody.

    Not by asyncio.shield, which from Python 3.13.4 on has that logged, with a visitor's words in it:
    https://github.com/python/cpython/issues/156321
    """
    try:
        await asyncio.wait({work})
    except asyncio.CancelledError:
        await asyncio.wait({work})
        work.exception()  # or asyncio would log it as what nobody has asked for
        raise
    return work.result()
