"""What a batch came to, as files, and how it compares with what was expected."""

import csv
import io
import json
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest

from backend.batch.expected import MAX_FIELDS, Score, read_expected, score
from backend.batch.tables import to_csv, to_jsonl, to_markdown
from backend.batch.values import Item, Row, fields_of
from backend.chat.errors import InputRefused
from backend.chat.messages import Usage

RECEIPT = Row(
    Item("receipts/a.pdf", Path("a.pdf"), 2), "done", '{"shop": "=1+1", "sum": "-3.50"}',
    (("shop", "=1+1"), ("sum", "-3.50")), Usage(100, 80, 20), 1.25, least_sure="sum",
)  # fmt: skip
BROKEN = Row(Item("b.png", Path("b.png"))).failed("“b.png” is damaged.")
TEXT = Row(Item("c.txt", Path("c.txt")), "done", "| a |\n**b**", (("answer", "| a |\n**b**"),))
EXPECTED = read_expected('item,shop,sum\n"receipts/a.pdf, page 2",Bakery,-3.50\nb.png,Inn,\nz.png,Inn,1\n')


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_the_csv_has_a_column_for_each_field_and_no_cell_that_acts_as_a_formula() -> None:
    first, second = table(to_csv((RECEIPT, BROKEN)))
    assert list(first) == [
        "item",
        "shop",
        "sum",
        "prompt_tokens",
        "new_tokens",
        "seconds",
        "least_sure",
        "note",
        "error",
    ]
    assert (first["item"], first["shop"], first["sum"]) == ("receipts/a.pdf, page 2", "'=1+1", "-3.50")
    assert (first["prompt_tokens"], first["new_tokens"], first["seconds"]) == ("100", "20", "1.25")
    assert (second["item"], second["shop"], second["error"]) == ("b.png", "", "“b.png” is damaged.")


def test_fields_called_like_the_columns_beside_them_have_columns_and_expected_values_of_their_own() -> None:
    answer = {"name": "Ada", "item": "Tea", "note": "Two"}
    row = Row(Item("a.png", Path("a.png")), "done", json.dumps(answer), tuple(answer.items()), note="Cut off.")
    expected = read_expected("item,name,answer.item,answer.note\na.png,Ada,Coffee,Two\n")
    (line,) = table(made := to_csv((row,), "", expected))
    assert read_expected(made).differences(row) == ()  # a table of results is one of expected values
    assert {name: line[name] for name in ("item", "name", "answer.item", "answer.note", "note", "differs")} == {
        "item": "a.png", "name": "Ada", "answer.item": "Tea", "answer.note": "Two", "note": "Cut off.",
        "differs": "item",
    }  # fmt: skip


def test_the_csv_says_which_fields_differ_from_what_was_expected() -> None:
    assert [row["differs"] for row in table(to_csv((RECEIPT, BROKEN, TEXT), "", EXPECTED))] == ["shop", "shop", ""]


def test_each_line_of_the_json_lines_is_an_item_with_its_fields() -> None:
    first, second = map(json.loads, to_jsonl((RECEIPT, BROKEN), "", EXPECTED).splitlines())
    assert first["fields"] == {"shop": "=1+1", "sum": "-3.50"}
    assert first["differs"] == ["shop"]
    assert first["least_sure"] == "sum"
    assert (second["status"], second["error"]) == ("failed", "“b.png” is damaged.")


def test_the_markdown_is_a_table_that_no_cell_breaks_and_texts_of_their_own() -> None:
    pipe = replace(RECEIPT, fields=(("shop", "a | b\nc"),))
    text = to_markdown((pipe, BROKEN, TEXT), "Read `it`.")
    assert r"| receipts/a.pdf, page 2 | a \| b c |  |" in text
    assert "## c.txt\n\n| a |\n**b**" in text
    assert "```\nRead `it`.\n```" in text


def test_fields_are_counted_and_what_is_missing_is_told() -> None:
    assert score((RECEIPT, BROKEN, TEXT), EXPECTED) == Score(1, 3, ("z.png",))
    assert not score((RECEIPT,), EXPECTED).is_right
    right = read_expected("item;sum\nreceipts/a.pdf, page 2;-3.50\n")  # as spreadsheets write it in half of Europe
    assert score((RECEIPT,), right).is_right


def test_an_answer_without_a_schema_is_compared_as_one() -> None:
    assert score((TEXT,), read_expected('item,answer\nc.txt,"| a |\n**b**"\n')).is_right


def test_how_a_number_or_a_piece_of_json_is_written_makes_no_difference() -> None:
    answer = '{"sum": 12.50, "lines": [{"b": 2, "a": 1.0}], "shop": "Inn", "paid": true, "code": "7"}'
    row = Row(Item("a.png", Path()), "done", answer, fields_of(answer, has_schema=True))
    right = 'item,sum,lines,shop,paid\na.png,12.5,"[{""a"":1,""b"":2}]", Inn ,TRUE\n'
    assert score((row,), read_expected(right)) == Score(4, 4)
    wrong = read_expected('item,sum,lines,paid,code,tip\na.png,12.51,"[{""a"":2}]",false,007,0\n')
    assert wrong.differences(row) == ("sum", "lines", "paid", "code", "tip")


def test_a_field_that_is_called_answer_and_a_text_with_a_break_are_compared_as_any_other() -> None:
    answer = '{"answer": 5.0, "note": "a\nb"}'
    row = Row(Item("a.png", Path()), "done", answer, fields_of(answer, has_schema=True))
    assert read_expected('item,answer,answer.note\na.png,5,"a\nb"\n').differences(row) == ()


@pytest.mark.parametrize("text", ["", "shop,sum\nInn,1\n", "item,sum\n", '"'])
def test_a_file_without_names_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(InputRefused, match="column “item”"):
        read_expected(text)


def test_expected_values_of_many_columns_are_refused_and_lines_without_them_take_no_room() -> None:
    names = ",".join(map(str, range(MAX_FIELDS)))
    with pytest.raises(InputRefused, match=f"501 columns. The limit is {MAX_FIELDS}"):
        read_expected(f"item,{names}\na.png,1\n")
    tracemalloc.start()
    try:
        found = read_expected(f"item,{names.rpartition(',')[0]}\n" + "\n".join(map(str, range(5_000))))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(found.values) == 5_000
    assert peak < 10_000_000  # 90 MB where each line has a place for each column


def test_what_differs_in_a_row_is_found_once_and_anew_where_it_was_answered_anew() -> None:
    assert (differs := EXPECTED.differences(RECEIPT)) == ("shop",)
    assert EXPECTED.differences(replace(RECEIPT)) is differs
    answer = '{"shop": "Bakery", "sum": "-3.50"}'
    assert EXPECTED.differences(replace(RECEIPT, answer=answer, fields=fields_of(answer, has_schema=True))) == ()
