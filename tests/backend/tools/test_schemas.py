"""What people paste as tools: every form in which they are published, and what is wrong told with its place."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.chat.errors import ToolsInvalid
from backend.chat.messages import ToolSpec
from backend.tools.schemas import MAX_TEXT, MAX_TOOLS, parse_specs, read_specs
from backend.tools.taking import PATTERNS, taken
from backend.tools.toolbox import parse_tools, violation

WEATHER: dict[str, Any] = {
    "name": "get_weather",
    "description": "The weather in a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
BARE = {"name": "get_weather", "description": "The weather in a city."}
SCHEMA = WEATHER["parameters"]
MCP = BARE | {
    "title": "Weather",
    "inputSchema": SCHEMA,
    "outputSchema": {"type": "object"},
    "annotations": {"readOnlyHint": True},
    "_meta": {"a/b": 1},
    "icons": [],
}
GEMINI = BARE | {
    "parameters": {"type": "OBJECT", "properties": {"city": {"type": "STRING"}}, "required": ["city"]},
}


@pytest.mark.parametrize(
    "pasted",
    [
        WEATHER,
        [WEATHER],
        {"type": "function", "function": WEATHER},
        [{"type": "function", "function": WEATHER | {"strict": True}}],
        {"type": "function", **WEATHER},
        {"model": "gpt", "messages": [], "tools": [{"type": "function", "function": WEATHER}]},
        {"functions": [WEATHER]},
        BARE | {"input_schema": SCHEMA},
        [BARE | {"type": "custom", "input_schema": SCHEMA, "cache_control": {"type": "ephemeral"}}],
        MCP,
        {"tools": [MCP], "nextCursor": "x"},
        {"jsonrpc": "2.0", "id": 1, "result": {"tools": [MCP]}},
        {"function_declarations": [GEMINI]},
        {"tools": [{"functionDeclarations": [GEMINI]}]},
        [{"function_declarations": [GEMINI]}],
        {"toolConfig": {"tools": [{"toolSpec": BARE | {"inputSchema": {"json": SCHEMA}}}]}},
        {"id": "simple_0", "question": [], "function": [WEATHER | {"parameters": SCHEMA | {"type": "dict"}}]},
        {"title": "get_weather", "description": BARE["description"], **SCHEMA},
    ],
)
def test_a_tool_is_read_in_every_form(pasted: object) -> None:
    (tool,) = parse_tools(json.dumps(pasted, indent=2))
    assert (tool.name, tool.spec.description, tool.function) == ("get_weather", "The weather in a city.", None)
    told = json.loads(tool.spec.parameters)
    assert {key: told[key] for key in SCHEMA} == SCHEMA


@pytest.mark.parametrize(
    "around", ["{}", "\ufeff{}", "```json\n{}\n```", "\n```\n{}\n```\n", "event: message\ndata: {}\n\n"]
)
def test_what_stands_around_the_json_is_no_matter(around: str) -> None:
    (spec,) = parse_specs(around.replace("{}", json.dumps(WEATHER)))
    assert spec.name == "get_weather"


@pytest.mark.parametrize("empty", [{}, {"parameters": None}, {"inputSchema": None, "description": None}])
def test_a_tool_without_parameters_takes_none(empty: dict[str, object]) -> None:
    assert parse_specs(json.dumps({"name": "ping"} | empty)) == (
        ToolSpec("ping", "", '{"type": "object", "properties": {}}'),
    )


def test_blank_text_gives_no_tools() -> None:
    assert parse_tools("") == parse_tools(" \n") == parse_tools("[]") == parse_tools('{"tools": []}') == ()


def test_a_title_stands_for_a_description() -> None:
    assert taken({"name": "f", "title": "Files"}).spec.description == "Files"
    assert taken({"name": "f", "annotations": {"title": "Files"}}).spec.description == "Files"


def test_text_is_kept_as_it_was_written() -> None:
    (tool,) = parse_tools('{"name": "f", "parameters": {"title": "Städte 🌍"}}')
    assert "Städte 🌍" in tool.spec.parameters


def test_a_field_or_a_value_may_be_called_pattern() -> None:
    schema = {"properties": {"pattern": {"enum": [{"$ref": "x"}]}, "$ref": {"default": {"pattern": "("}}}}
    assert taken({"name": "grep", "parameters": schema}).notes == ()


def test_a_name_that_the_protocol_does_not_know_is_told_with_the_one_it_gets() -> None:
    tool = taken({"name": "math.factorial"})
    assert tool.spec.name == "math_factorial"
    assert tool.notes == ("“math.factorial” is called math_factorial here.",)


def test_types_of_other_languages_are_read_as_what_they_mean() -> None:
    fields = {
        "a": {"type": "float"}, "b": {"type": "any", "description": "x"}, "c": {"type": ["STRING", "null"]},
        "d": {"type": "tuple", "items": {"type": "int"}}, "e": {"type": "string", "nullable": True},
        "f": {"type": "string", "required": True}, "type": {"type": "string"},
    }  # fmt: skip
    tool = taken({"name": "f", "parameters": {"type": "dict", "properties": fields}})
    assert json.loads(tool.spec.parameters) == {
        "type": "object",
        "properties": {
            "a": {"type": "number"}, "b": {"description": "x"}, "c": {"type": ["string", "null"]},
            "d": {"type": "array", "items": {"type": "integer"}}, "e": {"type": ["string", "null"]},
            "f": {"type": "string"}, "type": {"type": "string"},
        },
        "required": ["f"],
    }  # fmt: skip
    assert "“float”" in tool.notes[0]


# --- references


def test_references_are_told_as_what_they_lead_to() -> None:
    schema = {
        "type": "object",
        "properties": {"to": {"$ref": "#/$defs/Place", "description": "Where to"}, "by": {"$ref": "#/$defs/Means"}},
        "$defs": {
            "Place": {"type": "object", "properties": {"by": {"$ref": "#/$defs/Means"}}, "description": "A place"},
            "Means": {"enum": ["bus", "rail"]},
        },
    }
    means = {"enum": ["bus", "rail"]}
    place = {"type": "object", "properties": {"by": means}, "description": "Where to"}
    told = json.loads(taken({"name": "go", "parameters": schema}).spec.parameters)
    assert told == {"type": "object", "properties": {"to": place, "by": means}}


def test_a_schema_that_refers_to_itself_stays_and_is_checked() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}, "n": {"type": "integer"}}}
    tool = taken({"name": "f", "inputSchema": {"$ref": "#/$defs/Node", "$defs": {"Node": node}, "type": "object"}})
    assert violation(tool.spec.parameters, '{"next": {"next": {"n": 1}}}') == ""
    assert (
        violation(tool.spec.parameters, '{"next": {"next": {"n": "x"}}}') == "next.next.n: 'x' is not of type 'integer'"
    )


def test_references_that_would_grow_beyond_measure_stay() -> None:
    defs: dict[str, Any] = {"d0": {"type": "string"}}
    for level in range(1, 40):
        before = {"$ref": f"#/$defs/d{level - 1}"}
        defs[f"d{level}"] = {"type": "object", "properties": {"a": before, "b": before}}
    tool = taken(
        {"name": "f", "parameters": {"type": "object", "properties": {"x": {"$ref": "#/$defs/d39"}}, "$defs": defs}}
    )
    assert len(tool.spec.parameters) < 10_000


def test_a_reference_that_leads_nowhere_is_told_and_takes_any_value() -> None:
    tool = taken({"name": "f", "inputSchema": {"type": "object", "properties": {"a": {"$ref": "#/$defs/Gone"}}}})
    assert json.loads(tool.spec.parameters)["properties"] == {"a": {}}
    assert tool.notes == ("f, field “inputSchema.properties.a.$ref”: it leads nowhere, so any value goes there.",)


# --- patterns


def test_a_pattern_is_told_to_the_model_and_calls_are_checked_against_it() -> None:
    tool = taken(
        {"name": "f", "parameters": {"type": "object", "properties": {"a": {"type": "string", "pattern": "^[a-z]+$"}}}}
    )
    assert "^[a-z]+$" in tool.spec.parameters
    assert tool.notes == (PATTERNS,)
    assert violation(tool.spec.parameters, '{"a": "x"}') == ""
    assert "does not match" in violation(tool.spec.parameters, '{"a": "X"}')


@pytest.mark.parametrize("pattern", ["\\p{Letter}", "[^]", "(?<name>a)", "(", "a{99999999999}"])
def test_a_pattern_that_is_none_here_refuses_nothing(pattern: str) -> None:
    schema = {
        "properties": {"a": {"pattern": pattern}},
        "patternProperties": {pattern: {}},
        "additionalProperties": False,
    }
    tool = taken({"name": "f", "parameters": schema})
    assert violation(tool.spec.parameters, '{"a": "x", "b": 1}') == ""


# --- drafts


@pytest.mark.parametrize(
    ("schema", "fits", "breaks"),
    [
        ({"prefixItems": [{"type": "string"}], "items": {"type": "integer"}}, ["x", 1], ["x", "x"]),
        ({"items": [{"type": "string"}]}, ["x", 1], [1]),
        ({"type": "integer", "minimum": 1, "exclusiveMinimum": True}, 2, 1),
        ({"type": "integer", "exclusiveMinimum": 1}, 2, 1),
        ({"contains": {"const": 1}, "maxContains": 1}, [1], [1, 1]),
    ],
)
def test_the_draft_that_a_schema_is_of_decides(schema: dict[str, Any], fits: object, breaks: object) -> None:
    spec = taken({"name": "f", "inputSchema": {"properties": {"a": schema}}}).spec
    assert violation(spec.parameters, json.dumps({"a": fits})) == ""
    assert violation(spec.parameters, json.dumps({"a": breaks})) != ""


def test_the_draft_that_a_schema_names_decides() -> None:
    field = {"type": "array", "prefixItems": [{"type": "string"}], "contains": {"const": 1}, "maxContains": 1}
    for name, fits in (("http://json-schema.org/draft-07/schema#", True), ("https://example.org/own", False)):
        spec = taken({"name": "f", "inputSchema": {"$schema": name, "properties": {"a": field}}}).spec
        assert (violation(spec.parameters, '{"a": [1, 1]}') == "") is fits


# --- what is wrong


def wrong(**changes: object) -> str:
    return json.dumps(WEATHER | changes)


def nested(depth: int) -> dict[str, object]:
    return {"items": nested(depth - 1)} if depth else {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{\n  "name": "f"\n  "description": ""}', "not valid JSON: line 3, column 3: Expecting ',' delimiter."),
        ("get_weather", "line 1, column 1"),
        ('{"name": "f", "parameters": {"default": NaN}}', "NaN is not a number"),
        ('{"name": "f", "description": "\\ud83d"}', "half of a character"),
        ("[" * 90_000, "nested too deeply"),
        ('{"tools":[' * 400 + "]}" * 400, "nested"),
        (" " * MAX_TEXT + "{}", f"{MAX_TEXT + 2:,} characters; the limit is {MAX_TEXT:,}"),
        ("5", "Tool 1 must be an object"),
        (json.dumps([{"name": f"f{i}"} for i in range(MAX_TOOLS + 1)]), f"{MAX_TOOLS + 1} tools; the limit"),
        ('{"mcpServers": {"files": {"command": "npx"}}}', "names MCP servers, not tools"),
        ('{"openapi": "3.1.0", "paths": {}}', "OpenAPI document"),
        ('{"jsonrpc": "2.0", "id": 1, "error": {"code": -32601, "message": "x"}}', "an error that a server answered"),
        ('{"city": "Paris"}', "Tool 1, field “name”: it is missing"),
        ('{"type": "retrieval", "name": "f"}', "Tool 1, field “type”"),
        ('{"type": "function", "function": []}', "Tool 1, field “function”"),
        ('{"description": "x"}', "Tool 1, field “name”: it is missing"),
        (wrong(name=""), "Tool 1, field “name”: it must be 1 to 64 characters"),
        (wrong(name="é"), "Tool 1, field “name”: it must be 1 to 64 characters"),
        (wrong(name="x" * 65), "Tool 1, field “name”: it must be 1 to 64 characters"),
        (wrong(name=["f"]), "Tool 1, field “name”: it must be 1 to 64 characters"),
        (wrong(name="my_calculator"), "Tool 1, field “name”: there is another tool called my_calculator"),
        (wrong(description=5), "get_weather, field “description”: it must be text"),
        (wrong(parameters=True), "get_weather, field “parameters”: it must be a JSON schema"),
        (wrong(parameters={"type": "array"}), "get_weather, field “parameters.type”: it must be “object”"),
        (wrong(parameters={"type": "objekt"}), "get_weather, field “parameters.type”: 'objekt' is not"),
        (wrong(parameters={"properties": {"a": {"type": 5}}}), "field “parameters.properties.a.type”: 5 is not"),
        (wrong(parameters={"required": "city"}), "field “parameters.required”: 'city' is not of type 'array'"),
        (
            wrong(parameters={"allOf": [{"$ref": "file:///etc/passwd"}]}),
            "field “parameters.allOf[0].$ref”: “file:///etc/passwd” is elsewhere; put it into “$defs” of this schema.",
        ),
        (wrong(parameters={"$defs": {"a": {"$dynamicRef": "x.json#a"}}}), "field “parameters.$defs.a.$dynamicRef”"),
        (json.dumps(BARE | {"inputSchema": {"type": "strin"}}), "get_weather, field “inputSchema.type”"),
        (wrong(parameters=nested(41)), "nested deeper than 40 levels"),
        (wrong(parameters={"default": [nested(400)]}), "nested deeper than 40 levels"),
    ],
)  # fmt: skip
def test_a_wrong_schema_gets_one_sentence_that_says_where(text: str, said: str) -> None:
    with pytest.raises(ToolsInvalid) as invalid:
        parse_specs(text, frozenset({"my_calculator"}))
    sentence = str(invalid.value)
    assert said in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert len(sentence) < 400


def test_one_tool_that_cannot_be_taken_does_not_refuse_the_others() -> None:
    bad = {"name": "bad", "parameters": {"type": "objekt"}}
    read = read_specs(json.dumps([WEATHER, bad, "x", WEATHER, {"name": "ping"}]))
    assert [spec.name for spec in read.specs] == ["get_weather", "ping"]
    assert len(read.refused) == 3
    assert read.refused[0].startswith("bad, field “parameters.type”: 'objekt' is not")
    assert read.refused[1].startswith("Tool 3 must be an object")
    assert read.refused[2] == "Tool 4, field “name”: there is another tool called get_weather."


# --- whatever there is

WORDS = (
    "name", "type", "function", "parameters", "inputSchema", "properties", "items", "$ref", "$defs", "required", "enum",
    "pattern", "additionalProperties", "allOf", "anyOf", "$id", "tools", "a", "not", "prefixItems", "patternProperties",
    "$schema", "nullable", "title", "description",
)  # fmt: skip
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from(["", "object", "string", "#", "#/$defs/a", "a", "("]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(WORDS),
            inner,
            max_size=4,
        )
    ),
    max_leaves=25,
)


@settings(max_examples=150, deadline=None)
@given(VALUES)
def test_any_json_is_taken_or_refused_with_a_sentence_and_what_is_taken_can_be_checked(value: Any) -> None:
    for candidate in (value, {"name": "f", "parameters": value}):
        try:
            read = read_specs(json.dumps(candidate))
        except ToolsInvalid:
            continue
        assert all(sentence.endswith(".") for sentence in (*read.refused, *read.notes))
        for spec in read.specs:
            assert isinstance(violation(spec.parameters, '{"a": [1, {"a": "x"}]}'), str)
            assert parse_specs(json.dumps({"name": spec.name, "parameters": json.loads(spec.parameters)}))
