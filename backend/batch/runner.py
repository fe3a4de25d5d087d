"""Runs a task over items with an engine, one after the other or several at once. Knows neither files nor pages."""

import logging
import threading
import time
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from itertools import islice

from backend.batch.values import Item, Row, Task, fields_of, least_sure
from backend.chat.errors import FAULT, EngineUnavailable, UserError, trace
from backend.chat.messages import Finished
from backend.chat.parts import Part
from backend.chat.request import Scored, TextDelta
from backend.chat.scores import TokenScore
from backend.engines.engine import Engine
from backend.turn import EMPTY_NOTE, ENDING_NOTES

NO_JSON = "The answer isn't JSON in the schema. Try again, or use a simpler schema."
Opened = Callable[[Item], AbstractContextManager[tuple[Part, ...]]]  # raises UserError where the item can't be used

log = logging.getLogger(__name__)


def run(
    engine: Engine, task: Task, items: Iterable[Item], opened: Opened, parallel: int = 1, owner: str = ""
) -> Generator[Row, None, None]:
    """Yields a row for each item as it is done; `parallel` are asked at once. Closing it stops those under way.

    An item that can't be used, or whose answer fails, is a row with an error. Raises EngineUnavailable where no further
    item could be answered.
    """
    stop, source = threading.Event(), iter(items)
    with ThreadPoolExecutor(parallel, thread_name_prefix="batch") as threads:

        def begin(count: int) -> set[Future[Row]]:
            return {threads.submit(answer, engine, task, item, opened, stop, owner) for item in islice(source, count)}

        waiting = begin(parallel)
        try:
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                waiting |= begin(len(done))
                for job in done:
                    yield job.result()
        finally:
            stop.set()


def answer(engine: Engine, task: Task, item: Item, opened: Opened, stop: threading.Event, owner: str = "") -> Row:
    """The row of one item; a row that is still "running" where it was told to stop. Raises EngineUnavailable."""
    row, begun = Row(item, "running"), time.perf_counter()
    try:
        with opened(item) as parts:
            row = _asked(engine, task, row, parts, stop, owner)
    except EngineUnavailable:
        raise
    except UserError as error:
        row = row.failed(str(error))
    except Exception as error:  # one item of many: the others go on, and it is told
        log.error("an item of a batch failed: %s", trace(error))
        row = row.failed(FAULT)
    return replace(row, seconds=time.perf_counter() - begun)


def _asked(engine: Engine, task: Task, row: Row, parts: tuple[Part, ...], stop: threading.Event, owner: str) -> Row:
    texts: list[str] = []
    scores: tuple[TokenScore, ...] = ()
    end: Finished | None = None
    with closing(engine.stream(task.request(parts, owner))) as events:
        for event in events:
            if stop.is_set():
                return row
            if isinstance(event, TextDelta):
                texts.append(event.text)
            elif isinstance(event, Scored):
                scores += event.scores
            elif isinstance(event, Finished):
                end = event
    text, has_schema = "".join(texts), bool(task.settings.json_schema)
    row = replace(row, answer=text, least_sure=least_sure(text, scores) if has_schema else "")
    return ended(row, end, has_schema)


def ended(row: Row, end: Finished | None, has_schema: bool) -> Row:
    """The row with its answer, which has ended so, read."""
    if end is None:
        return row
    row = replace(row, usage=end.usage, note=end.note)
    if not row.answer.strip():
        return row.failed(EMPTY_NOTE)
    if end.reason in ENDING_NOTES:
        return row.failed(ENDING_NOTES[end.reason])
    try:
        return replace(row, status="done", fields=fields_of(row.answer, has_schema))
    except ValueError:
        return row.failed(NO_JSON)
