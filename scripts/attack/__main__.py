"""python -m scripts.attack [URL] [--minutes 10] [--only TEXT …] [--out FILE]: the attacks, one row each.

Against the app at URL, which must be on this machine, or against one that it starts. Cases that need an app of another
kind, such as one with a password or with few descriptors, start that in any case. The result is 1 where a row does not
hold.
"""

import argparse
import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from scripts.attack import (
    crowding,
    documents,
    fetching,
    filling,
    forgetting,
    holding,
    pictures,
    programs,
    refusing,
    smaller,
    standing,
    words,
)
from scripts.attack.apps import own_app
from scripts.attack.arena import Arena, Case
from scripts.attack.judge import HEAD, Ordinary, Row, judged

MODULES = (
    fetching,
    standing,
    crowding,
    pictures,
    documents,
    filling,
    holding,
    forgetting,
    smaller,
    refusing,
    words,
    programs,
)
CASES: tuple[Case, ...] = tuple(case for module in MODULES for case in module.CASES)


def chosen(parts: list[str]) -> list[Case]:
    """Those whose section or name has one of these in it, those that share an app beside each other."""
    kinds = list(dict.fromkeys(case.app for case in CASES))
    found = [case for case in CASES if not parts or any(part in f"{case.section} {case.name}" for part in parts)]
    return sorted(found, key=lambda case: kinds.index(case.app))


def rows(cases: list[Case], url: str | None, until: float) -> Iterator[Row]:
    """One after the other, with the time that each took. An own app that has suffered is replaced."""
    begun = time.monotonic()
    for row in _rows(cases, url, until):
        row.whole, begun = time.monotonic() - begun, time.monotonic()
        yield row


def _rows(cases: list[Case], url: str | None, until: float) -> Iterator[Row]:
    waiting, usual = list(cases), dict[str, float]()  # of an app that is not replaced
    while waiting:
        kind = waiting[0].app
        with contextlib.ExitStack() as stack:
            try:
                given = url if kind == "plain" else None
                arena = Arena.at(given) if given else stack.enter_context(own_app(kind))
            except RuntimeError as error:
                yield Row(waiting.pop(0), str(error))
                continue
            arena.usual = usual if given else {}
            other = Ordinary(arena)
            stack.callback(other.end)
            while waiting and waiting[0].app == kind:
                case = waiting.pop(0)
                if time.monotonic() + case.seconds > until:
                    yield Row(case, "not tried: the time was over")
                    continue
                row = asyncio.run(judged(case, arena, other))
                usual = arena.usual if given else usual
                yield row
                if row.is_worn:
                    break


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("url", nargs="?")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--only", nargs="*", default=[], metavar="TEXT")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the app that was started ends too
    held, lines, begun = [], [HEAD], time.monotonic()
    print(HEAD, flush=True)
    for row in rows(chosen(args.only), args.url, time.monotonic() + args.minutes * 60):
        held.append(row.holds)
        lines.append(str(row))
        print(row, flush=True)
        if args.out:
            args.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"\n{sum(held)} of {len(held)} hold; {(time.monotonic() - begun) / 60:.1f} minutes.")
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
