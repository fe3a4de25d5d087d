"""Calls and JSON answers that cannot leave their schema, from the demo model, whatever it would rather say."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import validate

from backend.chat.messages import AssistantMessage, Finished, ToolCall, ToolSpec, UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest, Event, TextDelta
from backend.chat.settings import GenerationSettings
from backend.engines.local.engine import LocalEngine
from backend.engines.local.output.schema_check import SchemaCheck
from backend.tools.builtin import BUILTIN_TOOLS
from backend.tools.taking import taken
from backend.tools.toolbox import violation

CALCULATOR = BUILTIN_TOOLS[0].spec
ORDER = ToolSpec(
    "order",
    "Order a drink",
    json.dumps(
        {
            "type": "object",
            "properties": {
                "drink": {"type": "string", "enum": ["tea", "coffee"]},
                "cups": {"type": "integer", "minimum": 1, "maximum": 9},
            },
            "required": ["drink", "cups"],
            "additionalProperties": False,
        }
    ),
)


def ask(
    engine: LocalEngine, text: str, tools: tuple[ToolSpec, ...] = (), choice: str = "auto", **settings: object
) -> list[Event]:
    fields = {"temperature": 1.5, "max_tokens": 200, "seed": 3} | settings
    messages = (UserMessage((Text(text),)),)
    request = ChatRequest("", messages, tools, GenerationSettings(**fields), tool_choice=choice)  # type: ignore[arg-type]
    return list(engine.stream(request))


@pytest.mark.parametrize("seed", range(5))
def test_the_named_tool_is_called_with_valid_arguments_at_any_temperature(engine: LocalEngine, seed: int) -> None:
    events = ask(engine, "Hello", (CALCULATOR, ORDER), "order", seed=seed)
    calls = [event for event in events if isinstance(event, ToolCall)]
    assert calls
    for call in calls:
        assert call.name == "order"
        validate(json.loads(call.arguments), json.loads(ORDER.parameters))


@pytest.mark.parametrize("seed", range(3))
def test_a_required_call_is_one_of_the_tools_that_are_there(engine: LocalEngine, seed: int) -> None:
    events = ask(engine, "Hello", (CALCULATOR, ORDER), "required", seed=seed, temperature=0.5)
    calls = [event for event in events if isinstance(event, ToolCall)]
    assert calls
    assert {call.name for call in calls} <= {"my_calculator", "order"}


@pytest.mark.parametrize("seed", range(3))
def test_an_answer_in_a_schema_is_json_of_that_schema(engine: LocalEngine, seed: int) -> None:
    schema = {
        "type": "object",
        "properties": {
            "name": {"type": "string", "maxLength": 12},
            "age": {"type": "integer", "minimum": 0, "maximum": 99},
        },
        "required": ["name", "age"],
        "additionalProperties": False,
    }
    events = ask(engine, "Who are you?", json_schema=json.dumps(schema), seed=seed)
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    validate(json.loads(text), schema)
    assert isinstance(events[-1], Finished)
    assert events[-1].reason == "stop"


@pytest.mark.parametrize("count", [1, 4, 9])
def test_an_answer_in_a_schema_is_gone_on_with_in_it(engine: LocalEngine, count: int) -> None:
    schema = '{"type": "object", "properties": {"name": {"maxLength": 9, "type": "string"}}, "required": ["name"]}'
    settings = GenerationSettings(temperature=0.0, max_tokens=count, json_schema=schema)
    asked = ChatRequest("", (UserMessage((Text("Who are you?"),)),), settings=settings)
    begun = "".join(event.text for event in engine.stream(asked) if isinstance(event, TextDelta))
    more = replace(
        asked, messages=(*asked.messages, AssistantMessage(begun)), continues=True,
        settings=replace(settings, max_tokens=90),
    )  # fmt: skip
    rest = "".join(event.text for event in engine.stream(more) if isinstance(event, TextDelta))
    validate(json.loads(begun + rest), json.loads(schema))


def test_a_schema_that_no_grammar_can_be_made_of_is_said_and_the_answer_comes_all_the_same(engine: LocalEngine) -> None:
    events = ask(engine, "Hello", json_schema=json.dumps({"$ref": "#/$defs/gone", "$defs": {}}))
    assert isinstance(events[-1], Finished)
    assert events[-1].note.startswith("The JSON Schema couldn't be enforced")


def test_what_no_grammar_knows_in_one_tool_leaves_the_rest_of_it_and_the_other_tools_enforced(
    engine: LocalEngine,
) -> None:
    fields = {"n": {"type": "integer", "minimum": 1, "maximum": 9}, "a": {"not": {"type": "string"}}}
    schema = {"type": "object", "properties": fields, "required": ["n"], "propertyNames": {"maxLength": 9}}
    part = {"required": ["n"], "properties": {"n": fields["n"]}}
    odd = ToolSpec("odd", "Odd", json.dumps(schema | {"additionalProperties": False}))
    for choice in ("odd", "order"):
        events = ask(engine, "Hello", (odd, ORDER), choice)
        calls = [event for event in events if isinstance(event, ToolCall)]
        assert {call.name for call in calls} == {choice}
        for call in calls:
            validate(json.loads(call.arguments), part if choice == "odd" else json.loads(ORDER.parameters))
        assert isinstance(events[-1], Finished)
        assert ("A part of the schema of odd" in events[-1].note) is (choice == "odd")


@pytest.mark.parametrize(
    ("field", "around"),
    [
        ({"type": "string"}, {"patternProperties": {"a*": {}, "aaa*": {}}}),
        ({"type": "string", "pattern": "^(?!x)"}, {}),
        ({"type": "string", "minLength": 1.0}, {}),
        ({"type": "integer", "enum": ["1"]}, {}),
        ({"type": "null"}, {"$schema": "https://example.org/own"}),
        ({"prefixItems": [{"type": "string"}], "items": {"type": "integer"}, "minItems": 2, "maxItems": 3}, {}),
        (
            {"type": "integer", "minimum": 0, "exclusiveMinimum": True, "maximum": 9},
            {"$schema": "http://json-schema.org/draft-04/schema#"},
        ),
    ],
)
def test_a_published_schema_of_whatever_draft_gets_a_call_that_fits_it(
    engine: LocalEngine, field: dict[str, Any], around: dict[str, Any]
) -> None:
    schema = {"type": "object", "properties": {"a": field}, "required": ["a"]} | around
    tool = taken({"name": "f", "parameters": schema}).spec
    events = ask(engine, "Hello", (tool,), "f", temperature=0.3)
    call = next(event for event in events if isinstance(event, ToolCall))
    assert violation(tool.parameters, call.arguments) == ""


def test_an_answer_without_a_grammar_is_checked_and_the_person_told(engine: LocalEngine) -> None:
    events = ask(engine, "Hello", json_schema='{"properties": {"a": {"not": {"type": "string"}}}}')
    assert isinstance(events[-1], Finished)
    assert events[-1].note.startswith("A part of the JSON Schema couldn't be enforced, ")


@pytest.mark.parametrize(
    ("answer", "why"),
    [('{"a": 1}', ""), ('{"a": "x"}', "a: 'x' is not of type 'integer'"), ("Hello", "it is not valid JSON")],
)
def test_what_does_not_fit_is_said_with_its_place(
    answer: str, why: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)  # wherever the app was started from
    assert SchemaCheck().misfit('{"properties": {"a": {"type": "integer"}}}', answer) == why


def test_a_check_that_would_never_end_is_given_up() -> None:
    assert "too long" in SchemaCheck().misfit('{"pattern": "^(a+)+$"}', json.dumps("a" * 40 + "b"))
