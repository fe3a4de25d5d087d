"""The server engine against a small server that keeps OpenAI's protocol or breaks it."""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from backend.chat.errors import EngineError, EngineUnavailable, GenerationFailed, RequestRejected
from backend.chat.messages import AssistantMessage, Finished, ToolCall, ToolMessage, ToolResult, ToolSpec, UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest, Event, TextDelta, Waiting
from backend.chat.settings import GenerationSettings
from backend.engines.server import reading
from backend.engines.server.engine import ServerEngine
from backend.engines.server.events import events as events_of
from tests.support.stub_server import WHOLE, Answer, Stub, chunk, head, refuses, sends, stub_server

TOOL = ToolSpec("add", "Adds", '{"type": "object", "properties": {"a": {"type": "integer"}}}')


@pytest.fixture
def stub() -> Iterator[Stub]:
    with stub_server() as running:
        yield running


def engine(stub: Stub) -> ServerEngine:
    return ServerEngine(stub.url, key="secret")


def asking(*messages: Any, **fields: Any) -> ChatRequest:
    return ChatRequest("Be brief.", messages or (UserMessage((Text("Hi"),)),), **fields)


def events(engine: ServerEngine, request: ChatRequest) -> list[Event]:
    return [event for event in engine.stream(request) if not isinstance(event, Waiting)]


def partial(engine: ServerEngine, request: ChatRequest) -> tuple[str, EngineError]:
    """The text that came before the error, and the error."""
    text = ""
    try:
        for event in engine.stream(request):
            text += event.text if isinstance(event, TextDelta) else ""
    except EngineError as error:
        return text, error
    raise AssertionError("no error came")


def test_text_streams_in_pieces_with_usage_and_a_reason(stub: Stub) -> None:
    stub.answers = [sends(*WHOLE)]
    *text, last = events(engine(stub), asking())
    assert "".join(event.text for event in text if isinstance(event, TextDelta)) == "Hello"
    assert isinstance(last, Finished)
    assert last.reason == "stop"
    assert last.usage
    assert (last.usage.prompt_tokens, last.usage.new_tokens) == (9, 2)


def test_only_fields_of_the_protocol_are_sent_and_others_only_where_they_were_changed(stub: Stub) -> None:
    stub.answers = [sends(*WHOLE), sends(*WHOLE)]
    asked = engine(stub)
    events(asked, asking())
    known = {"model", "messages", "temperature", "top_p", "max_tokens", "stream", "stream_options"}
    assert set(stub.bodies[0]) == known
    settings = GenerationSettings(top_k=5, seed=3, stop=("END",))
    events(asked, asking(settings=settings, tools=(TOOL,), tool_choice="add"))
    assert set(stub.bodies[1]) == known | {"top_k", "seed", "stop", "tools", "tool_choice"}
    assert stub.bodies[1]["tool_choice"] == {"type": "function", "function": {"name": "add"}}
    assert stub.headers[0]["Authorization"] == "Bearer secret"


def test_calls_are_put_together_from_their_pieces_and_get_ids_that_the_protocol_takes(stub: Stub) -> None:
    def call(index: int, **fields: Any) -> bytes:
        return chunk({"tool_calls": [{"index": index, **fields}]})

    stub.answers = [
        sends(
            call(0, id="abcDEF123", type="function", function={"name": " add", "arguments": "{"}),
            call(0, function={"arguments": '"a": 1}'}),
            call(1, id="call_99", type="function", function={"name": "add", "arguments": '{"a": 2}'}),
            chunk({}, "tool_calls"),
            b"data: [DONE]\n\n",
        )
    ]
    first, second, last = events(engine(stub), asking(tools=(TOOL,)))
    assert first == ToolCall("abcDEF123", "add", '{"a": 1}')
    assert isinstance(second, ToolCall)
    assert second.id != "call_99"
    assert len(second.id) == 9
    assert isinstance(last, Finished)
    assert last.reason == "tool_calls"


def test_a_conversation_with_a_tool_round_is_sent_as_openai_has_it(stub: Stub) -> None:
    stub.answers = [sends(*WHOLE)]
    call = ToolCall("abcDEF123", "add", '{"a": 1}')
    said = (UserMessage((Text("Hi"),)), AssistantMessage("", (call,)), ToolMessage(ToolResult(call.id, "2")))
    events(engine(stub), asking(*said, tools=(TOOL,)))
    assert [message["role"] for message in stub.bodies[0]["messages"]] == ["system", "user", "assistant", "tool"]


