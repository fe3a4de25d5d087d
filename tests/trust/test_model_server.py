"""A model's server that means harm: it holds nothing up, is sent nothing that it should not have, and says nothing."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from itertools import count

import pytest

from backend.chat.errors import EngineError
from backend.chat.messages import UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest
from backend.engines.server import client, token_count
from backend.engines.server.discovery.models import MAX_NAME, read_models, short_name
from backend.engines.server.engine import ServerEngine
from backend.engines.server.refusals import MODEL_GONE
from backend.engines.server.token_count import TokenServer
from tests.support.stub_server import WHOLE, Answer, Stub, refuses, sends, stub_server, tells

QUESTION = ChatRequest(messages=(UserMessage((Text("Hi"),)),))


@pytest.fixture
def stub() -> Iterator[Stub]:
    with stub_server() as running:
        yield running


def failure(engine: ServerEngine) -> str:
    with pytest.raises(EngineError) as failed:
        list(engine.stream(QUESTION))
    return str(failed.value)


def readers() -> int:
    return [thread.name for thread in threading.enumerate()].count("server-stream")


def holding(until: threading.Event) -> Answer:
    """Takes the question, and says nothing."""

    def answer(_: BaseHTTPRequestHandler) -> None:
        until.wait(60)

    return answer


def dripping(handler: BaseHTTPRequestHandler) -> None:
    """Header after header, none of them late."""
    try:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(600):
            handler.wfile.write(f"X-{number}: x\r\n".encode())
            handler.wfile.flush()
            time.sleep(0.1)
    except OSError:
        pass


@pytest.mark.parametrize("waits", [True, False])
def test_questions_that_were_stopped_leave_no_threads_at_a_server_that_says_nothing(stub: Stub, waits: bool) -> None:
    silent, before = threading.Event(), readers()
    stub.listing = holding(silent)
    engine = ServerEngine(stub.url, waits=waits)
    for _ in range(10):
        asked = engine.stream(QUESTION)
        next(asked)
        asked.close()
    ends = time.monotonic() + 20
    while readers() > before + 1 and time.monotonic() < ends:  # one of them has asked for the list
        time.sleep(0.05)
    left = readers() - before
    silent.set()
    assert left <= 1


class Noting:
    """A lock that notes which threads have asked for it."""

    def __init__(self, lock: threading.Lock) -> None:
        self._lock = lock
        self.asked_by: set[int] = set()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        self.asked_by.add(threading.get_ident())
        return self._lock.acquire(blocking, timeout)

    def release(self) -> None:
        self._lock.release()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


def test_those_who_waited_for_a_look_share_what_came_of_it(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    silent, failed = threading.Event(), list[str]()

    def late(handler: BaseHTTPRequestHandler) -> None:
        silent.wait(60)
        refuses(401)(handler)

    stub.listing = late
    presence = ServerEngine(stub.url).presence
    lock = Noting(presence._lock)
    monkeypatch.setattr(presence, "_lock", lock)

    def look() -> None:
        try:
            presence.look()
        except client.ServerRefused as error:
            failed.append(str(error.status))

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    ends = time.monotonic() + 20
    while len(lock.asked_by) < len(threads) and time.monotonic() < ends:
        time.sleep(0.01)
    silent.set()
    for thread in threads:
        thread.join(30)
    assert (failed, len(stub.asked)) == (["401"] * 8, 1)


def test_a_list_of_models_that_drips_ends_in_time(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "LIST_SECONDS", 0.5)
    stub.listing, begun = dripping, time.monotonic()
    ServerEngine(stub.url).presence.try_to_look()
    assert time.monotonic() - begun < 30  # or it would have gone on for a minute


def test_counts_that_drip_end_in_time(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_count, "SECONDS", 0.5)
    stub.listing, begun = dripping, time.monotonic()
    assert TokenServer(stub.url).context("tiny") is None
    assert time.monotonic() - begun < 30  # or it would have gone on for a minute


@pytest.mark.parametrize(
    "when", ["Fri, 31 Dec 99999999999999999999 10:00:00 GMT", "Mon, 01 Jan 2024 00:00:00 +99999999999999999999"]
)
def test_a_date_that_is_none_is_no_fault_of_the_app(stub: Stub, when: str) -> None:
    stub.listing = refuses(503, Retry_After=when)
    presence = ServerEngine(stub.url).presence
    presence.try_to_look()
    assert not presence.is_final


def test_a_server_that_has_another_model_each_time_is_asked_for_one_more_only(stub: Stub) -> None:
    numbers = count()
    stub.listing = lambda handler: tells({"data": [{"id": f"model-{next(numbers)}"}]})(handler)
    stub.answers = [refuses(404, "The model does not exist")] * 9
    assert failure(ServerEngine(stub.url)).startswith(MODEL_GONE)
    assert len(stub.bodies) == 2


@pytest.mark.parametrize(
    ("field", "written"),
    [("temperature", "unsupported temperature"), ("stream_options", "unsupported \u017ftream_options")],
)
def test_what_a_refusal_repeats_is_learned_for_nobody_else(stub: Stub, field: str, written: str) -> None:
    def repeat(handler: BaseHTTPRequestHandler) -> None:
        tells({"detail": [{"loc": ["body", "tools"], "msg": "bad", "input": {"message": written}}]}, 400)(handler)

    engine = ServerEngine(stub.url, model="tiny")
    stub.answers = [repeat, sends(*WHOLE), sends(*WHOLE)]
    list(engine.stream(ChatRequest(messages=(UserMessage((Text(written),)),))))
    list(engine.stream(QUESTION))
    assert [field in body for body in stub.bodies] == [True, False, True]


def test_neither_key_nor_question_goes_to_another_port(stub: Stub) -> None:
    with stub_server() as other:
        stub.listing = tells("", 302, Location=f"{other.url}/v1/models")
        assert "redirects" in failure(ServerEngine(stub.url, "secret"))
        stub.answers = [tells("", 307, Location=f"{other.url}/v1/chat/completions")]
        assert "redirects" in failure(ServerEngine(stub.url, "secret", "tiny"))
        assert other.asked == []


@pytest.mark.parametrize(
    "name", ["tiny\x1b[31m", "tiny\nReady", "tiny\u202e", "tiny\ud800", "t" * (MAX_NAME + 1), "tiny\x00"]
)
def test_a_name_that_is_none_is_passed_over(name: str) -> None:
    listed = json.dumps({"data": [{"id": name}, {"id": "other"}]}).encode()
    assert [model.id for model in read_models(listed)] == ["other"]


@pytest.mark.parametrize("name", ["/home/ada/tiny.gguf", r"C:\Users\ada\tiny.gguf", "org/tiny.gguf", "tiny.gguf"])
def test_of_a_models_file_the_page_names_no_folder(name: str) -> None:
    assert short_name(name) == "tiny.gguf"
