"""A token as the app's own recorded step: a CUDA graph on a GPU, beside forward passes over the same tokens."""

from collections.abc import Iterator
from contextlib import closing

from backend.engines.local.decode.proof import alike, compared
from backend.engines.local.decode.steps import SMALLEST, Steps
from backend.engines.local.engine import LocalEngine
from scripts.benchmark.large.subject import Subject
from scripts.benchmark.large.tokens import asked, beside_bandwidth, engine_seconds
from scripts.benchmark.table import Row

ROOMS = (SMALLEST, 4 * SMALLEST)  # tokens


def rows(subject: Subject) -> Iterator[Row]:
    """Alone, in a small room and in a larger one, and through the engine as the app loads it."""
    for room in ROOMS:
        steps = Steps(subject.loaded.model, room)
        steps_tried, passes = compared(subject.loaded, steps)
        same = "the same tokens" if alike(steps_tried, passes) else "other tokens"
        row = beside_bandwidth(subject, f"a token as a recorded step, room for {room:,}", steps_tried.seconds)
        yield Row(row.what, f"{row.measured}; {same} as forward passes, {passes.seconds * 1000:.2f} ms", row.ratio)
        steps.clear()
    with closing(LocalEngine(subject.loaded, decode="graph")) as engine:
        ours = engine_seconds(engine, asked(subject))
        how = "recorded" if engine._steps else "forward passes"
    yield beside_bandwidth(subject, f"a token through the engine with --decode graph, {how}", ours)
