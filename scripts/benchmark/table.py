"""What the parts of the benchmark share: the model that is measured, and a row of the table."""

from dataclasses import dataclass
from pathlib import Path

from backend.loading import LoadedModel
from backend.local_engine import LocalEngine

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Bench:
    """What is measured: an engine and its model, on so many threads, with answers of so many tokens."""

    engine: LocalEngine
    loaded: LoadedModel
    threads: int
    tokens: int
    folder: Path  # for files that are gone afterwards


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    what: str
    measured: str
    ratio: str

    def __str__(self) -> str:
        return f"| {self.what} | {self.measured} | {self.ratio} |"
