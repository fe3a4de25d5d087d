"""A batch as a value: its rows, how far it is, and what it weighs."""

from dataclasses import replace
from pathlib import Path

from backend.batch.values import Item, Row, Task
from ui.batch.state import Batch
from ui.fairness.session_weight import beside
from ui.session import Session

ROWS = [(Row(Item(f"{number}.png", Path(f"/up/{number}.png"))), None) for number in range(3)]
TASK = Task("What is it?")


def running() -> Batch:
    return Batch("key").add(ROWS).changed(task=TASK, is_paused=False)


def test_it_is_told_how_far_it_is() -> None:
    assert Batch("key").state == "empty"
    batch = Batch("key").add(ROWS)
    assert batch.state == "setup"
    batch, entry = running().take()
    assert entry
    assert batch.state == "running"
    assert batch.changed(is_paused=True).state == "running"  # until its row is done
    done = replace(entry.row, status="done", answer="A dog")
    assert batch.with_row(0, done).changed(is_paused=True).state == "paused"
    for id in range(3):
        batch = batch.with_row(id, done)
    assert batch.state == "done"


def test_rows_are_taken_in_their_order_and_none_while_it_is_paused() -> None:
    batch, first = running().take()
    batch, second = batch.take()
    assert first
    assert second
    assert (first.id, second.id) == (0, 1)
    assert batch.changed(is_paused=True).take()[1] is None


def test_what_is_asked_again_has_lost_its_answer_and_no_other_has() -> None:
    done = replace(ROWS[0][0], status="done", answer="A dog")
    batch = running().with_row(0, done).with_row(1, done.failed("no"))
    again = batch.again(lambda row: row.status == "failed")
    assert [entry.row.status for entry in again.entries] == ["done", "waiting", "waiting"]
    assert again.entries[1].row.answer == ""
    assert again.entries[0].changed < again.entries[1].changed


def test_its_weight_is_that_of_its_rows_whatever_came_and_went() -> None:
    long = replace(ROWS[0][0], status="done", answer="x" * 100_000)
    batch = running()
    grown = batch.with_row(0, long)
    assert 100_000 <= grown.weight - batch.weight < 110_000
    assert grown.with_row(0, ROWS[0][0]).weight == batch.weight
    empty, held = Session(), Session(batch=grown)
    size = beside(empty, held, 500)
    assert size > 100_000
    assert beside(held, replace(held, batch=None), size) == beside(Session(), Session(), 500)


def test_the_session_tells_which_files_it_needs() -> None:
    assert {"/up/0.png", "/up/1.png", "/up/2.png"} <= set(Session(batch=running()).pictures())
