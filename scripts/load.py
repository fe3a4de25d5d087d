"""Many visitors at once, each with a marker of their own, against the running app with the demo model.

python scripts/load.py [--visitors 1 10 50 100]

Printed: completed, refused with a notice, failed, cross-talk (another's marker in one's conversation), time to the
first update (which may say that the answer waits in the queue) and to the end of the answer, memory before and after.
"""

import argparse
import asyncio
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.visitors import Outcome, Visitor, client, configuration, memory, running_app

TOKENS = 24


async def crowd(url: str, count: int) -> list[Outcome]:
    """One message of each visitor, all at once."""
    config = await configuration(url)
    async with client() as connections:
        visitors = [Visitor(url, config, connections) for _ in range(count)]
        talks = (v.say(f"Say: marker{v.session}", **{"max-tokens": TOKENS}) for v in visitors)
        outcomes = await asyncio.gather(*talks)
    for visitor, outcome in zip(visitors, outcomes, strict=True):
        others = (v.session for v in visitors if v is not visitor)
        if any(other in outcome.shown for other in others):
            outcome.notice = "cross-talk"
    return list(outcomes)


def middle(seconds: list[float]) -> str:
    """The median."""
    return f"{statistics.median(seconds):.1f} s" if seconds else "-"


def late(seconds: list[float]) -> str:
    """What all but one in twenty stay below."""
    return f"{sorted(seconds)[int(0.95 * (len(seconds) - 1))]:.1f} s" if seconds else "-"


def row(count: int, outcomes: list[Outcome], before: float, after: float) -> str:
    """One line of the table."""
    states = [outcome.state for outcome in outcomes]
    first = [outcome.seconds for outcome in outcomes if outcome.seconds is not None]
    whole = [outcome.whole for outcome in outcomes if outcome.whole is not None]
    talk = sum(outcome.notice == "cross-talk" for outcome in outcomes)
    return (
        f"| {count} | {states.count('completed')} | {states.count('refused')} | {states.count('failed')} | {talk} "
        f"| {middle(first)} | {late(first)} | {middle(whole)} | {late(whole)} | {before:.0f} to {after:.0f} MB |"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--visitors", type=int, nargs="+", default=[1, 10, 50, 100])
    args = parser.parse_args()
    print("| visitors | completed | refused | failed | cross-talk ", end="")
    print("| first update p50 | p95 | whole answer p50 | p95 | memory |")
    print("|" + "---|" * 10, flush=True)
    with running_app("--max-per-visitor", "1000") as (url, process):
        for count in args.visitors:
            before = memory(process)
            outcomes = asyncio.run(crowd(url, count))
            print(row(count, outcomes, before, memory(process)), flush=True)
            for notice in {outcome.notice for outcome in outcomes if outcome.state != "completed"}:
                print(f"  {notice[:200]}")


if __name__ == "__main__":
    main()
