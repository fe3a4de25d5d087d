"""What servers were seen to send and to refuse, replayed: calls in pieces, thoughts."""

from collections.abc import Iterator
from typing import Any

import pytest

from backend.chat import Finished, Text, ToolCall, ToolSpec, UserMessage
from backend.engine import ChatRequest, TextDelta, ThoughtDelta, Waiting
from backend.server_engine import ServerEngine
from tests.stub_server import USAGE, Answer, Stub, chunk, sends, stub_server

TOOL = ToolSpec("add", "Adds", '{"type": "object", "properties": {"a": {"type": "integer"}}}')
DONE = b"data: [DONE]\n\n"


@pytest.fixture(scope="module")
def stub() -> Iterator[Stub]:
    with stub_server() as running:
        yield running


@pytest.fixture
def engine(stub: Stub) -> ServerEngine:
    stub.bodies.clear()
    stub.answers.clear()
    return ServerEngine(stub.url, model="tiny")


def asking(tools: tuple[ToolSpec, ...] = (TOOL,), **fields: Any) -> ChatRequest:
    return ChatRequest(messages=(UserMessage((Text("Hi"),)),), tools=tools, **fields)


class Told:
    """What came of a request: its text, its thought, its calls by name and arguments, and its end."""

    def __init__(self, engine: ServerEngine, request: ChatRequest) -> None:
        self.text, self.thought, self.calls, self.ids = "", "", list[tuple[str, str]](), list[str]()
        for event in engine.stream(request):
            match event:
                case TextDelta(text):
                    self.text += text
                case ThoughtDelta(text):
                    self.thought += text
                case ToolCall(key, name, arguments):
                    self.calls.append((name, arguments))
                    self.ids.append(key)
                case Finished():
                    self.end = event
                case Waiting():
                    pass


def pieces(*calls: dict[str, Any], reason: str = "tool_calls") -> Answer:
    """An answer whose chunks hold one piece of a call each."""
    return sends(*(chunk({"tool_calls": [call]}) for call in calls), chunk({}, reason), chunk(**USAGE), DONE)


def piece(name: str | None = None, arguments: str | None = None, **fields: Any) -> dict[str, Any]:
    return {**fields, "function": {"name": name, "arguments": arguments}}


TWO = [("add", '{"a": 1}'), ("add", '{"a": 2}')]
ONE = TWO[:1]


@pytest.mark.parametrize(
    ("sent", "calls"),
    [
        ([piece("add", '{"a": 1}', index=0, id="c1"), piece("add", '{"a": 2}', index=0, id="c2")], TWO),
        ([piece("add", '{"a": 1}', id="c1"), piece("add", '{"a": 2}', id="c2")], TWO),
        ([piece("add", '{"a": 1}', index=None, id="c1"), piece("add", '{"a": 2}', index=None, id="c2")], TWO),
        ([piece("add", '{"a": 1}', index=0), piece("add", '{"a": 2}', index=0)], TWO),
        ([piece("add", '{"a": 1}'), piece("add", ""), piece(None, '{"a": 2}')], TWO),
        (
            [
                piece("add", '{"a":', index=0, id="c1"),
                piece("add", '{"a":', index=0, id="c2"),
                piece(None, " 1}", index=0, id="c1"),
                piece(None, " 2}", index=0, id="c2"),
            ],
            TWO,
        ),
        ([piece("now", "", index=0, id="c1"), piece("add", '{"a": 1}', index=0, id="c2")], [("now", "{}"), *ONE]),
        ([piece("add", '{"a"', index=0, id="c1"), piece("add", ": 1}", index=0, id="c1")], ONE),
        ([piece("add", '{"a"', index=0), piece("add", ": 1}", index=0), piece("add", "", index=0)], ONE),
        ([piece("add", '{"a"', index=0, id="c1"), piece("", ": 1}", index=0, id="")], ONE),
        ([piece("add", '{"a"', index=0, id="c1"), piece(None, ": 1}", index=0, id="c2")], ONE),  # an id for each piece
        ([piece("ad", "", index=0, id="c1"), piece("d", '{"a": 1}', index=0)], ONE),
        ([piece("add", {"a": 1}, index=0, id="c1")], ONE),  # type: ignore[arg-type]
    ],
    ids=[
        "all have index 0", "none has an index", "each has a null index", "neither ids nor indexes tell",
        "a call that begins without arguments", "in turns", "the first takes no arguments", "name and id in each piece",
        "the name in each piece, and once more", "empty name and id", "an id for each piece", "a name in two pieces",
        "arguments that are no text",
    ],
)  # fmt: skip
def test_pieces_become_the_calls_that_were_meant(
    engine: ServerEngine, stub: Stub, sent: list[dict[str, Any]], calls: list[tuple[str, str]]
) -> None:
    stub.answers = [pieces(*sent)]
    told = Told(engine, asking())
    assert told.calls == calls
    assert len(set(told.ids)) == len(calls)
    assert told.end.reason == "tool_calls"


