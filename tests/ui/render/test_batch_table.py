"""The table of a batch as HTML."""

from pathlib import Path

from backend.batch.values import Item, Row
from ui.render.batch.table import render_row

BOMB = '"' * 1_000  # each is six characters in HTML


def test_a_row_is_bounded_whatever_its_file_is_called_and_whatever_was_expected_of_it() -> None:
    row = Row(Item(f"{BOMB}.pdf", Path(), 7)).failed(BOMB * 10)
    drawn = render_row(1, row, None, (), {f"{number}{BOMB}": BOMB for number in range(500)})
    assert len(drawn) < 40_000
    assert ".pdf, page 7 " in drawn  # the name's end tells it from others


def test_what_a_file_a_model_or_a_table_says_is_text() -> None:
    evil = "<img src=x onerror=alert(1)>"
    done = Row(Item(evil, Path()), "done", evil, ((evil, evil),), least_sure=evil, note=evil)
    for row in (done, done.failed(evil)):
        assert "<img" not in render_row(1, row, None, (evil,), {evil: evil, "<img>": evil})
