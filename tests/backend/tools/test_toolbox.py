"""Running calls, the tools that ship, and reading pasted schemas."""

import datetime
import json
import socket
import time
from dataclasses import replace

import pytest

from backend.chat.messages import ToolCall, ToolResult, ToolSpec
from backend.tools.ask import ASK_PERSON
from backend.tools.builtin import BUILTIN_TOOLS
from backend.tools.toolbox import Tool, Toolbox, parse_tools

BOX = Toolbox(BUILTIN_TOOLS)
WEATHER = {
    "name": "get_weather",
    "description": "The weather in a city.",
    "parameters": {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "days": {"type": "array", "items": {"type": "integer", "minimum": 1}},
        },
        "required": ["city"],
    },
}


def call(name: str, arguments: object) -> ToolCall:
    return ToolCall("abcdefghi", name, arguments if isinstance(arguments, str) else json.dumps(arguments))


def calculated(expression: str) -> str:
    return BOX.run(call("my_calculator", {"expression": expression})).output


def declared(**changes: object) -> Toolbox:
    return Toolbox(parse_tools(json.dumps(WEATHER | changes)))


def failing(error: Exception) -> Toolbox:
    def fail() -> str:
        raise error

    return Toolbox((Tool(ToolSpec("fail", "Fails.", '{"type": "object"}'), fail),))


# --- running a call


def test_a_call_is_run_and_timed() -> None:
    result = BOX.run(call("my_calculator", '{"expression": "6 * 7"}'))
    assert (result.call_id, result.output, result.is_error) == ("abcdefghi", "42", False)
    assert result.seconds is not None
    assert 0 <= result.seconds < 60


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("my_calc", "{}", "no tool called “my_calc”. Available: my_calculator, current_time, draw_chart, zoom."),
        ("x" * 5000, "{}", "Available: my_calculator, current_time, draw_chart, zoom."),
        ("", "{}", "no tool called “”"),
        ("my_calculator", '{"expression": ', "line 1, column 15: Expecting value."),
        ("my_calculator", "", "'expression' is a required property."),
        ("my_calculator", '["1+1"]', "must be a JSON object."),
        ("my_calculator", '"1+1"', "must be a JSON object."),
        ("my_calculator", '{"expression": NaN}', "NaN is not a number"),
        ("my_calculator", '{"expression": -Infinity}', "-Infinity is not a number"),
        ("my_calculator", '{"expression": 1e999}', "1e999 is not a number"),
        ("my_calculator", '{"expression": %s}' % ("1" * 5000), "more than 300 digits."),
        ("my_calculator", '{"expression": 5}', "expression: 5 is not of type 'string'."),
        ("my_calculator", {"expression": ["b" * 9000]}, "is not of type 'string'."),
        ("my_calculator", '{"expression": "\\ud800"}', "half of a character"),
        ("my_calculator", "[" * 40_000, "nested too deeply."),
        ("my_calculator", '{"expression": "1", "base": 2}', "unexpected keyword argument 'base'."),
    ],
)
def test_a_bad_call_is_answered_with_what_is_wrong(name: str, arguments: object, said: str) -> None:
    result = BOX.run(call(name, arguments))
    assert result.is_error
    assert result.output.startswith("Error: ")
    assert said in result.output
    assert len(result.output) < 500
    assert not BOX.is_declared(call(name, arguments))


@pytest.mark.parametrize(
    ("error", "output"),
    [
        (RuntimeError("the line\n is down."), "Error: the line is down."),
        (KeyError(), "Error: KeyError."),
        (RecursionError("too deep"), "Error: too deep."),
    ],
)
def test_what_a_tool_raises_goes_to_the_model(error: Exception, output: str) -> None:
    result = failing(error).run(call("fail", {}))
    assert (result.output, result.is_error) == (output, True)


def test_long_and_broken_output_is_made_fit_to_send() -> None:
    box = Toolbox((Tool(ToolSpec("talk", "", "{}"), lambda: "\ud800" + "x" * 9999),))
    output = box.run(call("talk", {})).output
    assert output.startswith("?xxx")
    assert output.endswith("x\n[Cut here: the output has 10,000 characters.]")
    assert len(output) < 8100


