"""How long a server is waited for: while it loads, while it has too much to do, before a word and after the last."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler

import pytest

from backend.chat.errors import EngineError, EngineUnavailable
from backend.chat.messages import Conversation, Finished, UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest, TextDelta, Waiting
from backend.config import Config
from backend.engines.server import client, reading, refusals
from backend.engines.server import engine as server_engine
from backend.engines.server.engine import ServerEngine
from backend.runtime.server import server
from backend.tools.toolbox import Toolbox
from backend.turn import EMPTY_NOTE, run_turn
from tests.support.stub_server import WHOLE, Answer, Stub, chunk, head, refuses, sends, stub_server

QUESTION = ChatRequest(messages=(UserMessage((Text("Hi"),)),))
LOADING = refuses(503, "Loading model")
BUSY = "The server is busy. Try again in {}."


@pytest.fixture(scope="module")
def stub() -> Iterator[Stub]:
    with stub_server() as running:
        yield running


@pytest.fixture(autouse=True)
def _afresh(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    stub.bodies.clear()
    stub.listing = None
    monkeypatch.setattr(client, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(server_engine, "LOADING_SECONDS", 0.2)


def told(engine: ServerEngine) -> tuple[str, str]:
    """The text that came, and the sentence of the error, or the reason for the end."""
    text = ""
    try:
        for event in engine.stream(QUESTION):
            match event:
                case TextDelta(piece):
                    text += piece
                case Finished(reason):
                    return text, reason
    except EngineError as error:
        return text, str(error)
    raise AssertionError("it never ended")


def test_a_server_that_loads_its_model_is_asked_again_until_it_answers(stub: Stub) -> None:
    stub.answers = [LOADING, LOADING, sends(*WHOLE)]
    came = list(ServerEngine(stub.url, model="tiny").stream(QUESTION))
    assert Waiting("The server is still loading the model…") in came
    assert "".join(event.text for event in came if isinstance(event, TextDelta)) == "Hello"


def test_a_server_that_never_has_loaded_its_model_is_given_up_after_the_timeout(stub: Stub) -> None:
    stub.answers = [LOADING] * 9
    assert told(ServerEngine(stub.url, model="tiny", timeout=2)) == ("", refusals.STILL_LOADING)
    assert 1 <= len(stub.bodies) < 9


@pytest.mark.parametrize("has_list", [True, False])
def test_a_server_that_only_ever_said_that_it_loads_is_not_called_slow(stub: Stub, has_list: bool) -> None:
    def late(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(3)
        LOADING(handler)

    if has_list:
        stub.answers = [LOADING, late]
    else:
        stub.listing = LOADING
    engine = ServerEngine(stub.url, model="tiny", timeout=1, waits=True)
    assert told(engine) == ("", refusals.STILL_LOADING)
    assert len(stub.bodies) == (2 if has_list else 0)


def test_a_server_that_never_was_there_is_not_called_slow() -> None:
    with stub_server() as down:
        pass
    assert told(ServerEngine(down.url, timeout=0.5, waits=True)) == ("", refusals.UNREACHABLE)


def test_stop_ends_the_wait_for_a_server_that_loads(stub: Stub) -> None:
    stub.answers = [LOADING] * 9
    stream = ServerEngine(stub.url, model="tiny").stream(QUESTION)
    while "loading" not in getattr(next(stream), "status", ""):
        pass
    threads = [thread for thread in threading.enumerate() if thread.name == "server-stream"]
    stream.close()
    asked = len(stub.bodies)
    for thread in threads:
        thread.join(5)
    assert not any(thread.is_alive() for thread in threads)
    assert len(stub.bodies) <= asked + 1


def busy(after: str | float) -> Answer:
    """Refuses until some seconds, as they are written; or until a date, so many minutes from now."""
    if not isinstance(after, str):
        after = format_datetime(datetime.now(UTC) + timedelta(minutes=after), usegmt=True)
    return refuses(429, Retry_After=after)


@pytest.mark.parametrize("after", ["0", "-5", "soon", "nan", "", -10, "Mon, 99 Foo 2026 00:00:00 GMT"])
def test_a_busy_server_is_asked_again_when_it_says_or_soon(stub: Stub, after: str | float) -> None:
    stub.answers = [busy(after), sends(*WHOLE)]
    assert told(ServerEngine(stub.url, model="tiny")) == ("Hello", "stop")


@pytest.mark.parametrize(
    ("after", "when"),
    [("900", "15 minutes"), (14.5, "15 minutes"), ("61", "2 minutes"), ("1e9", "a few hours")],
    ids=["seconds", "a date", "just too long", "years"],
)
def test_a_server_that_is_busy_for_long_is_not_waited_for(stub: Stub, after: str | float, when: str) -> None:
    stub.answers = [busy(after), sends(*WHOLE)]
    assert told(ServerEngine(stub.url, model="tiny")) == ("", BUSY.format(when))
    assert len(stub.bodies) == 1


def slow(seconds: float, *after: bytes, ping: bytes = b"") -> Answer:
    """Sends nothing, or comments, for some time; then the rest."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        head(handler)
        for piece in after[:1]:
            handler.wfile.write(piece)
        for _ in range(int(seconds / 0.1)):
            handler.wfile.write(ping)
            time.sleep(0.1)
        for piece in after[1:]:
            handler.wfile.write(piece)

    return answer