def test_the_older_form_of_a_call_is_one(engine: ServerEngine, stub: Stub) -> None:
    stub.answers = [
        sends(
            chunk({"function_call": {"name": "add", "arguments": '{"a"'}}),
            chunk({"function_call": {"arguments": ": 1}"}}),
            chunk({}, "function_call"),
            DONE,
        )
    ]
    told = Told(engine, asking())
    assert (told.calls, told.end.reason) == (ONE, "tool_calls")


def test_an_end_for_tool_calls_without_any_is_a_plain_end(engine: ServerEngine, stub: Stub) -> None:
    stub.answers = [sends(chunk({"content": "I will."}), chunk({}, "tool_calls"), DONE)]
    told = Told(engine, asking())
    assert (told.text, told.calls, told.end.reason) == ("I will.", [], "stop")


def test_a_call_that_comes_as_text_stays_text_with_a_hint(engine: ServerEngine, stub: Stub) -> None:
    written = [chunk({"content": text}) for text in ("[TOOL_C", "ALLS]add[ARGS]", '{"a": 1}')]
    stub.answers = [sends(*written, chunk({}, "stop"), DONE)] * 2
    told = Told(engine, asking())
    assert (told.text, told.calls) == ('[TOOL_CALLS]add[ARGS]{"a": 1}', [])
    assert "tool call parser" in told.end.note
    assert not Told(engine, asking(tools=())).end.note  # no tool was offered: it was asked to write that


@pytest.mark.parametrize(
    ("sent", "usage"),
    [
        ([chunk({"content": "Hello"}, "stop"), chunk(usage=None)], None),
        ([chunk({"content": "Hello"}, "stop")], None),
        ([chunk({"content": "Hello"}), chunk({}, "stop", usage={"prompt_tokens": 9.0, "completion_tokens": None})], 9),
        ([chunk({"content": "Hello"}, "stop"), chunk(choices=None, **USAGE)], 9),
        ([chunk({"content": "Hello"}), chunk(choices=[{"delta": None, "finish_reason": "stop"}])], None),
        ([chunk({"content": "Hello"}), chunk(choices=[{"index": 0, "finish_reason": "stop"}])], None),
    ],
    ids=["null usage", "no usage", "usage in floats", "null choices", "null delta", "no delta"],
)  # fmt: skip
def test_what_is_null_or_missing_beside_the_answer_breaks_nothing(
    engine: ServerEngine, stub: Stub, sent: list[bytes], usage: int | None
) -> None:
    stub.answers = [sends(*sent, DONE)]
    told = Told(engine, asking())
    assert (told.text, told.end.reason) == ("Hello", "stop")
    assert (told.end.usage and told.end.usage.prompt_tokens) == usage


THINKING = {"type": "thinking", "thinking": [{"type": "text", "text": "Let me see."}]}


@pytest.mark.parametrize(
    "deltas",
    [
        [{"content": None, "reasoning_content": "Let me "}, {"reasoning_content": "see."}, {"content": "Four."}],
        [{"reasoning": "Let me "}, {"content": "", "reasoning": "see."}, {"content": "Four."}],
        [{"reasoning": "Let me see.", "reasoning_content": "Let me see."}, {"content": "Four."}],
        [{"content": [THINKING]}, {"content": [{"type": "text", "text": "Four."}]}],
        [{"content": [{**THINKING, "thinking": "Let me see."}, {"type": "text", "text": "Four."}, {"type": "new"}]}],
    ],
    ids=["reasoning_content", "reasoning", "both, with the same", "a list of parts", "parts of other kinds too"],
)
def test_a_thought_comes_apart_from_the_answer(engine: ServerEngine, stub: Stub, deltas: list[dict[str, Any]]) -> None:
    stub.answers = [sends(*map(chunk, deltas), chunk({}, "stop"), DONE)]
    told = Told(engine, asking())
    assert (told.thought, told.text) == ("Let me see.", "Four.")


def test_a_thought_that_is_cut_off_is_a_thought(engine: ServerEngine, stub: Stub) -> None:
    stub.answers = [sends(chunk({"reasoning_content": "on and "}), chunk({"reasoning_content": "on"}, "length"), DONE)]
    told = Told(engine, asking())
    assert (told.thought, told.text, told.end.reason) == ("on and on", "", "length")
