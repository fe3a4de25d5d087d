"""What the parts of the benchmark share: the model that is measured, a row of the table, and how times stand in it."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backend.engines.local.engine import LocalEngine
    from backend.engines.local.loading import LoadedModel

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Bench:
    """What is measured: an engine and its model, on so many threads."""

    engine: "LocalEngine"
    loaded: "LoadedModel"
    threads: int
    folder: Path  # for files that are gone afterwards


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    what: str
    measured: str
    ratio: str

    def __str__(self) -> str:
        return f"| {self.what} | {self.measured} | {self.ratio} |"


def middle(seconds: Sequence[float], digits: int = 1) -> str:
    """The median in ms, and between what the middle half of the measurements lies."""
    low, median, high = (part * 1000 for part in statistics.quantiles(seconds, n=4, method="inclusive"))
    return f"{median:.{digits}f} ms (the middle half of {len(seconds)}: {low:.{digits}f} to {high:.{digits}f})"
