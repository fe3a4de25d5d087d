"""Many visitors at once, each with a marker of their own, against the running app with the demo model.

python scripts/load.py [--visitors 1 10 50 100] [--attacked [TEXT …]]

With --attacked, the largest number of them while each attack of scripts/attack does its worst. Printed there: the
slowest whole answer, how many times that of the slowest without an attacker, and what the attack could not do.

Printed else: completed, refused with a notice, failed, cross-talk (another's marker in one's conversation), time to the
first update (which may say that the answer waits in the queue) and to the end of the answer, memory before and after.
"""

import argparse
import asyncio
import contextlib
import multiprocessing
import os
import statistics
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.attack.__main__ import chosen
from scripts.attack.arena import Arena, Case
from scripts.attack.judge import watched
from scripts.visitors import Outcome, Visitor, client, configuration, memory, running_app

TOKENS = 24
HEAD_START = 1.5  # seconds of the attacker, whose process has to begin


async def crowd(url: str, count: int) -> list[Outcome]:
    """One message of each visitor, all at once, each from an address of its own."""
    config = await configuration(url)
    async with contextlib.AsyncExitStack() as open_clients:
        visitors = []
        for number in range(count):
            connections = await open_clients.enter_async_context(client(f"127.1.{number // 250}.{number % 250 + 1}"))
            visitors.append(Visitor(url, config, connections))
        talks = (v.say(f"Say: marker{v.session}", **{"max-tokens": TOKENS}) for v in visitors)
        results = await asyncio.gather(*talks, return_exceptions=True)
    outcomes = [one if isinstance(one, Outcome) else Outcome("failed", notice=repr(one)) for one in results]
    for visitor, outcome in zip(visitors, outcomes, strict=True):
        others = (v.session for v in visitors if v is not visitor)
        if any(other in outcome.shown for other in others):
            outcome.notice = "cross-talk"
    return outcomes


def attack(url: str, case: Case, tells: Connection) -> None:
    """Does one attack, in a process of its own, and tells what it could not do or should not have been able to."""
    seen = asyncio.run(watched(case, Arena.at(url), []))
    tells.send("" if seen.holds else seen.note)


def attacked(url: str, count: int, case: Case) -> tuple[list[Outcome], str]:
    """Crowds of visitors, one after the other, until the attack has ended; at least one. And what it told."""
    hears, tells = multiprocessing.Pipe(duplex=False)
    attacker = multiprocessing.get_context("spawn").Process(target=attack, args=(url, case, tells), daemon=True)
    attacker.start()
    tells.close()
    time.sleep(HEAD_START)
    outcomes = asyncio.run(crowd(url, count))
    while attacker.is_alive():
        outcomes += asyncio.run(crowd(url, count))
    try:
        return outcomes, hears.recv()
    except EOFError:
        return outcomes, f"the attack ended by itself, with {attacker.exitcode}"


def attacked_row(name: str, outcomes: list[Outcome], usual: float) -> str:
    """One line of the table of attacks; `usual` is the slowest whole answer without an attacker, in seconds."""
    states = [outcome.state for outcome in outcomes]
    talk = sum(outcome.notice == "cross-talk" for outcome in outcomes)
    slowest = max((outcome.whole for outcome in outcomes if outcome.whole is not None), default=float("nan"))
    counts = " | ".join(str(states.count(state)) for state in ("completed", "refused", "failed"))
    return f"| {name} | {counts} | {talk} | {slowest:.1f} s | {slowest / usual:.1f} |"


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


def many_visitors(counts: list[int]) -> None:
    """The table of each number of visitors."""
    print("| visitors | completed | refused | failed | cross-talk ", end="")
    print("| first update p50 | p95 | whole answer p50 | p95 | memory |")
    print("|" + "---|" * 10, flush=True)
    with running_app("--max-per-visitor", "1000") as (url, process):
        for count in counts:
            before = memory(process)
            outcomes = asyncio.run(crowd(url, count))
            print(row(count, outcomes, before, memory(process)), flush=True)
            for notice in {outcome.notice for outcome in outcomes if outcome.state != "completed"}:
                print(f"  {notice[:200]}")


def with_attackers(count: int, parts: list[str]) -> None:
    """The table of each attack that needs no app of its own, with so many visitors meanwhile."""
    print(f"| {count} visitors and | completed | refused | failed | cross-talk | slowest answer | times the usual |")
    print("|" + "---|" * 7, flush=True)
    with running_app(log=Path(os.devnull)) as (url, _):
        asyncio.run(crowd(url, 1))  # the first of all is slower than any
        calm = [outcome for _ in range(3) for outcome in asyncio.run(crowd(url, count))]
        usual = max((outcome.whole for outcome in calm if outcome.whole is not None), default=float("nan"))
        print(attacked_row("nobody else", calm, usual), flush=True)
        for case in chosen(parts):
            if case.app == "plain":
                outcomes, told = attacked(url, count, case)
                print(attacked_row(case.name, outcomes, usual), flush=True)
                if told:
                    print(f"  {told}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--visitors", type=int, nargs="+", default=[1, 10, 50, 100])
    parser.add_argument(
        "--attacked",
        nargs="*",
        metavar="TEXT",
        help="while each attack of scripts.attack does its worst, or those named",
    )
    args = parser.parse_args()
    if args.attacked is None:
        many_visitors(args.visitors)
    else:
        with_attackers(max(args.visitors), args.attacked)


if __name__ == "__main__":
    main()
