"""Servers that never end: nothing of theirs takes more memory than an answer may, and they are hung up on."""

import gzip
import json
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler

import pytest

from backend.chat.errors import EngineError
from backend.chat.messages import UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest, TextDelta
from backend.engines.server import client, events, reading, refusals
from backend.engines.server.discovery.addresses import MAX_HOPS
from backend.engines.server.engine import ServerEngine
from backend.engines.server.token_count import TokenServer
from tests.support.stub_server import Stub, chunk, head, stub_server, tells

QUESTION = ChatRequest(messages=(UserMessage((Text("Hi"),)),))
LONG = b"0" * 100_000
BOMB = gzip.compress(b"0" * 100_000_000)  # 97 kB, which are sent forty times
# Asks, and prints what it was told and how many bytes it held at most, in a process whose memory nothing else takes.
ASKS = """
import sys, tracemalloc
from backend.chat.errors import EngineError
from backend.chat.messages import UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest
from backend.engines.server.engine import ServerEngine

engine = ServerEngine(sys.argv[1], model="tiny")
tracemalloc.start()
try:
    list(engine.stream(ChatRequest(messages=(UserMessage((Text("Hi"),)),))))
except EngineError as error:
    print(error)
print(tracemalloc.get_traced_memory()[1])
"""


@pytest.fixture(scope="module")
def stub() -> Iterator[Stub]:
    with stub_server() as running:
        yield running


@pytest.fixture
def engine(stub: Stub) -> ServerEngine:
    return ServerEngine(stub.url, model="tiny")


def told(engine: ServerEngine) -> tuple[str, str]:
    """The text that came, and the sentence of the error that ended it."""
    text = ""
    try:
        for event in engine.stream(QUESTION):
            text += event.text if isinstance(event, TextDelta) else ""
    except EngineError as error:
        return text, str(error)
    raise AssertionError("it ended well")


def calls(numbered: Callable[[int], dict[str, object]]) -> Callable[[int], bytes]:
    return lambda number: chunk({"tool_calls": [numbered(number)]})


def named(number: int) -> dict[str, object]:
    return {"index": number, "id": f"c{number}", "function": {"name": "add", "arguments": "{}"}}


def longer(number: int) -> dict[str, object]:
    return {"index": 0, "id": "c", "function": {"name": f"<b onclick='{number}'>add</b>" * 9, "arguments": ""}}


def argued(number: int) -> dict[str, object]:
    return {"index": 0, "id": "c", "function": {"arguments": "0" * 10_000}}


@pytest.mark.parametrize(
    ("first", "piece", "what"),
    [
        (b"data: ", lambda _: LONG, "an event"),
        (b"", lambda _: b"data: " + LONG + b"\n", "an event"),
        (b'{"choices": [{"message": {"content": "', lambda _: LONG, "an event"),
        (b"", lambda _: b": ping\n\n" * 1000, "an answer"),
        (b"", lambda _: b"\n" * 10_000, "an answer"),
        (b"", lambda _: chunk({"reasoning": "on and on " * 1000}), "its text"),
        (b"", calls(named), "its calls"),
        (b"", calls(longer), "its calls"),
        (b"", calls(argued), "its calls"),
    ],
    ids=[
        "a line",
        "an event",
        "a body of JSON",
        "comments",
        "empty lines",
        "a thought",
        "calls",
        "a name",
        "arguments of a call",
    ],
)
def test_what_does_not_end_is_hung_up_on(
    stub: Stub,
    engine: ServerEngine,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    first: bytes,
    piece: Callable[[int], bytes],
    what: str,
) -> None:
    for module, limit, size in (
        (events, "MAX_EVENT", 500_000),
        (events, "MAX_BYTES", 1_000_000),
        (reading, "MAX_TEXT", 100_000),
    ):
        assert getattr(module, limit) > size
        monkeypatch.setattr(module, limit, size)
    gone = threading.Event()

    def endless(handler: BaseHTTPRequestHandler) -> None:
        head(handler)
        handler.wfile.write(first)
        with suppress(OSError):
            for number in range(1_000_000):
                handler.wfile.write(piece(number))
        gone.set()

    stub.answers = [endless]
    assert told(engine) == ("", refusals.ENDLESS)
    assert caplog.messages == [f"the model's server: Unbounded: {what}"]
    assert gone.wait(30)


