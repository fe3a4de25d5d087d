"""The schemas that come with the app, and those that are made of an example."""

import json
from typing import Any

import pytest
from jsonschema import Draft7Validator

from backend.chat.errors import InputRefused
from backend.chat.settings import MAX_SCHEMA, GenerationSettings
from backend.extraction.from_example import schema_from_example
from backend.extraction.ready_made import FOLDER, ORDER, ReadyMade, ready_made
from backend.extraction.schema_check import finding

EXAMPLE = """{"shop": "Café", "date": "2026-03-01", "total": 12, "paid": true, "note": null,
 "items": [{"name": "tea", "price": 2}, {"name": "bun", "price": 2.5, "extra": {"sugar": false}}], "tags": []}"""


def objects(schema: Any) -> list[dict[str, Any]]:
    """Every schema of an object within a schema."""
    inner = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    found = [each for part in inner for each in objects(part)]
    return [schema, *found] if isinstance(schema, dict) and isinstance(schema.get("properties"), dict) else found


def test_every_file_is_offered() -> None:
    assert sorted(path.stem for path in FOLDER.iterdir()) == sorted(ORDER)
    assert len({each.title for each in ready_made()}) == len(ORDER)


@pytest.mark.parametrize("each", ready_made(), ids=lambda each: each.title)
def test_a_ready_made_schema_can_be_used_as_it_is(each: ReadyMade) -> None:
    assert GenerationSettings(json_schema=each.text)
    assert finding(each.text) is None
    assert len(each.text) < 5_000
    for schema in objects(json.loads(each.text)):
        assert schema["required"] == list(schema["properties"])
        assert schema["additionalProperties"] is False
        assert all(inner.get("title") for inner in schema["properties"].values())


@pytest.mark.parametrize("each", ready_made(), ids=lambda each: each.title)
def test_the_grammar_takes_a_ready_made_schema(each: ReadyMade) -> None:
    llguidance = pytest.importorskip("llguidance")
    matcher = llguidance.LLMatcher(llguidance.LLTokenizer("byte"), f"start: %json {each.text}", log_level=0)
    assert matcher.get_error() == ""


def test_an_example_becomes_a_schema_that_it_fits_with_every_field_required() -> None:
    schema = json.loads(schema_from_example(EXAMPLE))
    Draft7Validator(schema).validate(json.loads(EXAMPLE) | {"items": [
        {"name": "tea", "price": 2, "extra": None}, {"name": "bun", "price": 2.5, "extra": {"sugar": True}}
    ]})  # fmt: skip
    assert schema["required"] == ["shop", "date", "total", "paid", "note", "items", "tags"]
    assert {name: each.get("type") for name, each in schema["properties"].items()} == {
        "shop": "string", "date": "string", "total": "number", "paid": "boolean", "note": ["string", "null"],
        "items": "array", "tags": "array",
    }  # fmt: skip
    item = schema["properties"]["items"]["items"]
    assert item["required"] == ["name", "price", "extra"]
    assert [each["type"] for each in item["properties"]["extra"]["anyOf"]] == ["object", "null"]
    assert all(each["additionalProperties"] is False for each in objects(schema))
    assert finding(json.dumps(schema)) is None


def test_a_list_can_be_an_example_too() -> None:
    assert json.loads(schema_from_example('[1, "a", null]')) == {
        "type": "array", "items": {"type": ["number", "string", "null"]}
    }  # fmt: skip


@pytest.mark.parametrize(
    ("example", "told"),
    [
        ("", "Paste an example"),
        ("12", "JSON object or a list"),
        ('{"a": 1,\n "b" 2}', "Line 2: a colon is missing"),
        ("[" * 30 + "1" + "]" * 30, "nested deeper than 20"),
        ("[" * 3000, "nested"),
        (json.dumps({f"name{number}": number for number in range(2_000)}), f"over {MAX_SCHEMA:,}"),
        ('"' + "x" * 200_000 + '"', "The limit is 100,000"),
    ],
)
def test_what_is_no_example_is_told(example: str, told: str) -> None:
    with pytest.raises(InputRefused, match=told):
        schema_from_example(example)