@pytest.mark.parametrize("arguments", ["", "[1]", '"a"', '{"a": '])
def test_arguments_that_are_no_object_are_none_to_a_server_which_would_refuse_them_in_every_turn(
    stub: Stub, arguments: str
) -> None:
    stub.answers = [sends(*WHOLE)]
    calls = ToolCall("abcDEF123", "add", arguments), ToolCall("abcDEF456", "add", '{"a": 1}')
    results = (ToolMessage(ToolResult(call.id, "Error: bad arguments.", is_error=True)) for call in calls)
    events(engine(stub), asking(UserMessage((Text("Hi"),)), AssistantMessage("", calls), *results, tools=(TOOL,)))
    sent = stub.bodies[0]["messages"][2]["tool_calls"]
    assert [call["function"]["arguments"] for call in sent] == ["{}", '{"a": 1}']


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (refuses(400, "This model's maximum context length is 8"), RequestRejected, "too long for the model"),
        (refuses(400), RequestRejected, "rejected this request"),
        (refuses(404), RequestRejected, "rejected this request"),
        (refuses(401, "bad key sk-1234"), EngineUnavailable, "key"),
        (refuses(500, "Traceback /srv/x.py"), EngineUnavailable, "returned an error"),
        (refuses(503), EngineUnavailable, "returned an error"),
    ],
)
def test_a_refusal_is_one_sentence_without_the_servers_own_words(
    stub: Stub, answer: Answer, kind: type[EngineError], words: str
) -> None:
    stub.answers = [answer]
    _, error = partial(engine(stub), asking())
    assert isinstance(error, kind)
    assert words in str(error)
    assert not any(secret in str(error) for secret in ("sk-1234", "/srv", "127.0.0.1"))


def test_too_many_requests_are_tried_once_more_and_then_given_up(stub: Stub) -> None:
    stub.answers = [refuses(429, Retry_After="0"), sends(*WHOLE)]
    assert "lo" in str(events(engine(stub), asking()))
    stub.answers = [refuses(429, Retry_After="0"), refuses(429, Retry_After="0")]
    _, error = partial(engine(stub), asking())
    assert "busy" in str(error)
    assert len(stub.bodies) == 4


def test_a_request_that_is_given_up_while_a_busy_server_is_waited_for_is_not_sent_again(stub: Stub) -> None:
    stub.answers = [refuses(429, Retry_After="0.5"), sends(*WHOLE)]
    stream = engine(stub).stream(asking())
    while "busy" not in getattr(next(stream), "status", ""):
        pass
    reading = next(thread for thread in threading.enumerate() if thread.name == "server-stream")
    stream.close()
    reading.join(30)
    assert not reading.is_alive()
    assert len(stub.bodies) == 1


def test_a_stream_closed_before_the_server_answers_closes_the_connection_at_once(stub: Stub) -> None:
    asked, gone = threading.Event(), threading.Event()

    def silent(handler: BaseHTTPRequestHandler) -> None:
        asked.set()
        handler.connection.settimeout(30)
        with suppress(ConnectionError):  # but no TimeoutError, which says that it was not closed
            handler.connection.recv(1)  # returns when the other side has closed
        gone.set()

    stub.answers = [silent]
    stream = engine(stub).stream(asking())
    assert isinstance(next(stream), Waiting)
    assert asked.wait(30)
    reading = next(thread for thread in threading.enumerate() if thread.name == "server-stream")
    stream.close()
    assert gone.wait(30)
    reading.join(30)
    assert not reading.is_alive()


@pytest.mark.parametrize("size", [1, 3, 4096])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_events_are_put_together_however_they_arrive_and_their_lines_end(size: int, end: str) -> None:
    lines = ['data: {"a": "\u2028\x85"}', "", ": a comment", "data:one", "id: 7", "data: two", "", "", "data: last"]
    stream = "\ufeff".encode() + end.join(lines).encode()
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    assert [event.data for event in events_of(pieces)] == ['{"a": "\u2028\x85"}', "one\ntwo", "last"]


