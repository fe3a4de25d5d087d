"""The first token, early and late in one conversation with three pictures."""

from collections.abc import Iterator
from contextlib import closing

from backend.engines.local.engine import LocalEngine
from scripts.benchmark.conversation import TURNS, late_row, naive_row, picture_files, talks
from scripts.benchmark.large.subject import Subject
from scripts.benchmark.table import Row


def rows(subject: Subject) -> Iterator[Row]:
    """Of the app, beside an earlier turn and beside a history that is read anew."""
    with closing(LocalEngine(subject.loaded)) as engine:
        times = talks(engine, subject.loaded, picture_files(subject.folder), 1)
    yield late_row(f"first token, turn {TURNS} of turn 2, 3 pictures", times)
    yield naive_row(f"first token, turn {TURNS}, where the history is read anew, of ours", times)