def test_a_declared_tool_waits_for_a_person_only_where_its_arguments_are_valid() -> None:
    box = declared()
    assert box.is_declared(call("get_weather", {"city": "Paris"}))
    assert not box.is_declared(call("get_weather", {"town": "Paris"}))
    assert "'city' is a required property" in box.run(call("get_weather", {"town": "Paris"})).output
    wrong = box.run(call("get_weather", {"city": "Paris", "days": [1, 0]}))
    assert "days[1]: 0 is less than the minimum of 1" in wrong.output
    assert box.run(call("get_weather", {"city": "Paris"})).is_error


def test_a_call_that_was_allowed_runs_once_whoever_calls_with_its_id_again() -> None:
    """Ids of calls are a server's, which may give one twice."""
    runs = Tool(ToolSpec("delete", "Deletes.", '{"type": "object"}'), lambda: "deleted")
    asked = replace(runs, function=None)
    allowed = ("abcdefghi", (runs,))
    box = Toolbox((asked,), approved=allowed)
    assert not box.is_declared(call("delete", {}))
    assert box.run(call("delete", {})).output == "deleted"
    assert box.is_declared(call("delete", {}))
    assert box.run(call("delete", {})).is_error
    box = Toolbox((asked,), approved=allowed)
    assert box.run(call("delete", "no JSON")).is_error
    assert box.is_declared(call("delete", {}))


def test_deep_arguments_are_checked_or_refused_without_a_crash() -> None:
    for depth in (10, 100, 300, 600, 900, 5000):
        arguments = f'{{"city": {"[" * depth}{"]" * depth}}}'
        assert declared().run(call("get_weather", arguments)).is_error
        assert not declared().is_declared(call("get_weather", arguments))


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ([[n] for n in range(4000)], "person only"),
        ([[n % 3999] for n in range(4000)], "items: the items are not all different"),
        ([[n] for n in range(9000)], "longer than 50,000 characters"),
    ],
)
def test_thousands_of_items_are_checked_at_once(items: list[object], said: str) -> None:
    schema = {"type": "object", "properties": {"items": {"type": "array", "uniqueItems": True}}}
    toolbox = Toolbox([Tool(ToolSpec("many", "", json.dumps(schema)))])
    start = time.process_time()
    result = toolbox.run(ToolCall("a", "many", json.dumps({"items": items})))
    assert said in result.output
    assert time.process_time() - start < 10  # comparing each with each took half a minute


def test_a_toolbox_shows_its_tools_and_refuses_two_of_one_name() -> None:
    assert [spec.name for spec in BOX.specs] == ["my_calculator", "current_time", "draw_chart", "zoom"]
    with pytest.raises(ValueError, match="same name"):
        Toolbox(BUILTIN_TOOLS + BUILTIN_TOOLS[:1])
    assert "Available: none." in Toolbox().run(call("f", {})).output


def test_a_question_waits_for_the_person_only_where_it_is_one() -> None:
    box = Toolbox((ASK_PERSON,))
    assert box.is_declared(call("ask_person", {"question": "Which?", "options": ["red", "blue"]}))
    for wrong in ({}, {"question": ""}, {"question": 5}, {"question": "Which?", "options": ["a"] * 9}):
        assert not box.is_declared(call("ask_person", wrong))
        assert box.run(call("ask_person", wrong)).output.startswith("Error: the arguments of ask_person")


# --- the tools that ship