def test_a_server_that_is_down_is_named_as_such() -> None:
    _, error = partial(ServerEngine("http://127.0.0.1:9", model="tiny"), asking())
    assert isinstance(error, EngineUnavailable)
    assert "Can't reach" in str(error)


@pytest.mark.parametrize(
    "end",
    [
        [],
        [b"data: {broken json\n\n"],
        [b'data: {"error": {"message": "CUDA error", "code": 500}}\n\n'],
        [b"data: "],
    ],
    ids=["clean end without a reason", "garbled", "error event", "cut in a line"],
)
def test_an_answer_that_breaks_off_keeps_what_came_and_says_so(stub: Stub, end: list[bytes]) -> None:
    stub.answers = [sends(WHOLE[0], WHOLE[1], *end)]
    text, error = partial(engine(stub), asking())
    assert text == "Hel"
    assert isinstance(error, GenerationFailed)


def test_closing_the_stream_closes_the_connection_also_while_nothing_comes(stub: Stub) -> None:
    gone = threading.Event()

    def silent(handler: BaseHTTPRequestHandler) -> None:
        head(handler)
        handler.wfile.write(WHOLE[1])
        handler.wfile.flush()
        handler.connection.settimeout(30)
        with suppress(ConnectionError):  # but no TimeoutError, which says that it was not closed
            handler.connection.recv(1)  # returns when the other side has closed
        gone.set()

    stub.answers = [silent]
    stream = engine(stub).stream(asking())
    assert next(event for event in stream if isinstance(event, TextDelta)) == TextDelta("Hel")
    stream.close()
    assert gone.wait(30)


@pytest.mark.parametrize(("begun", "kind"), [(True, GenerationFailed), (False, EngineUnavailable)])
def test_a_server_that_falls_silent_breaks_off_what_it_began(
    stub: Stub, monkeypatch: pytest.MonkeyPatch, begun: bool, kind: type[EngineError]
) -> None:
    monkeypatch.setattr(reading, "SILENCE_SECONDS", 0.3)

    def silent(handler: BaseHTTPRequestHandler) -> None:
        sends(*WHOLE[: 2 if begun else 0])(handler)
        time.sleep(1)

    stub.answers = [silent]
    asked = ServerEngine(stub.url, model="tiny", timeout=60 if begun else 0.3)
    text, error = partial(asked, asking())
    assert (text, type(error)) == ("Hel" if begun else "", kind)


def test_while_nothing_comes_there_are_signs_of_life(stub: Stub) -> None:
    go_on = threading.Event()

    def slow(handler: BaseHTTPRequestHandler) -> None:
        go_on.wait(30)
        sends(*WHOLE)(handler)

    stub.answers = [slow]
    stream = engine(stub).stream(asking())
    assert all(isinstance(next(stream), Waiting) for _ in range(4))
    go_on.set()
    assert "lo" in str(list(stream))


def test_many_visitors_are_answered_at_once(stub: Stub) -> None:
    def slow(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.5)
        sends(*WHOLE)(handler)

    stub.answers = [slow] * 20
    asked, done = engine(stub), []
    start = time.monotonic()
    threads = [threading.Thread(target=lambda: done.append(events(asked, asking()))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(done) == 20
    assert time.monotonic() - start < 20 * 0.5


def test_a_fault_of_our_own_is_told_as_such_and_logged_without_a_persons_words(
    stub: Stub, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    words = "what a visitor wrote"

    def changed(*_: object) -> object:
        raise TypeError(words)

    monkeypatch.setattr("backend.storage.exports.openai_request.to_openai", changed)
    _, error = partial(engine(stub), asking())
    assert isinstance(error, GenerationFailed)
    assert str(error) == "Something went wrong. The app's log has the details."
    assert "TypeError" in caplog.text
    assert "in changed" in caplog.text
    assert words not in caplog.text


def test_what_a_server_repeats_of_a_persons_words_is_not_logged(stub: Stub, caplog: pytest.LogCaptureFixture) -> None:
    echoed = {"type": {"description": "what a visitor wrote"}, "loc": ["said", "by", "a visitor"]}
    entry = {"type": "missing", "loc": ["body", "model"], "msg": "Field required", "input": echoed}
    stub.answers = [refuses(422, {"detail": [entry]})]
    partial(engine(stub), asking())
    assert "422 missing model" in caplog.text
    assert "visitor" not in caplog.text
