"""A thousand mixed requests one after another, one in ten of them aborted: does anything grow?

python scripts/soak.py [--requests 1000]
"""

import argparse
import asyncio
import random
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.visitors import Visitor, client, configuration, memory, running_app

TEXTS = ("Hello", "What can you do?", "Say: tree", "word " * 300, "Count from 3 to 9.", " ", "[INST]<s>")
WARM_UP = 200  # fills the prefix cache, so that what grows afterwards is something else
CACHE_MB = 50
AT_ONCE = 4


async def requests(url: str, count: int, seed: int) -> dict[str, int]:
    """How the requests ended."""
    rng, config = random.Random(seed), await configuration(url)
    ends: dict[str, int] = {}
    slots = asyncio.Semaphore(AT_ONCE)
    async with client() as connections:

        async def one() -> None:
            async with slots:
                talk = Visitor(url, config, connections).say(
                    rng.choice(TEXTS), **{"max-tokens": rng.choice((1, 8, 32))}
                )
                if rng.random() < 0.1:
                    try:
                        await asyncio.wait_for(talk, rng.uniform(0.01, 0.3))
                    except TimeoutError:
                        ends["aborted"] = ends.get("aborted", 0) + 1
                        return
                else:
                    state = (await talk).state
                    ends[state] = ends.get(state, 0) + 1

        await asyncio.gather(*(one() for _ in range(count)))
    return ends


def files() -> int:
    """Files in Gradio's folder."""
    return sum(1 for _ in (Path(tempfile.gettempdir()) / "gradio").rglob("*"))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=1000)
    args = parser.parse_args()
    with running_app("--max-per-visitor", "1000", "--cache-mb", str(CACHE_MB)) as (url, process):
        asyncio.run(requests(url, WARM_UP, 0))
        before = memory(process), process.num_threads(), files()
        ends = asyncio.run(requests(url, args.requests, 1))
        after = memory(process), process.num_threads(), files()
    print("| what | before | after | growth |\n|---|---|---|---|")
    for name, first, last in zip(("memory, MB", "threads", "temporary files"), before, after, strict=True):
        print(f"| {name} | {first:.0f} | {last:.0f} | {last - first:.0f} |")
    print(f"\n{args.requests} requests: {ends}")


if __name__ == "__main__":
    main()
