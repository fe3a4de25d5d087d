"""Carries out one attack: what the app and an ordinary visitor suffer meanwhile, and whether the row holds."""

import asyncio
import json
import re
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from scripts.attack.arena import Arena, Case, Seen
from scripts.attack.ordinary import PATIENCE
from scripts.visitors import ROOT

WAIT, TIMES = 5.0, 3  # seconds that an ordinary visitor may wait, and times the usual, where that is more
CALM, BEGIN = 3.0, 30.0  # seconds in which the usual is found out; in which the ordinary visitor has begun
STOP_MB = 2_500  # where an attack is broken off
LOG_BYTES = 100_000
SETTLE = 15.0  # seconds in which the app has to come back
TRACE = re.compile(r'Traceback|File \\?"[^"]+", line \d+')  # of Python's own form, of the app's, and within JSON


@dataclass
class Row:
    """What was seen of one case; waits in seconds, memory in MB."""

    case: Case
    note: str = ""
    holds: bool = False
    waits: dict[str, float] = field(default_factory=dict)
    memory: tuple[float, float, float] = (0, 0, 0)
    seconds: float = 0.0
    whole: float = 0.0  # seconds from the row before: the app's start, the attack, and until others were answered
    is_worn: bool = False  # the app: what follows would be judged by what this one did

    def __str__(self) -> str:
        memory = "–" if not self.memory[0] else " / ".join(f"{value:.0f}" for value in self.memory)
        page, answer = (f"{self.waits[what]:.1f} s" if what in self.waits else "–" for what in ("page", "answer"))
        holds = "holds" if self.holds else "**does not hold**"
        cells = (
            f"{self.case.section} {self.case.name}",
            self.note,
            f"{self.seconds:.1f} / {self.whole:.1f}",
            memory,
            page,
            answer,
            holds,
        )
        return f"| {' | '.join(cell.replace('|', '¦').replace(chr(10), ' ') for cell in cells)} |"


HEAD = (
    "| case | what happened | attack / whole row, s | memory before / peak / after, MB "
    + "| slowest page | slowest answer | |\n"
    + "|---" * 7
    + "|"
)


class Ordinary:
    """Somebody who uses the app meanwhile, in a process of their own, from the first attack on it to the last."""

    def __init__(self, arena: Arena) -> None:
        self._kinds = {"page"} if arena.login else {"page", "answer"}
        command = [sys.executable, "-m", "scripts.attack.ordinary", arena.url, *sorted(self._kinds)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self._waits: list[dict[str, Any]] = []
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._waits.append(json.loads(line))

    async def usual(self) -> dict[str, float]:
        """The longest waits while nobody attacks."""
        begun = time.time()
        await asyncio.sleep(CALM)
        await self.comes(begun, BEGIN)
        return slowest(self.since(begun))

    async def comes(self, after: float, seconds: float) -> bool:
        """Whether the page and an answer that were asked for after a time came before long."""
        until = time.monotonic() + seconds
        while {one["what"] for one in list(self._waits) if one["came"] and one["at"] - one["seconds"] >= after} < (
            self._kinds
        ):
            if time.monotonic() > until:
                return False
            await asyncio.sleep(0.05)
        return True

    def since(self, begun: float) -> list[dict[str, Any]]:
        """The waits that ended since then."""
        return [wait for wait in list(self._waits) if wait["at"] > begun]

    def end(self) -> None:
        """What is still waited for has a while to come; then it is told as well."""
        if self._process.poll() is None:
            self._process.terminate()
        self._reading.join(PATIENCE + 10)
        self._process.kill()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()


async def watched(case: Case, arena: Arena, peak: list[float]) -> Seen:
    """The attack, ended where it takes too long or the app's memory runs away."""
    before, begun = arena.megabytes(), time.monotonic()
    task = asyncio.ensure_future(case.attack(arena))
    while not task.done():
        await asyncio.wait({task}, timeout=0.2)
        peak.append(arena.megabytes())
        broken_off = (
            f"broken off at {peak[-1] - before:,.0f} MB more" if peak[-1] - before > STOP_MB
            else f"broken off after {case.seconds:.0f} s" if time.monotonic() - begun > case.seconds else ""
        )  # fmt: skip
        if broken_off and not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=5)
            return Seen(broken_off, False)
    try:
        return task.result()
    except Exception as error:
        return Seen(f"the attack failed: {type(error).__name__}: {str(error)[:120]}", False)


def slowest(waits: list[dict[str, Any]]) -> dict[str, float]:
    """The longest wait of each kind."""
    return {what: max(wait["seconds"] for wait in waits if wait["what"] == what) for what in {w["what"] for w in waits}}


async def judged(case: Case, arena: Arena, other: Ordinary) -> Row:
    """One row of the table, while somebody else is at it."""
    await other.comes(0, BEGIN)
    arena.usual = arena.usual or await other.usual()
    row, peak, printed = Row(case), [arena.megabytes()], len(arena.printed())
    begun = time.time()
    seen = await watched(case, arena, peak)
    ended = time.time()
    row.seconds = ended - begun
    if not (comes_back := await other.comes(ended, SETTLE)):
        await asyncio.to_thread(other.end)
    waits, told = other.since(begun), arena.printed()[printed:]
    row.memory, row.waits = (peak[0], max(peak), arena.megabytes()), slowest(waits)
    faults = [
        *(
            f"the other's {what} took too long"
            for what, wait in row.waits.items()
            if wait > max(WAIT, TIMES * arena.usual.get(what, 0))
        ),
        *({f"the other's {wait['what']} failed" for wait in waits if not wait["came"]}),
        *([f"{max(peak) - peak[0]:,.0f} MB more"] if max(peak) - peak[0] > case.growth else []),
        *([f"a trace in the log: {told[found.start() :][:1_000]}"] if (found := TRACE.search(told)) else []),
        *([f"{len(told) / 1e6:.1f} MB of log"] if len(told) > LOG_BYTES else []),
        *([] if waits else ["nothing is known of others"]),
        *(["nobody was answered afterwards"] if not comes_back else []),
    ]
    row.note = "; ".join([seen.note, *faults])
    row.holds, row.is_worn = seen.holds and not faults, bool(faults)
    return row
