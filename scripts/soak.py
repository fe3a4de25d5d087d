"""Mixed requests one after another, one in ten of them aborted, some with pictures: does anything grow?

python scripts/soak.py [--requests 1000] [--minutes 60] [--warm-up 4500]

Printed: memory, threads, open files, and what lies on the disk, before and after, and the growth of each in an hour.
Of memory the least counts that was seen in the time in which the app gives some back to the system, not the moment.
"""

import argparse
import asyncio
import contextlib
import io
import itertools
import math
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import psutil
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.visitors import Visitor, client, configuration, memory, running_app

TEXTS = ("Hello", "What can you do?", "Say: tree", "word " * 300, "Count from 3 to 9.", " ", "[INST]<s>")
WARM_UP = 4_500  # fills what has a bound, such as what 4,000 pages are yet to be told: the rest is what grows
FILES, OF_ONE = 7_000, 10  # the same for the disk: more files than there is room for, and of one upload
CACHE_MB, DISK_MB = 50, 100
AT_ONCE = 4
GIVEN_BACK = 320  # seconds, in which the app surely gives back once
META = {"_type": "gradio.FileData"}


def picture(rng: random.Random) -> bytes:
    """One that nobody has sent before."""
    file = io.BytesIO()
    colour = (rng.randrange(256), rng.randrange(256), rng.randrange(256))
    Image.new("RGB", (rng.randrange(20, 400), 60), colour).save(file, "PNG")
    return file.getvalue()


async def one(page: Visitor, rng: random.Random) -> str:
    """How one request ended."""
    message: dict[str, object] = {"text": rng.choice(TEXTS), "files": []}
    if rng.random() < 0.1:
        sent = await page.client.post(f"{page.url}/gradio_api/upload", files={"files": ("a.png", picture(rng))})
        message["files"] = [{"path": path, "orig_name": "a.png", "meta": META} for path in sent.json()]
    talk = page.say("", message=message, **{"max-tokens": rng.choice((1, 8, 32))})
    if rng.random() >= 0.1:
        return (await talk).state
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(talk, rng.uniform(0.01, 0.3))
    return "aborted"


async def fill(url: str) -> None:
    """Uploads until the oldest have to go."""
    async with client() as connections:
        for first in range(0, FILES, OF_ONE):
            files = [("files", ("a.txt", str(number).encode())) for number in range(first, first + OF_ONE)]
            (await connections.post(f"{url}/gradio_api/upload", files=files)).raise_for_status()


async def requests(url: str, rounds: Iterable[int], seed: int) -> Counter[str]:
    """How the requests ended."""
    rng, config, ends = random.Random(seed), await configuration(url), Counter[str]()
    left = iter(rounds)
    async with client() as connections:

        async def visitor() -> None:
            for _ in left:
                ends[await one(Visitor(url, config, connections), rng)] += 1

        await asyncio.gather(*(visitor() for _ in range(AT_ONCE)))
    return ends


def until(seconds: float) -> Iterable[int]:
    """Numbers until the time is over."""
    end = time.monotonic() + seconds
    return itertools.takewhile(lambda _: time.monotonic() < end, itertools.count())


async def lowest_memory(process: psutil.Process, work: Awaitable[object]) -> float:
    """Megabytes of the app while this goes on."""
    working, least = asyncio.ensure_future(work), math.inf
    while True:
        with contextlib.suppress(psutil.NoSuchProcess):  # a helper process has just been replaced
            least = min(least, memory(process))
        if working.done():
            break
        await asyncio.wait((working,), timeout=5)
    await working
    return least


def measured(process: psutil.Process, folder: Path) -> dict[str, float]:
    """What the app has now: of it and its helper processes, and of its temporary folder."""
    open_files = list(_known(each.num_fds for each in (process, *process.children(recursive=True))))
    sizes = list(_known(partial(_size, path) for path in folder.rglob("*") if path.is_file()))
    return {
        "threads": process.num_threads(),
        "processes": len(open_files),
        "open files and connections": sum(open_files),
        "temporary files": len(sizes),
        "disk, MB": sum(sizes) / 1e6,
    }


def _size(path: Path) -> int:
    return path.stat().st_size


def _known(counts: Iterable[Callable[[], int]]) -> Iterator[int]:
    """Of those that are still there: a helper process may be replaced, and a file go, meanwhile."""
    for count in counts:
        with contextlib.suppress(psutil.NoSuchProcess, FileNotFoundError):
            yield count()


def settled(url: str, process: psutil.Process, folder: Path, seed: int) -> dict[str, float]:
    """The same and the memory, after some minutes of requests."""
    least = asyncio.run(lowest_memory(process, requests(url, until(GIVEN_BACK), seed)))
    return {"memory, MB": least} | measured(process, folder)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--minutes", type=float, help="as many requests as this takes")
    parser.add_argument("--warm-up", type=int, default=WARM_UP, help="requests before the first measurement")
    args = parser.parse_args()
    options = ("--max-per-visitor", "1000", "--cache-mb", str(CACHE_MB), "--max-disk-mb", str(DISK_MB))
    with (
        tempfile.TemporaryDirectory() as name,
        running_app(*options, TMPDIR=name, GRADIO_TEMP_DIR=name) as (url, process),
    ):
        asyncio.run(fill(url))
        asyncio.run(requests(url, range(args.warm_up), 0))
        before, begun = settled(url, process, Path(name), 1), time.monotonic()
        rounds = range(args.requests) if args.minutes is None else until(args.minutes * 60)
        ends = asyncio.run(requests(url, rounds, 2))
        after = settled(url, process, Path(name), 3)
        hours = (time.monotonic() - begun) / 3600
    print("| what | before | after | growth | in an hour |\n|---|---|---|---|---|")
    for what, first in before.items():
        grown = after[what] - first
        print(f"| {what} | {first:.1f} | {after[what]:.1f} | {grown:.1f} | {grown / hours:.1f} |")
    print(f"\n{sum(ends.values())} requests in {hours * 60:.1f} minutes: {dict(ends)}")


if __name__ == "__main__":
    main()