def test_the_first_word_may_take_as_long_as_the_timeout_says(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SILENCE_SECONDS", 0.2)
    stub.answers = [slow(0.8, b"", *WHOLE)]
    assert told(ServerEngine(stub.url, model="tiny", timeout=60)) == ("Hello", "stop")


def test_the_option_says_how_long_the_first_word_may_take(stub: Stub) -> None:
    stub.answers = [slow(30, ping=b": ping\n\n")]
    runtime = server(Config(server=stub.url, server_timeout=1))
    with closing(runtime), pytest.raises(EngineUnavailable, match="took too long"):
        list(runtime.engine.stream(QUESTION))


def test_comments_are_no_word_but_signs_of_life(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    stub.answers = [slow(30, ping=b": ping\n\n")]
    assert told(ServerEngine(stub.url, model="tiny", timeout=0.5)) == ("", refusals.TOO_SLOW)
    monkeypatch.setattr(reading, "SILENCE_SECONDS", 5.0)
    stub.answers = [slow(6, WHOLE[1], *WHOLE[2:], ping=b": ping\n\n")]
    assert told(ServerEngine(stub.url, model="tiny")) == ("Hello", "stop")


def test_a_server_that_keeps_the_line_open_after_its_end_has_ended(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "ENDING_SECONDS", 0.2)
    stub.answers = [slow(2, b"".join(WHOLE[:3]), ping=b": ping\n\n")]
    assert told(ServerEngine(stub.url, model="tiny", timeout=60)) == ("Hello", "stop")


@pytest.mark.parametrize(
    ("sent", "end"), [(WHOLE[:3], ("Hello", "stop")), (WHOLE[:2], ("Hel", refusals.BROKEN_OFF))], ids=["whole", "not"]
)
def test_a_line_that_breaks_ends_only_an_answer_that_had_not_ended(
    stub: Stub, sent: list[bytes], end: tuple[str, str]
) -> None:
    def cut(handler: BaseHTTPRequestHandler) -> None:
        head(handler, Content_Length="100000")
        handler.wfile.write(b"".join(sent))

    stub.answers = [cut]
    assert told(ServerEngine(stub.url, model="tiny")) == end


@pytest.mark.parametrize("sent", [[chunk({"content": ""}), chunk({}, "tool_calls")], [b"data: [DONE]\n\n"]])
def test_an_answer_without_a_word_says_so(stub: Stub, sent: list[bytes]) -> None:
    stub.answers = [sends(*sent)]
    said = Conversation(QUESTION.messages)
    *_, last = run_turn(ServerEngine(stub.url, model="tiny"), said, QUESTION, Toolbox())
    assert getattr(last.messages[-1], "note", None) == EMPTY_NOTE
