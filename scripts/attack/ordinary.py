"""python -m scripts.attack.ordinary URL: an ordinary visitor, who loads the page and asks, over and over.

A process of its own, so that the attacker's work does not slow it. Each wait is a line of JSON: when it ended (by the
machine's clock), what was waited for, for how long in seconds, and whether it came. What is still waited for when the
process is told to end is a line too, as if it came then.
"""

import asyncio
import json
import signal
import sys
import time
from dataclasses import asdict, dataclass

from scripts.attack.arena import ORDINARY, Arena
from scripts.visitors import Visitor

PAUSE = 0.4


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


async def again_and_again(what: str, arena: Arena, pending: dict[str, float]) -> None:
    """Waits for it, tells how long that took, and so on."""
    while True:
        begun = pending[what] = time.time()
        try:
            async with asyncio.timeout(120), arena.client(ORDINARY) as client:
                if what == "page":
                    came = (await client.get("/")).status_code == 200
                else:
                    arena.config = arena.config or (await client.get("/config")).json()
                    came = (
                        await Visitor(arena.url, arena.config, client).say("Hello", **{"max-tokens": 4})
                    ).state == "completed"
        except Exception:  # whatever it is, nothing came
            came = False
        now = time.time()
        say(Wait(now, what, now - begun, came))
        pending.pop(what)
        await asyncio.sleep(PAUSE)


async def main(url: str, kinds: list[str]) -> None:
    """Until it is told to end."""
    arena, pending = Arena(url), dict[str, float]()
    work = asyncio.gather(*(again_and_again(kind, arena, pending) for kind in kinds))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, work.cancel)
    try:
        await work
    except asyncio.CancelledError:
        for what, begun in pending.items():
            say(Wait(time.time(), what, time.time() - begun, True))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2:] or ["page", "answer"]))
