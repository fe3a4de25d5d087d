"""Where rows go as soon as they are known: onto the screen, and into a file of which nothing is lost when a run is cut.

A run has an end by the clock: what takes longer than is left is not begun, and what hangs then is cut off.
"""

import faulthandler
import json
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from scripts.benchmark import BEGUN
from scripts.benchmark.table import Row

CUT_OFF = 3  # the process' exit status
LAST_WORDS = 1.0  # seconds before the end, in which the row that is cut off is told of


class CannotMeasure(Exception):
    """What a row lacks here, in a few words; no fault."""


@dataclass(frozen=True)
class Limit:
    """Seconds for all, from the process's start on."""

    seconds: float = float("inf")

    @property
    def left(self) -> float:
        """Seconds until the end."""
        return BEGUN + self.seconds - time.monotonic()


class Report:
    """Rows, each printed and appended to the file at once. Another thread ends the process when the time is over."""

    def __init__(self, file: Path | None = None, limit: Limit | None = None) -> None:
        """`file` takes a row as a line of JSON, after what it holds already."""
        self.limit = limit or Limit()
        self.failed = False
        self._file = file
        self._lock = threading.Lock()
        self._under_way, self._since = "the start", BEGUN
        self._timer: threading.Timer | None = None
        if self.limit.left < float("inf"):
            self._watch()

    def close(self) -> None:
        """All is told in time. A process that hangs in its exit is ended by the clock still."""
        if self._timer:
            self._timer.cancel()

    def head(self, model: str) -> None:
        """The table's first lines."""
        print(f"| what | measured, {model} | ratio or target |\n|---|---|---|", flush=True)

    def add(self, row: Row) -> None:
        """With the seconds since the last one, or since `measure` began."""
        with self._lock:
            self._write(row)

    def measure(self, name: str, needed: float, rows: Callable[[], Iterable[Row]]) -> None:
        """Adds what `rows` yields, one by one; where it fails, why. It is not begun in less than `needed` s."""
        if (left := self.limit.left) < needed:
            self.add(Row(name, "left out", f"{left:.0f} s left, about {needed:.0f} needed"))
            return
        self._under_way, self._since = name, time.monotonic()
        try:
            for row in rows():
                self.add(row)
        except CannotMeasure as why:
            self.add(Row(name, "not measured", str(why)))
        except Exception as error:
            self.failed = True
            traceback.print_exc()
            self.add(Row(name, "failed", _why(error)))
        self._under_way = f"what comes after {name}"

    def _write(self, row: Row) -> None:
        """The file first: printing may wait for whoever reads."""
        now = time.monotonic()
        if self._file:
            values = {"row": row.what, "measured": row.measured, "ratio": row.ratio}
            line = json.dumps(values | {"seconds": round(now - self._since, 2)}, ensure_ascii=False)
            with self._file.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        self._since = now
        try:
            print(row, flush=True)
        except BrokenPipeError:  # whoever read is gone
            if not self._file:
                raise
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def _watch(self) -> None:
        """The second of the two needs no turn of Python's, which a row that hangs in a library may never give."""
        left = max(self.limit.left, 2 * LAST_WORDS)
        self._timer = threading.Timer(left - LAST_WORDS, self._cut_off)
        self._timer.daemon = True
        self._timer.start()
        faulthandler.dump_traceback_later(left, exit=True)

    def _cut_off(self) -> None:
        self._lock.acquire(timeout=LAST_WORDS / 2)
        self._write(Row(self._under_way, "cut off", f"{self.limit.seconds:.0f} s are over"))
        sys.stderr.flush()
        os._exit(CUT_OFF)


def _why(error: BaseException) -> str:
    """One line of what it began with, without what would end a cell of the table."""
    while error.__cause__:
        error = error.__cause__
    first = (str(error).splitlines() or [""])[0].replace("|", "/")
    return f"{type(error).__name__}: {first}" if first else type(error).__name__
