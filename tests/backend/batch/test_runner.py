"""Rows come as they are done; what goes wrong with one item is told in its row and ends nothing."""

import json
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backend.batch.runner import NO_JSON, run
from backend.batch.values import Item, Row, Task
from backend.chat.errors import EngineUnavailable, GenerationFailed, InputRefused
from backend.chat.messages import Finished, Usage
from backend.chat.parts import Part, Text
from backend.chat.request import ChatRequest, Event, Scored, TextDelta, Waiting
from backend.chat.scores import TokenScore
from backend.chat.settings import GenerationSettings

ITEMS = tuple(Item(f"{number}.txt", Path(f"{number}.txt")) for number in range(6))
TASK = Task("Repeat it.")


@contextmanager
def opened(item: Item) -> Iterator[tuple[Part, ...]]:
    if item.name == "2.txt":
        raise InputRefused("“2.txt” is damaged.")
    yield (Text(item.name),)


class Echo:
    """Answers with the item's own text; what it is to do else is set by that text."""

    def __init__(self, **special: Exception | str) -> None:
        self.special = {f"{name.removeprefix('of_')}.txt": what for name, what in special.items()}
        self.open = self.most = 0
        self.lock = threading.Lock()

    def stream(self, request: ChatRequest) -> Generator[Event, None, None]:
        (message,) = request.messages
        text = message.text.split()[0]  # type: ignore[union-attr]
        with self.lock:
            self.open += 1
            self.most = max(self.most, self.open)
        try:
            yield Waiting("Reading…")
            match what := self.special.get(text, f'{{"text": "{text}"}}'):
                case Exception():
                    raise what
                case "forever":
                    while True:
                        threading.Event().wait(0.01)
                        yield Waiting("Reading…")
                case "cut off":
                    yield TextDelta('{"text"')
                    yield Finished("length", Usage(5, 0, 5))
                case _:
                    yield TextDelta(str(what))
                    yield Finished("stop", Usage(7, 0, 3))
        finally:
            with self.lock:
                self.open -= 1


def rows(engine: Echo, task: Task = TASK, parallel: int = 1) -> dict[str, Row]:
    return {row.item.name: row for row in run(engine, task, ITEMS, opened, parallel)}


@pytest.mark.parametrize("parallel", [1, 4])
def test_a_bad_file_in_the_middle_is_a_row_with_an_error_and_all_others_are_answered(parallel: int) -> None:
    found = rows(Echo(), parallel=parallel)
    assert len(found) == 6
    assert found["2.txt"].status == "failed"
    assert found["2.txt"].error == "“2.txt” is damaged."
    assert {row.status for name, row in found.items() if name != "2.txt"} == {"done"}
    assert found["3.txt"].answer == '{"text": "3.txt"}'
    assert found["3.txt"].usage == Usage(7, 0, 3)
    assert found["3.txt"].seconds is not None


def test_an_answer_that_fails_or_is_cut_off_keeps_what_there_is_of_it() -> None:
    found = rows(Echo(of_0=GenerationFailed("The model failed."), of_1="cut off", of_3=ZeroDivisionError(), of_4=" "))
    assert {name: row.error for name, row in found.items()} == {
        "0.txt": "The model failed.",
        "1.txt": "Reached the length limit.",
        "2.txt": "“2.txt” is damaged.",
        "3.txt": "Something went wrong. Try again, or check the app's log.",
        "4.txt": "The model returned no answer. Regenerate it, or try rephrasing.",
        "5.txt": "",
    }
    assert found["1.txt"].answer == '{"text"'


def test_with_a_schema_the_fields_of_each_answer_are_told_and_other_answers_are_errors() -> None:
    schema = json.dumps({"type": "object"})
    given = '{"name": "A\\u00fc", "sum": 1.50, "lines": [{"a": 1}], "none": null}'
    found = rows(Echo(of_0=given, of_1="Sorry"), Task("", settings=GenerationSettings(json_schema=schema)))
    assert found["0.txt"].fields == (("name", "Aü"), ("sum", "1.50"), ("lines", '[{"a": 1}]'), ("none", ""))
    assert (found["1.txt"].status, found["1.txt"].error) == ("failed", NO_JSON)


def test_the_field_that_the_model_was_least_sure_of_is_named() -> None:
    class Unsure(Echo):
        def stream(self, request: ChatRequest) -> Generator[Event, None, None]:
            yield TextDelta('{"name": "Ada", "sum": 12}')
            yield Scored((TokenScore(10, "Ada", 0.9, (("Eve", 0.1),)), TokenScore(23, "12", 0.6, (("72", 0.4),))))
            yield Finished("stop", Usage(7, 0, 3))

    task = Task("", settings=GenerationSettings(json_schema='{"type": "object"}'))
    assert rows(Unsure(), task)["0.txt"].least_sure == "sum (60%)"
    assert rows(Unsure())["0.txt"].least_sure == ""


def test_as_many_are_asked_at_once_as_is_said() -> None:
    engine, begun = Echo(), threading.Barrier(3, timeout=10)

    @contextmanager
    def together(item: Item) -> Iterator[tuple[Part, ...]]:
        begun.wait()  # lets go of three at once, and would of no fewer
        yield (Text(item.name),)

    assert len(list(run(engine, TASK, ITEMS, together, 3))) == 6
    assert engine.most <= 3


def test_whoever_stops_it_has_what_was_done_and_ends_what_is_under_way() -> None:
    engine = Echo(of_1="forever", of_3="forever")
    going = run(engine, TASK, ITEMS, opened, 2)
    assert next(going).item.name == "0.txt"
    going.close()
    assert engine.open == 0


def test_where_nobody_can_answer_the_batch_ends_instead_of_failing_item_by_item() -> None:
    with pytest.raises(EngineUnavailable):
        rows(Echo(of_1=EngineUnavailable("The server is down.")))
