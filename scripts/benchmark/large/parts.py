"""The rows in the order of what they are worth, so that a run that is cut short has the best of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from backend.engines.local.devices import free_memory
from scripts.benchmark.large import ceilings, graph, plan, prompts, quantized, recorded, sights, stop, talk, tokens
from scripts.benchmark.large.subject import Subject, chosen, making
from scripts.benchmark.report import CannotMeasure, Report
from scripts.benchmark.table import Row

WITH_SMALL = 2.0  # seconds for any part


@dataclass(frozen=True)
class Part:
    """Some rows, and about how many seconds they take with the 24B shape on an H200."""

    name: str
    seconds: float
    rows: Callable[[Subject], Iterator[Row]]


PARTS = (
    Part("what the device reaches", 10, ceilings.rows),
    Part("making the model", 30, making),
    Part("a token", 30, tokens.rows),
    Part("a token as a recorded step", 20, recorded.rows),
    Part("pictures", 20, sights.rows),
    Part("a prompt", 5, prompts.some),
    Part("a long prompt", 20, prompts.many),
    Part("a conversation", 45, talk.rows),
    Part("Stop while a prompt is read", 15, stop.rows),
    Part("peak memory", 10, plan.rows),
    Part("a token in 4 bits", 60, quantized.rows),
    Part("a token as a graph", 110, graph.rows),
)


def measure(report: Report, small: bool, folder: Path) -> None:
    """All parts, each for itself: one that fails says why. `folder` is for files that are gone afterwards."""
    try:
        subject = chosen(small, folder)
    except CannotMeasure as why:
        report.head("random weights")
        report.add(Row("the 24B architecture", "not measured", str(why)))
        return
    report.head(f"{subject.name} with random weights")
    for part in PARTS:
        report.measure(part.name, WITH_SMALL if small else part.seconds, partial(part.rows, subject))
        free_memory()