def test_of_an_answer_without_end_what_fits_is_kept(
    stub: Stub, engine: ServerEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_TEXT", 50)

    def endless(handler: BaseHTTPRequestHandler) -> None:
        head(handler)
        with suppress(OSError):
            while True:
                handler.wfile.write(chunk({"content": "on and on "}))

    stub.answers = [endless]
    assert told(engine) == ("on and on " * 5, refusals.ENDLESS)


@pytest.mark.parametrize("piece", [b"{},", b'{"delta":{}},'])
def test_an_event_of_many_empty_objects_takes_no_more_memory_than_one_of_text(stub: Stub, piece: bytes) -> None:
    def dense(handler: BaseHTTPRequestHandler) -> None:
        head(handler)
        handler.wfile.write(b'data: {"choices": [' + piece * (7_900_000 // len(piece)) + b"{}]}\n\n")
        handler.wfile.write(chunk({"content": "Hello"}, "stop") + b"data: [DONE]\n\n")

    stub.answers = [dense]
    asked = subprocess.run([sys.executable, "-c", ASKS, stub.url], stdout=subprocess.PIPE, text=True, timeout=60)
    assert int(asked.stdout.splitlines()[-1]) < 60_000_000


def test_an_answer_that_drips_on_and_on_ends(stub: Stub, engine: ServerEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LONGEST_SECONDS", 0.5)
    gone = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        head(handler)
        with suppress(OSError):
            for _ in range(300):
                handler.wfile.write(chunk({"content": "x"}))
                gone.wait(0.2)
        gone.set()

    stub.answers = [drip]
    text, sentence = told(engine)
    assert (set(text), sentence) == ({"x"}, refusals.BROKEN_OFF)
    assert gone.wait(30)


@pytest.mark.parametrize("status", [200, 500])
def test_what_is_packed_takes_no_more_memory_than_what_is_not(stub: Stub, status: int) -> None:
    def bomb(handler: BaseHTTPRequestHandler) -> None:
        head(handler, status, Content_Encoding="gzip")
        for _ in range(40):
            handler.wfile.write(BOMB)

    stub.answers = [bomb]
    asked = subprocess.run([sys.executable, "-c", ASKS, stub.url], stdout=subprocess.PIPE, text=True, timeout=60)
    sentence, most = asked.stdout.splitlines()
    assert sentence == (refusals.ENDLESS if status == 200 else refusals.FAULT)
    assert int(most) < 50_000_000
    assert stub.headers[-1]["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("piece", [LONG, b""], ids=["endless", "silent"])
def test_a_refusal_is_told_although_it_does_not_end(
    stub: Stub, engine: ServerEngine, monkeypatch: pytest.MonkeyPatch, piece: bytes
) -> None:
    monkeypatch.setattr(client, "REFUSAL_SECONDS", 0.3)
    gone = threading.Event()

    def endless(handler: BaseHTTPRequestHandler) -> None:
        head(handler, 400)
        handler.wfile.write(json.dumps({"error": {"message": "No endpoints found that support image input"}}).encode())
        with suppress(ConnectionError):  # but no TimeoutError, which says that it was not hung up
            while piece:
                handler.wfile.write(piece)
            handler.connection.settimeout(30)
            handler.connection.recv(1)  # returns when the other side has closed
        gone.set()

    stub.answers = [endless]
    assert told(engine) == ("", refusals.NO_VISION)
    assert gone.wait(30)


def test_a_page_full_of_tags_is_looked_through_in_no_time(stub: Stub, engine: ServerEngine) -> None:
    def page(handler: BaseHTTPRequestHandler) -> None:
        head(handler, 500)
        handler.wfile.write(b"<model loading 1 tokens (" * 20_000)

    stub.answers = [page]
    assert told(engine) == ("", refusals.FAULT)


@pytest.mark.parametrize(
    ("to", "sentence"),
    [("", refusals.UNREACHABLE), ("http://elsewhere.invalid/v1", client.ELSEWHERE)],
    ids=["to itself", "elsewhere"],
)
def test_nothing_is_read_of_what_a_server_says_where_it_sends_on(to: str, sentence: str) -> None:
    asked, read_whole = list[str](), list[str]()

    def sends_on(handler: BaseHTTPRequestHandler) -> None:
        asked.append(f"{handler.command} {handler.path}")
        with suppress(OSError):
            head(handler, 307, Location=to or handler.path)
            for _ in range(200):
                handler.wfile.write(LONG)
            read_whole.append(handler.path)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with stub_server() as stub, closing(TokenServer(stub.url)) as tokens:
        stub.listing, stub.answers = sends_on, [sends_on] * 9
        assert told(ServerEngine(stub.url)) == ("", sentence)
        assert tokens.context("tiny") is None
        stub.listing = None
        assert told(ServerEngine(stub.url)) == ("", sentence)
    questions = ("GET /v1/models", "GET /v1/models", "GET /api/v0/models", "POST /v1/chat/completions")
    assert asked == [each for each in questions for _ in range(1 if to else 1 + MAX_HOPS)]
    assert read_whole == []
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB


def test_a_server_that_sends_on_to_nowhere_has_refused(stub: Stub, engine: ServerEngine) -> None:
    stub.answers = [tells("", 307, Location="http://host:port")]
    assert told(engine) == ("", refusals.REJECTED)
