"""JSON with the places of its values, whole and in pieces."""

import json
from typing import Any

import pytest

from backend.extraction.json_reader import Json, NotJson, read_json

ANSWER = """ {"shop": "Café \\ud83d\\ude00 \\"x\\"", "total": -12.5e1, "paid": true, "note": null,
 "items": [{"name": "tea", "price": 2}, {"name": "bün", "price": 3.25}, []], "empty": {}}  """


def plain(value: Json | None) -> Any:
    if value is None:
        return None
    if value.kind == "object":
        return {name: plain(inner) for name, inner in value.items}
    return [plain(inner) for _, inner in value.items] if value.kind == "list" else value.scalar


def every(value: Json) -> list[Json]:
    return [value, *(found for _, inner in value.items for found in every(inner))]


def test_it_reads_what_the_standard_library_reads_and_knows_where_each_value_stands() -> None:
    read = read_json(ANSWER)
    assert read is not None
    assert plain(read) == json.loads(ANSWER)
    assert read.is_whole
    for value in every(read):
        assert plain(value) == json.loads(ANSWER[value.start : value.end])
    assert [ANSWER[at : at + 3] for at in read.names_at] == ['"sh', '"to', '"pa', '"no', '"it', '"em']


@pytest.mark.parametrize("length", range(len(ANSWER)))
def test_what_is_cut_off_anywhere_has_the_beginning_of_what_is_whole(length: int) -> None:
    whole, read = json.loads(ANSWER), plain(read_json(ANSWER[:length]))

    def begins(part: Any, all_of_it: Any) -> bool:
        if isinstance(part, dict):
            return all(name in all_of_it and begins(inner, all_of_it[name]) for name, inner in part.items())
        if isinstance(part, list):
            return all(map(begins, part, all_of_it))
        return all_of_it.startswith(part) if isinstance(part, str) else part == all_of_it

    assert read is None or begins(read, whole)


def test_a_number_that_may_go_on_is_not_read_yet() -> None:
    assert plain(read_json('{"a": 1, "b": 12')) == {"a": 1}
    assert plain(read_json('{"a": 1, "b": 12 ')) == {"a": 1, "b": 12}


@pytest.mark.parametrize(
    "text",
    ["Here it is now", '{"a" 1}', '{"a": 1 "b": 2}', "[1 2]", "{1: 2}", '{"a": 1} and more', '"\\x" and so on',
     '{"a": tru, "b": 1}', "[" * 1000, "```json\n{}\n```"],
)  # fmt: skip
def test_what_is_no_json_is_told_with_its_place(text: str) -> None:
    with pytest.raises(NotJson) as told:
        read_json(text)
    assert 0 <= told.value.position < len(text)


def test_of_a_name_that_comes_twice_the_last_counts() -> None:
    assert plain(read_json('{"a": 1, "a": 2}')) == {"a": 2}
