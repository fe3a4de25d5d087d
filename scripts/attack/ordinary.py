"""python -m scripts.attack.ordinary URL: an ordinary visitor, who loads the page and asks, over and over.

A process of its own, so that the attacker's work does not slow it. Each wait is a line of JSON: when it ended (by the
machine's clock), what was waited for, for how long in seconds, and whether it came. What is still waited for when the
process is told to end has PATIENCE seconds to come.
"""

import asyncio
import json
import signal
import sys
import time
from dataclasses import asdict, dataclass

from scripts.attack.arena import ORDINARY, Arena
from scripts.visitors import Visitor

PAUSE, PATIENCE = 0.4, 15.0


@dataclass
class Wait:
    """One: `what` is "page" or "answer"."""

    at: float
    what: str
    seconds: float
    came: bool


def say(wait: Wait) -> None:
    """One line."""
    print(json.dumps(asdict(wait)), flush=True)


async def again_and_again(what: str, arena: Arena, ending: asyncio.Event) -> None:
    """Waits for it, tells how long that took, and so on until the end."""
    while not ending.is_set():
        begun = time.time()
        waiting = asyncio.create_task(comes(what, arena))
        over = asyncio.create_task(ending.wait())
        await asyncio.wait({waiting, over}, return_when=asyncio.FIRST_COMPLETED)
        over.cancel()
        if not waiting.done():
            await asyncio.wait({waiting}, timeout=PATIENCE)
        came = waiting.done() and waiting.result()
        waiting.cancel()
        say(Wait(time.time(), what, time.time() - begun, came))
        await asyncio.sleep(PAUSE)


async def comes(what: str, arena: Arena) -> bool:
    """Whether it is there in two minutes."""
    try:
        async with asyncio.timeout(120), arena.client(ORDINARY) as client:
            if what == "page":
                return (await client.get("/")).status_code == 200
            arena.config = arena.config or (await client.get("/config")).json()
            said = await Visitor(arena.url, arena.config, client).say("Hello", **{"max-tokens": 4})
            return said.state == "completed"
    except Exception:  # whatever it is, nothing came
        return False


async def main(url: str, kinds: list[str]) -> None:
    """Until it is told to end."""
    arena, ending = Arena(url), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)
    await asyncio.gather(*(again_and_again(kind, arena, ending) for kind in kinds))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2:] or ["page", "answer"]))