def test_the_model_is_told_of_the_built_in_tools_as_it_was_trained() -> None:
    calculator, clock = BOX.specs[:2]
    assert calculator.description == "A calculator that can evaluate a mathematical expression."
    assert json.loads(calculator.parameters) == {
        "type": "object",
        "properties": {"expression": {"type": "string", "description": "The mathematical expression to evaluate."}},
        "required": ["expression"],
    }
    assert clock.description == "The current date and time in a time zone."
    about = "An IANA time zone name, such as Europe/Paris. Defaults to UTC."
    assert json.loads(clock.parameters) == {
        "type": "object",
        "properties": {"timezone": {"type": "string", "description": about}},
    }


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("0.1+0.2", "0.3"),
        ("4/2", "2"),
        ("1/3", "0.333333333333"),
        ("10**20/10", "10000000000000000000"),
        ("2**100", "1267650600228229401496703205376"),
        ("2 ** -1", "0.5"),
        ("(-1) ** 99999 + 1 ** 99999", "0"),
        ("-7 // 2", "-4"),
        ("-7 % 3", "2"),
        ("3 \u00d7 4 \u00f7 2 \u2212 1", "5"),
        ("2^3·2", "16"),
        ("(1 + 2) * -3", "-9"),
        ("1e-20", "1e-20"),
        ("sqrt(16) + abs(-2) + max(1, 2) - min(1, 2)", "7"),
        ("sin(pi) + cos(pi/2)", "0"),
        ("round(2.567, 1)", "2.6"),
        ("log(8, 2) + log10(100) + ln(e)", "6"),
        ("factorial(20)", "2432902008176640000"),
    ],
)
def test_the_calculator_calculates(expression: str, value: str) -> None:
    assert calculated(expression) == value


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("1/0", "division by zero"),
        ("5 % 0", "division by zero"),
        ("9**9**9", "a number is too large"),
        ("(2**3000)**3000", "a number is too large"),
        ("*".join(["2**3000"] * 9), "a number is too large"),
        ("2.5**99999", "a number is too large"),
        ("factorial(10**9)", "factorial takes a whole number from 0 to 400"),
        ("round(5, -10**9)", "round takes at most 300 digits"),
        ("1e308 * 10", "the result is not a finite number"),
        ("(-8)**0.5", "the result is not a real number"),
        ("sqrt", "the result is not a real number"),
        ("sqrt(1, 2)", "a function was given the wrong number or kind of arguments"),
        ("1,000", "write 1000, not 1,000"),
        ("x + 1", "“x” has no value"),
        ("open('f')", "there is no function “open”"),
        ("__import__('os')", "there is no function “__import__”"),
        ("", "not complete or not arithmetic"),
        ("1 +", "not complete or not arithmetic"),
        ("1; 2", "not complete or not arithmetic"),
        ("'a' * 9", "only numbers"),
        ("[1] * 9", "only numbers"),
        ("(1).real", "only numbers"),
        ("True", "only numbers"),
        ("[x for x in (1, 2)]", "only numbers"),
        ("max(*[1, 2])", "only numbers"),
        ("1 + " * 60 + "1", "longer than 200 characters"),
    ],
)
def test_the_calculator_refuses_at_once_what_is_not_bounded_arithmetic(expression: str, reason: str) -> None:
    start = time.process_time()
    output = calculated(expression)
    assert time.process_time() - start < 1
    assert output.startswith("Error: ")
    assert reason in output


@pytest.mark.parametrize(
    ("arguments", "offset"),
    [({}, 0), ({"timezone": ""}, 0), ({"timezone": "UTC"}, 0), ({"timezone": "Asia/Tokyo"}, 9)],
)
def test_the_clock_tells_the_time_of_a_zone(arguments: dict[str, str], offset: int) -> None:
    moment, _, day = BOX.run(call("current_time", arguments)).output.partition(" ")
    told = datetime.datetime.fromisoformat(moment)
    assert told.utcoffset() == datetime.timedelta(hours=offset)
    assert abs(told - datetime.datetime.now(datetime.UTC)) < datetime.timedelta(seconds=5)
    assert day == f"({told:%A})"


@pytest.mark.parametrize(
    "zone", ["../../etc/passwd", "/etc/passwd", "Europe", "Europe/", "Mars/Olympus", "tzdata.zi", "\0", "a" * 9000]
)
def test_what_is_no_time_zone_is_refused(zone: str) -> None:
    result = BOX.run(call("current_time", {"timezone": zone}))
    assert result.is_error
    assert "is not a time zone; give an IANA name, such as Europe/Paris." in result.output
    assert len(result.output) < 200


def test_no_schema_makes_the_app_reach_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", lambda *_: pytest.fail("the network was asked"))
    schema = {"$schema": "http://127.0.0.1:9/schema", "$id": "http://127.0.0.1:9/id", "properties": {"a": {}}}
    box = declared(parameters=schema)
    assert box.is_declared(call("get_weather", {"a": 1}))


def test_results_and_tools_are_values() -> None:
    assert parse_tools(json.dumps(WEATHER)) == parse_tools(json.dumps(WEATHER))
    assert hash(BUILTIN_TOOLS) == hash(tuple(BUILTIN_TOOLS))
    assert hash(ToolResult("abcdefghi", "x"))
