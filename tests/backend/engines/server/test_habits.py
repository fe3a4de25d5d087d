"""What servers were seen to send and to refuse, replayed: calls in pieces, thoughts, fields that one does not take."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from backend.chat.errors import EngineError, RequestRejected
from backend.chat.messages import Finished, ToolCall, ToolSpec, UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest, TextDelta, ThoughtDelta, Waiting
from backend.chat.settings import GenerationSettings
from backend.engines.server.engine import ServerEngine
from tests.support.stub_server import USAGE, WHOLE, Answer, Stub, chunk, head, sends, stub_server

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
        ([piece("add", '{"a": 1}', index=0, id="c1"), piece("add", "", index=0, id="c1")], ONE),
        ([piece("add", '{"a": 1}', index=0, id="0"), piece("add", '{"a": 2}', index=0, id="0")], TWO),
        ([piece("add", '{"a"', index=0, id="c1"), piece("", ": 1}", index=0, id="")], ONE),
        ([piece("add", '{"a"', index=0, id="c1"), piece(None, ": 1}", index=0, id="c2")], ONE),  # an id for each piece
        ([piece("add", '{"a": 1}', index=0, id="c1"), piece(None, "\n", index=0, id="c2")], ONE),
        ([piece("ad", "", index=0, id="c1"), piece("d", '{"a": 1}', index=0)], ONE),
        ([piece("add", {"a": 1}, index=0, id="c1")], ONE),  # type: ignore[arg-type]
    ],
    ids=[
        "all have index 0", "none has an index", "each has a null index", "neither ids nor indexes tell",
        "a call that begins without arguments", "in turns", "the first takes no arguments", "name and id in each piece",
        "the name in each piece, and once more",
        "id and name once more", "the same id for every call", "empty name and id", "an id for each piece",
        "another id at the end", "a name in two pieces", "arguments that are no text",
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


# --- fields that a server does not take -------------------------------------------------------------------------------


def strict(*unknown: str, message: str = "") -> Answer:
    """Refuses a body with one of these fields as Mistral's own API does, or with a message; else answers."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        found = [name for name in unknown if name in handler.body]  # type: ignore[attr-defined]
        if not found:
            return sends(*WHOLE)(handler)
        head(handler, 400 if message else 422)
        entries = [
            {"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs are not permitted", "input": 1}
            for name in found
        ]
        told = {"object": "error", "message": {"detail": entries}, "type": "invalid_request_error"}
        said = {"error": {"message": message.format(found[0]), "type": "invalid_request_error"}}
        handler.wfile.write(json.dumps(said if message else told).encode())
        return None

    return answer


SEEDED = GenerationSettings(seed=7)


def test_fields_that_a_server_refuses_are_left_out_from_then_on(engine: ServerEngine, stub: Stub) -> None:
    stub.answers = [strict("seed", "stream_options")] * 4
    told = Told(engine, asking(settings=SEEDED))
    assert told.text == "Hello"
    assert "seed" in told.end.note
    assert len(stub.bodies) == 2
    first, second = stub.bodies
    assert first.keys() - second.keys() == {"seed", "stream_options"}
    assert {name: first[name] for name in second} == second
    drawn = Told(engine, asking(settings=SEEDED, seed_drawn=True))
    assert (drawn.text, drawn.end.note) == ("Hello", "")  # nobody asked for that seed
    again = Told(engine, asking(settings=SEEDED))
    assert "seed" in again.end.note
    assert len(stub.bodies) == 4


@pytest.mark.parametrize(
    "message",
    [
        "Unknown parameter: '{}'.",
        "Unrecognized request argument supplied: {}",
        "property '{}' is unsupported",
        'Invalid JSON payload received. Unknown name "{}": Cannot find field.',
        "[{{'type': 'extra_forbidden', 'loc': ('body', '{}'), 'msg': 'Extra inputs are not permitted'}}]",
        "{}: Extra inputs are not permitted",
    ],
)
def test_refusals_in_other_words_are_understood_one_field_at_a_time(
    engine: ServerEngine, stub: Stub, message: str
) -> None:
    stub.answers = [strict("top_k", "min_p", message=message)] * 3
    told = Told(engine, asking(settings=GenerationSettings(top_k=5, min_p=0.1, temperature=0.5)))
    assert told.text == "Hello"
    assert "top-k" in told.end.note
    assert "min-p" in told.end.note
    assert [set(body) & {"top_k", "min_p"} for body in stub.bodies] == [{"top_k", "min_p"}, {"min_p"}, set()]
    assert all(body["temperature"] == 0.5 for body in stub.bodies)


# Of the last, what a person wrote into it is refused: it is no reason to leave out everybody's.
@pytest.mark.parametrize("name", ["messages", "model", "tools", "max_tokens", "no field of ours", "seed"])
def test_what_an_answer_needs_is_never_left_out(engine: ServerEngine, stub: Stub, name: str) -> None:
    always = strict("model")

    def refuse(handler: BaseHTTPRequestHandler) -> None:
        head(handler, 422)
        entry = {"type": "extra_forbidden", "loc": ["body", name, 0, "seed"], "msg": "Extra inputs are not permitted"}
        handler.wfile.write(json.dumps({"detail": [entry]}).encode())

    stub.answers = [refuse, always, always]
    with pytest.raises(RequestRejected):
        Told(engine, asking(settings=SEEDED))
    assert len(stub.bodies) == 1


def test_a_server_that_refuses_everything_is_not_asked_for_ever(engine: ServerEngine, stub: Stub) -> None:
    def refuse(handler: BaseHTTPRequestHandler) -> None:
        head(handler, 422)
        entries = [{"type": "extra_forbidden", "loc": ["body", name]} for name in ("seed", "stream_options", "stop")]
        handler.wfile.write(json.dumps({"detail": entries}).encode())

    stub.answers = [refuse] * 9
    with pytest.raises(EngineError):
        Told(engine, asking(settings=SEEDED))
    assert len(stub.bodies) == 2


def test_many_requests_at_once_all_get_their_answers(engine: ServerEngine, stub: Stub) -> None:
    stub.answers = [strict("seed", "stream_options")] * 32
    told: list[Told] = []
    threads = [threading.Thread(target=lambda: told.append(Told(engine, asking(settings=SEEDED)))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [one.text for one in told] == ["Hello"] * 16


def test_a_call_that_is_required_is_asked_for_by_the_word_that_the_server_knows(
    engine: ServerEngine, stub: Stub
) -> None:
    def wants_any(handler: BaseHTTPRequestHandler) -> None:
        if stub.bodies[-1]["tool_choice"] != "required":
            return sends(*WHOLE)(handler)
        head(handler, 422)
        entry = {"type": "enum", "loc": ["body", "tool_choice"], "msg": "Input should be 'auto', 'none' or 'any'"}
        handler.wfile.write(json.dumps({"object": "error", "message": {"detail": [entry]}}).encode())
        return None

    stub.answers = [wants_any] * 3
    for _ in range(2):
        assert Told(engine, asking(tool_choice="required")).text == "Hello"
    assert [body["tool_choice"] for body in stub.bodies] == ["required", "any", "any"]
