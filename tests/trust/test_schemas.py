"""Schemas that a visitor gives and that take long or much memory to compile hold nobody up."""

import json
import threading
import time
from dataclasses import replace
from typing import Any

import psutil
import pytest
import torch

from backend.chat.messages import Finished, ToolSpec, UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest, Event
from backend.chat.settings import GenerationSettings
from backend.engines.local.engine import LocalEngine
from backend.engines.local.output.grammar import Grammars
from backend.engines.local.output.schema_check import SchemaCheck
from backend.tokenization.inspect import inspect
from backend.tokenization.tokenizer import Tokenizer

PRIMES = [99901 + 2 * number for number in range(250)]
MIXED = [{"a": n} if n % 2 else [n] for n in range(11_000)]  # no types, and jsonschema compares each with each
ENFORCED_NOT = "couldn't be enforced"
SOON = 40  # seconds, on a busy machine; without a limit it takes minutes


def fields(count: int, **keywords: Any) -> dict[str, Any]:
    properties = {f"a{number}": {k: v[number] for k, v in keywords.items()} for number in range(count)}
    return {"type": "object", "properties": properties, "required": list(properties)}


def request(schema: dict[str, Any] | None = None, tool: dict[str, Any] | None = None) -> ChatRequest:
    settings = GenerationSettings(max_tokens=8, seed=1, json_schema=json.dumps(schema) if schema else "")
    tools = (ToolSpec("secret", "", json.dumps(tool)),) if tool else ()
    return ChatRequest(messages=(UserMessage((Text("Hello"),)),), tools=tools, settings=settings)


def note(events: list[Event]) -> str:
    """What the person is told at the end."""
    assert isinstance(events[-1], Finished)
    return events[-1].note


def doubled(levels: int) -> dict[str, Any]:
    """A schema whose size doubles with each level once its references are followed."""
    defs: dict[str, Any] = {"d0": {"type": "object", "properties": {"x": {"type": "string"}}}}
    for level in range(1, levels):
        before = {"$ref": f"#/$defs/d{level - 1}"}
        defs[f"d{level}"] = {"anyOf": [before, before, {"type": "object", "properties": {f"y{level}": {}}}]}
    return {"$defs": defs, "allOf": [{"$ref": f"#/$defs/d{levels - 1}"}] * 2}


def intersected(width: int, depth: int) -> dict[str, Any]:
    """A schema with width ** depth cases."""
    cases = [{"type": "object", "properties": {f"k{number}": {"type": "integer"}}} for number in range(width)]
    return {"allOf": [{"anyOf": cases}] * depth}


HOSTILE: dict[str, dict[str, Any]] = {
    "many multiples": fields(200, type=["integer"] * 200, multipleOf=PRIMES),
    "some multiples": fields(20, type=["integer"] * 20, multipleOf=PRIMES),
    "a multiple of multiples": {"properties": {"a": {"allOf": [{"multipleOf": p} for p in (101, 103, 107, 109)]}}},
    "patterns": fields(60, type=["string"] * 60, pattern=[f"^(.*a.{{{n}}}b.*)$" for n in range(60)]),
    "a pattern": {"properties": {"a": {"type": "string", "pattern": "^((([a-z]{1,60}-){1,60}_){1,60}){1,60}$"}}},
    "wide pattern": {"properties": {"a": {"type": "string", "pattern": "^" + ".?" * 5000 + "$"}}},
    "doubled references": doubled(30),
    "endless references": {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"},
    "cases": intersected(8, 3),
    "more cases": intersected(20, 6),
    "many fields": {"properties": {f"p{number}": {} for number in range(1200)}},
}


def seconds_of(engine: LocalEngine, asked: ChatRequest) -> tuple[float, list[Event]]:
    start = time.monotonic()
    events = list(engine.stream(asked))
    return time.monotonic() - start, events


@pytest.mark.parametrize("name", HOSTILE)
def test_an_answer_in_a_hostile_schema_comes_soon_and_takes_no_memory(engine: LocalEngine, name: str) -> None:
    before = psutil.Process().memory_info().rss
    seconds, events = seconds_of(engine, request(schema=HOSTILE[name]))
    assert isinstance(events[-1], Finished)
    assert seconds < SOON
    assert psutil.Process().memory_info().rss - before < 500e6


@pytest.mark.parametrize("name", ["many multiples", "some multiples", "cases"])
def test_a_call_of_a_tool_with_a_hostile_schema_comes_soon_too(engine: LocalEngine, name: str) -> None:
    seconds, events = seconds_of(engine, request(tool={"type": "object"} | HOSTILE[name]))
    assert isinstance(events[-1], Finished)
    assert seconds < SOON


def test_what_cannot_be_compiled_in_time_is_said_without_the_schema_in_the_log(
    engine: LocalEngine, caplog: pytest.LogCaptureFixture
) -> None:
    secret = fields(20, type=["integer"] * 20, multipleOf=PRIMES, description=["secret"] * 20)
    _, events = seconds_of(engine, request(schema=secret))
    assert ENFORCED_NOT in note(events)
    _, events = seconds_of(engine, request(schema={"properties": {"secret": {"not": {"const": "secret"}}}}))
    assert ENFORCED_NOT in note(events)
    assert len(caplog.messages) == 2
    assert "secret" not in caplog.text
    assert all("\n" not in message for message in caplog.messages)


def test_a_schema_is_tried_before_anything_without_limits_reads_it(
    engine: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.engines.local.output.grammar._constraints", pytest.fail)
    _, events = seconds_of(engine, request(schema={"type": MIXED[:1000]}))
    assert ENFORCED_NOT in note(events)


@pytest.mark.timeout(30)
def test_the_prompt_of_an_imported_request_is_made_without_a_check_of_its_tools(
    demo_tokenizer: Tokenizer,
) -> None:
    asked = replace(request(), tools=(ToolSpec("slow", "", json.dumps({"type": MIXED})),))
    shown = "".join(piece.text for piece in inspect(asked, demo_tokenizer).pieces)
    assert '"type": [[0], {"a": 1}' in shown


def test_a_grammar_that_is_left_in_mid_answer_is_logged_once_without_the_answer(
    engine: LocalEngine, caplog: pytest.LogCaptureFixture
) -> None:
    tokenizer = engine.loading.result().tokenizer
    processor = Grammars(tokenizer, SchemaCheck()).processor(request(schema={"type": "object"}))
    assert processor
    ids, scores = [1], torch.zeros(1, tokenizer.tekken.n_words)
    for text in ("", "secret", "word"):
        ids += tokenizer.text_ids(text)
        processor(torch.tensor([ids]), scores)
    assert len(caplog.messages) == 1
    assert "secret" not in caplog.text


def test_the_next_visitor_is_answered_while_a_hostile_schema_is_tried(engine: LocalEngine) -> None:
    hostile = fields(20, type=["integer"] * 20, multipleOf=PRIMES, title=["another"] * 20)
    thread = threading.Thread(target=seconds_of, args=(engine, request(schema=hostile)))
    thread.start()
    seconds, events = seconds_of(engine, request())
    thread.join()
    assert isinstance(events[-1], Finished)
    assert seconds < SOON


@pytest.mark.parametrize("nested", [{"a": None}, [None]], ids=["objects", "lists"])
def test_a_schema_that_is_nested_too_deeply_is_refused(nested: Any) -> None:
    text = json.dumps(nested).replace("null", "%s")
    deep = "1"
    for _ in range(100):
        deep = text % deep
    with pytest.raises(ValueError, match="a JSON object"):
        GenerationSettings(json_schema=f'{{"default": {deep}}}')
