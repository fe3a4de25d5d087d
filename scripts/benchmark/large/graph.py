"""A token as a graph: what transformers compiles by itself for a static cache. The first answer takes a minute."""

import time
from collections.abc import Iterator

from scripts.benchmark.large.subject import Subject
from scripts.benchmark.large.tokens import RUNS, asked, beside_bandwidth, decode_seconds
from scripts.benchmark.table import Row


def rows(subject: Subject) -> Iterator[Row]:
    """The model is made anew where an earlier row has changed it."""
    if not subject.model:
        subject.make()
    start = time.perf_counter()
    _seconds(subject)
    first = time.perf_counter() - start
    row = beside_bandwidth(
        subject, "a token in bf16, static cache and torch.compile", min(_seconds(subject) for _ in range(RUNS))
    )
    how = f"the first answer took {first:.0f} s" if subject.device.type == "cuda" else "not compiled without a GPU"
    yield Row(row.what, f"{row.measured}; {how}", row.ratio)


def _seconds(subject: Subject) -> float:
    return decode_seconds(subject.loaded, asked(subject), cache_implementation="static")
