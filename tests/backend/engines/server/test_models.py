"""The list of models as servers send it, the model that is chosen from it, and what happens when that goes."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from backend.chat.errors import EngineError, EngineUnavailable, ModelUnusable
from backend.chat.messages import Finished, UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest, Event, TextDelta, Waiting
from backend.config import Config
from backend.engines.server import client
from backend.engines.server.discovery import presence
from backend.engines.server.discovery.models import choose, read_models
from backend.engines.server.engine import ServerEngine
from backend.runtime import server as runtime_server
from backend.runtime import server_tokenizer
from tests.support.stub_server import WHOLE, Stub, head, refuses, sends, stub_server, tells

ASKED = ChatRequest(messages=(UserMessage((Text("Hi"),)),))
GONE = refuses(404, "The model `old` does not exist.")


@pytest.fixture
def stub() -> Iterator[Stub]:
    with stub_server() as running:
        yield running


def listed(*names: str, **more: Any) -> dict[str, Any]:
    return {"object": "list", "data": [{"id": name, **more} for name in names]}


def text(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


@pytest.mark.parametrize(
    ("told", "model"),
    [
        (listed("tiny"), "tiny"),
        ([{"id": "tiny"}], "tiny"),
        (["tiny"], "tiny"),
        ({"models": [{"name": "tiny", "capabilities": ["completion", "multimodal"]}]}, "tiny"),
        ({"data": [None, 7, {"id": None}, {"id": "tiny", "owned_by": None}]}, "tiny"),
        (listed("text-embedding-nomic-embed-text-v1.5", "tiny"), "tiny"),
        (listed("BAAI/bge-m3", "BAAI/bge-reranker", "openai/whisper-large-v3", "moderation-latest", "tiny"), "tiny"),
        (listed("intfloat/e5-large", "tts-1", "mistral-ocr-2505", "dall-e-3", "tiny"), "tiny"),
        ({"data": [{"id": "mistral-x", "type": "embeddings"}, {"id": "tiny", "type": "llm"}]}, "tiny"),
        ({"data": [{"id": "mistral-x", "capabilities": {"completion_chat": False}}, {"id": "tiny"}]}, "tiny"),
        ({"data": [{"id": "mistral-x", "capabilities": ["embedding"]}, {"id": "tiny"}]}, "tiny"),
        (listed("llama", "Ministral-8B"), "Ministral-8B"),
        (listed("pixtral-12b", "mistral-small-latest"), "mistral-small-latest"),
        (listed("mistral-small-latest", "org/Mistral-Small-3.2-24B-Instruct-2506-GGUF"),
         "org/Mistral-Small-3.2-24B-Instruct-2506-GGUF"),
        (listed("one", "two"), "one"),
        (listed("text-generation-imagery"), "text-generation-imagery"),
        (listed("mistral-embed"), ""),
        ({"data": None}, ""),
        ([], ""),
    ],
    ids=str,
)  # fmt: skip
def test_the_model_that_answers_chats_is_chosen(told: Any, model: str) -> None:
    assert choose(read_models(json.dumps(told).encode())) == model


def test_the_one_that_is_wanted_is_chosen_where_it_is_there() -> None:
    models = read_models(json.dumps(listed("mistral-small-latest", "odd")).encode())
    assert (choose(models, "odd"), choose(models, "gone")) == ("odd", "mistral-small-latest")


@pytest.mark.parametrize(
    ("listing", "sentence"),
    [
        (tells("<html>Hello"), "no model server"),
        (tells({"hello": "world"}), "no model server"),
        (tells({"data": "x"}), "no model server"),
        (tells({"data": None}), "has no chat model"),
        (tells(listed("mistral-embed")), "has no chat model"),
        (refuses(404), "Name one with --server-model"),
        (refuses(401), "doesn't accept the app's API key"),
        (refuses(400), "refused to list its models"),
        (tells([7] * 3_000_000), "Waiting for the server"),
    ],
    ids=["a page", "other JSON", "no list", "null", "none for chats", "no list of models", "key", "refused", "endless"],
)
def test_a_server_that_cannot_be_used_is_told_in_one_sentence(stub: Stub, listing: Any, sentence: str) -> None:
    stub.listing = listing
    engine = ServerEngine(stub.url, waits=True)
    engine.presence.try_to_look()
    assert sentence in engine.presence.told
    if engine.presence.is_final:
        with pytest.raises(EngineUnavailable, match=sentence):
            list(engine.stream(ASKED))
    assert not stub.bodies


def test_a_model_that_is_named_needs_no_list(stub: Stub) -> None:
    stub.listing, stub.answers = refuses(404), [sends(*WHOLE)]
    assert text(list(ServerEngine(stub.url, model="mine").stream(ASKED))) == "Hello"
    assert stub.bodies[0]["model"] == "mine"


def test_a_model_that_is_gone_is_replaced_by_one_that_is_there_and_the_person_is_told(stub: Stub) -> None:
    engine = ServerEngine(stub.url)
    stub.listing = tells(listed("a/old"))
    assert engine.model == "a/old"
    stub.listing, stub.answers = tells(listed("b/new")), [GONE, sends(*WHOLE), sends(*WHOLE)]
    *events, end = engine.stream(ASKED)
    assert text(events) == "Hello"
    assert isinstance(end, Finished)
    assert end.note.strip() == "The server no longer has old, so new answered."
    *_, end = engine.stream(ASKED)
    assert isinstance(end, Finished)
    assert not end.note
    assert [body["model"] for body in stub.bodies] == ["a/old", "b/new", "b/new"]


def test_a_server_that_has_other_models_by_now_is_asked_for_one_of_those(stub: Stub) -> None:
    presence = ServerEngine(stub.url).presence
    stub.listing = tells(listed("one", "two"))
    presence.look()
    presence.choose("two")
    for names, model in ((("one", "two", "three"), "two"), (("four",), "four"), ((), "four")):
        stub.listing = tells(listed(*names))
        presence.look_again()
        assert presence.model == model


def test_a_question_does_not_wait_for_a_look_where_the_model_is_known(stub: Stub) -> None:
    presence = ServerEngine(stub.url).presence
    assert presence.look() == "tiny"
    looking, released = threading.Event(), threading.Event()

    def hanging(handler: BaseHTTPRequestHandler) -> None:
        looking.set()
        released.wait(20)
        tells(listed("tiny"))(handler)

    stub.listing = hanging
    look = threading.Thread(target=presence.look_again, daemon=True)
    look.start()
    assert looking.wait(20)
    gone = threading.Event()
    threading.Timer(2, gone.set).start()
    assert presence.look(gone) == "tiny"  # else it is given up with ServerLost
    released.set()
    look.join(20)


@pytest.mark.parametrize("named", ["old", ""], ids=["named for the app", "the only one"])
def test_a_model_that_is_gone_for_good_ends_in_a_sentence(stub: Stub, named: str) -> None:
    engine = ServerEngine(stub.url, model=named)
    stub.listing, stub.answers = tells(listed("old", *(["new"] if named else []))), [GONE] * 3
    with pytest.raises(EngineError, match="doesn't have the requested model"):
        list(engine.stream(ASKED))
    assert len(stub.bodies) == 1


def test_another_model_of_the_server_answers_once_it_was_chosen(stub: Stub) -> None:
    engine = ServerEngine(stub.url)
    stub.listing, stub.answers = tells(listed("one", "two", "an-embedding")), [sends(*WHOLE)]
    assert engine.model == "one"
    assert engine.presence.models == ("one", "two")
    engine.presence.choose("two")
    list(engine.stream(ASKED))
    assert stub.bodies[0]["model"] == "two"
    with pytest.raises(ModelUnusable, match="no longer has that model"):
        engine.presence.choose("three")


# --- a server that is not there yet -----------------------------------------------------------------------------------


def test_a_question_to_a_server_that_is_not_up_waits_and_is_answered(stub: Stub) -> None:
    stub.listing, stub.answers = refuses(503, "Loading model"), [sends(*WHOLE)]
    told: list[str] = []
    events: list[Event] = []
    for event in ServerEngine(stub.url, waits=True).stream(ASKED):
        events.append(event)
        if isinstance(event, Waiting) and event.status not in told:
            told.append(event.status)
            if "still loading" in event.status:
                stub.listing = None
    assert text(events) == "Hello"
    assert "The server is still loading the model…" in told


def test_a_list_that_never_ends_is_given_up(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "LIST_SECONDS", 0.5)
    released = threading.Event()

    def dripping(handler: BaseHTTPRequestHandler) -> None:
        head(handler)
        with suppress(OSError):
            while not released.wait(0.1):
                handler.wfile.write(b" ")

    stub.listing = dripping
    look = threading.Thread(target=ServerEngine(stub.url).presence.try_to_look, daemon=True)
    look.start()
    look.join(30)
    released.set()
    assert not look.is_alive()


def test_a_server_that_is_waited_for_is_told_of_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in (presence, runtime_server):
        monkeypatch.setattr(module, "PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(server_tokenizer, "LOOK_SECONDS", 0.02)
    with stub_server() as stub:
        url = stub.url
    with closing(runtime_server.server(Config(server=url))) as runtime:
        shown, ends = "", time.monotonic() + 30
        while "Waiting for the server…" not in shown and time.monotonic() < ends:
            time.sleep(0.02)
            shown += capsys.readouterr().out
        time.sleep(0.3)
        assert caplog.messages == []
        assert (shown + capsys.readouterr().out).count("Waiting for the server…") == 1
        assert not runtime.wait(0)
        with stub_server(int(url.rpartition(":")[2])):
            assert runtime.wait(20)


@pytest.mark.parametrize("addresses", ["{0}", "{0},{0}"], ids=["one", "several"])
def test_what_watches_a_server_ends_with_the_app(
    stub: Stub, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, addresses: str
) -> None:
    monkeypatch.setattr(runtime_server, "AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(server_tokenizer, "LOOK_SECONDS", 0.01)
    before = set(threading.enumerate())
    runtime = runtime_server.server(Config(server=addresses.format(stub.url)))
    assert runtime.wait(20)
    started = [one for one in threading.enumerate() if one.name in ("server-watch", "served-tokenizer")]
    assert len(set(started) - before) == 2
    runtime.close()
    asked = len(stub.asked)
    time.sleep(0.2)
    assert not [one for one in set(started) - before if one.is_alive()]
    assert (len(stub.asked), caplog.messages) == (asked, [])


def test_a_server_that_takes_no_key_is_not_asked_each_second(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (presence, runtime_server):
        monkeypatch.setattr(module, "PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(server_tokenizer, "LOOK_SECONDS", 0.02)
    stub.listing = refuses(401)
    with closing(runtime_server.server(Config(server=stub.url))):
        ends = time.monotonic() + 30
        while not stub.asked and time.monotonic() < ends:
            time.sleep(0.02)
        time.sleep(0.3)
        assert len(stub.asked) == 1


def test_a_question_that_waits_for_the_server_can_be_stopped() -> None:
    engine = ServerEngine("http://127.0.0.1:9", waits=True)
    events = engine.stream(ASKED)
    begun = time.monotonic()
    status = next(event.status for event in events if isinstance(event, Waiting) and "the server…" in event.status)
    events.close()
    assert status == "Waiting for the server…"
    assert time.monotonic() - begun < 30
    for thread in [one for one in threading.enumerate() if one.name == "server-stream"]:
        thread.join(30)
        assert not thread.is_alive()
