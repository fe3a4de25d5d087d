"""What an answer holds: fields with titles, tables, and the files that are made of them."""

import csv
import io
import json

import pytest

from backend.extraction.csv import guarded, to_csv
from backend.extraction.fields import Field, read_fields, readable
from backend.extraction.json_text import json_text
from backend.extraction.table import MAX_COLUMNS, Cell, flat_rows, plain, table_of

SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {
            "shop": {"type": "string", "title": "Merchant"},
            "seller": {"type": "object", "properties": {"city": {"type": "string", "title": "Town"}}},
            "items": {
                "type": "array",
                "items": {"type": "object", "properties": {"price": {"type": "number", "title": "Price (EUR)"}}},
            },
        },
    }
)
RECEIPT = """{"shop": "Café", "seller": {"city": "Bern", "tags": ["a", "b"]}, "items": [
 {"name": "tea", "price": 2.50}, {"name": "=cmd()", "price": -1, "note": null}], "is_paid": true}"""


def read(answer: str, schema: str = "") -> Field:
    field = read_fields(answer, schema)
    assert field is not None
    return field


def records(root: Field) -> list[dict[str, str]]:
    text = to_csv(flat_rows(root))
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_fields_have_the_schemas_titles_or_readable_names_and_the_places_of_their_values() -> None:
    root = read(RECEIPT, SCHEMA)
    leaves = list(root.leaves())
    assert [leaf.title for leaf in leaves[:2]] == ["Merchant", "Town"]
    assert leaves[-1].title == "Is paid"
    price = next(leaf for leaf in leaves if leaf.name == "price")
    assert (price.title, price.path, price.written, price.value) == ("Price (EUR)", ("items", 0, "price"), "2.50", 2.5)
    assert all(json.loads(RECEIPT[leaf.start : leaf.end]) == leaf.value for leaf in leaves)
    assert plain(root) == json.loads(RECEIPT)


@pytest.mark.parametrize(
    ("name", "shown"),
    [("invoice_number", "Invoice number"), ("dueDate", "Due date"), ("IBAN", "IBAN"), ("", ""), ("__", "__"),
     ("größe", "Größe")],
)  # fmt: skip
def test_a_name_is_made_readable(name: str, shown: str) -> None:
    assert readable(name) == shown


@pytest.mark.parametrize("answer", ["", "I can't read this.", "{oops}", "x" * 2_000_000])
def test_what_is_no_json_has_no_fields(answer: str) -> None:
    assert read_fields(answer) is None


def test_an_object_with_one_list_of_objects_is_a_table_with_the_rest_beside_it() -> None:
    table = table_of(read(RECEIPT, SCHEMA))
    assert table is not None
    assert table.columns == ("Name", "Price (EUR)", "Note")
    written = [[cell and cell.written for cell in row] for row in table.rows]
    assert written == [["tea", "2.50", None], ["=cmd()", "-1", "null"]]
    assert [field.name for field in table.beside] == ["shop", "seller", "is_paid"]


def test_a_row_that_is_still_written_is_not_in_the_table_yet() -> None:
    for length in range(RECEIPT.index('"=cmd'), RECEIPT.index('], "is')):
        table = table_of(read(RECEIPT[:length]))
        assert table is not None
        assert len(table.rows) == 1 + (RECEIPT[length - 1] == "}")


def test_rows_of_lists_have_the_names_that_stand_beside_them() -> None:
    table = table_of(read('{"columns": ["City", "People"], "rows": [["Bern", "134,000"], ["Chur"]]}'))
    assert table is not None
    assert table.columns == ("City", "People")
    assert table.beside == ()
    assert records(read('{"columns": ["City", "People"], "rows": [["Bern", "134,000"], ["Chur"]]}')) == [
        {"City": "Bern", "People": "134,000"},
        {"City": "Chur", "People": ""},
    ]


def test_an_object_with_no_list_or_with_two_is_no_table() -> None:
    assert table_of(read('{"a": 1}')) is None
    assert table_of(read('{"a": [{"x": 1}], "b": [{"y": 1}]}')) is None


def test_csv_has_a_row_for_each_item_with_what_stands_beside_the_list_and_no_formula_in_it() -> None:
    rows = records(read(RECEIPT, SCHEMA))
    assert rows == [
        {"shop": "Café", "seller.city": "Bern", "seller.tags": "a; b", "is_paid": "true", "name": "tea",
         "price": "2.50", "note": ""},
        {"shop": "Café", "seller.city": "Bern", "seller.tags": "a; b", "is_paid": "true", "name": "'=cmd()",
         "price": "-1", "note": ""},
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["=1+1", "+A1", "-A1", "@SUM(A1)", "\t=1", "＝1+1", " @x", "-2+3+cmd|' /C calc'!A0"])
def test_a_text_that_begins_as_a_formula_is_a_text(text: str) -> None:
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-12.50", "+3", "-5 %", "a=b", "", "1,234", "tea"])
def test_a_number_or_another_text_stays_as_it_is(text: str) -> None:
    assert guarded(text) == text


def test_names_of_columns_are_guarded_and_quotes_and_breaks_stay_in_their_cells() -> None:
    text = to_csv([{"=a": Cell('x "y"\n,z')}])
    assert text == '\ufeff\'=a\r\n"x ""y""\n,z"\r\n'


def test_objects_that_share_no_names_cost_no_more_than_they_hold() -> None:
    rows = 3_000
    answer = json.dumps([{f"name{number}": number} for number in range(rows)])
    text = to_csv(flat_rows(read(answer)))
    assert text.count("\n") == rows + 1
    assert f"name{rows - 1}: {rows - 1}" in text
    assert text.splitlines()[0].count(",") == MAX_COLUMNS


def test_a_name_that_stands_in_the_table_and_beside_it_is_two_columns() -> None:
    assert records(read('{"name": "Sum", "rows": [{"name": "a", "x": 1}]}')) == [
        {"name": "Sum", "rows.name": "a", "x": "1"}
    ]


def test_json_is_the_same_again_with_numbers_as_they_were_written() -> None:
    text = json_text(read(RECEIPT))
    assert json.loads(text) == json.loads(RECEIPT)
    assert '\n      "price": 2.50\n' in text
    assert json_text(read('{"a": [1, {"b": "x')) == '{\n  "a": [\n    1,\n    {\n      "b": "x"\n    }\n  ]\n}'


def test_what_stands_beside_a_long_table_does_not_make_gigabytes_of_it() -> None:
    rows = ",".join('{"a":1}' for _ in range(20_000))
    text = to_csv(flat_rows(read(f'{{"note":"{"x" * 100_000}","rows":[{rows}]}}')))
    lines = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert len(text) < 1_000_000
    assert (len(lines), len(lines[0]["note"]), lines[1]) == (20_000, 100_000, {"note": "", "a": "1"})


def test_a_cell_that_looks_like_a_number_for_long_is_looked_at_once() -> None:
    text = f"-1{' ' * 1_000_000}x"
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("answer", [r'{"a\ud83d": ["\ud83dx"]}', r'{"a\ud83d": ["\ud83dx'])
def test_half_a_character_can_be_shown_and_kept(answer: str) -> None:
    root = read(answer)
    assert json_text(root).encode()
    assert to_csv(flat_rows(root)).encode()
    assert root.fields[0].fields[0].written == "\ufffdx"
