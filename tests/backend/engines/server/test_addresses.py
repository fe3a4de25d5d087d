"""What a person writes for a server -> where it is asked, and what never leaves for anywhere else."""

import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from backend.chat.errors import EngineError, ModelUnusable
from backend.chat.messages import UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest, TextDelta
from backend.config import Config
from backend.engines.server.discovery.addresses import address
from backend.engines.server.engine import ServerEngine
from backend.engines.server.token_count import TokenServer
from backend.runtime.server import engine_at
from tests.support.connect_proxy import connect_proxy
from tests.support.stub_server import WHOLE, Stub, refuses, sends, stub_server, tells

CERTIFICATE = Path("tests/servers/localhost.pem")
QUESTION = ChatRequest(messages=(UserMessage((Text("Hi"),)),))


@pytest.fixture
def stub() -> Iterator[Stub]:
    with stub_server() as running:
        yield running


def answer(engine: ServerEngine) -> str:
    """What the server answers to a question."""
    events = list(engine.stream(QUESTION))
    engine.close()
    return "".join(event.text for event in events if isinstance(event, TextDelta))


@pytest.mark.parametrize(
    ("written", "bases"),
    [
        ("http://localhost:8000", ["http://localhost:8000/v1"]),
        ("localhost:8000", ["http://localhost:8000/v1"]),
        (" localhost:8000/v1/ ", ["http://localhost:8000/v1"]),
        ("https://example.org/v1/chat/completions", ["https://example.org/v1"]),
        ("https://example.org/llm", ["https://example.org/llm/v1", "https://example.org/llm"]),
        ("https://example.org/v1beta/openai/", ["https://example.org/v1beta/openai/v1", "https://example.org/v1beta/openai"]),
        ("HTTP://Example.org/v3", ["http://example.org/v3"]),
        ("[::1]:8000", ["http://[::1]:8000/v1"]),
        ("vllm:8000", ["http://vllm:8000/v1"]),
        ("localhost", ["http://localhost/v1"]),
        ("https://ada:secret@example.org/?x=1#y", ["https://example.org/v1"]),
    ],
)  # fmt: skip
def test_an_address_is_understood_as_it_was_meant(written: str, bases: list[str]) -> None:
    found = address(written)
    assert [str(base) for base in found.bases] == bases
    assert str(found) == bases[0]
    assert "secret" not in repr(found)


@pytest.mark.parametrize(
    "written",
    ["", "ftp://example.org", "http://", "http://:8000", "localhost:99999", "http://ada:secret@", "a!c",
     "a b:80", "file:///x", "mistrall",
     "ftp://ada:secret@example.org"],
)  # fmt: skip
def test_what_is_no_address_is_told_in_one_sentence_without_a_password(written: str) -> None:
    with pytest.raises(ModelUnusable, match=r"isn't a server address\. Write it like") as told:
        address(written)
    assert "secret" not in str(told.value)


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/", "/v1/models"])
def test_answers_come_from_the_address_with_and_without_its_version(stub: Stub, path: str) -> None:
    stub.answers = [sends(*WHOLE)]
    assert answer(ServerEngine(stub.url + path)) == "Hello"
    assert [path for path, _ in stub.asked] == ["/v1/models", "/v1/chat/completions"]


def test_a_protocol_that_stands_right_under_the_path_is_found(stub: Stub) -> None:
    def listing(handler: object) -> None:
        missing = getattr(handler, "path", "") == "/openai/v1/models"
        (refuses(404) if missing else tells({"data": [{"id": "tiny"}]}))(handler)  # type: ignore[arg-type]

    stub.listing, stub.answers = listing, [sends(*WHOLE)]
    assert answer(ServerEngine(f"{stub.url}/openai")) == "Hello"
    assert stub.asked[-1][0] == "/openai/chat/completions"


def test_a_name_and_a_password_go_to_the_server_alone(stub: Stub) -> None:
    stub.answers = [sends(*WHOLE)]
    assert answer(ServerEngine(stub.url.replace("//", "//ada:secret@"))) == "Hello"
    TokenServer(stub.url.replace("//", "//ada:secret@"), "key").context("tiny")
    assert {sent for _, sent in stub.asked} == {"Basic YWRhOnNlY3JldA=="}


def test_a_server_that_moved_on_its_host_is_followed_and_then_asked_where_it_is(stub: Stub) -> None:
    def listing(handler: object) -> None:
        moved = getattr(handler, "path", "") == "/v1/models"
        to = {"Location": f"{stub.url}/new/v1/models"}
        (tells("", 301, **to) if moved else tells({"data": [{"id": "tiny"}]}))(handler)  # type: ignore[arg-type]

    stub.listing, stub.answers = listing, [sends(*WHOLE)]
    assert answer(ServerEngine(stub.url, key="secret")) == "Hello"
    assert stub.asked[-1] == ("/new/v1/chat/completions", "Bearer secret")


@pytest.mark.parametrize("name", ["", "ada:secret@"], ids=["a key", "a password"])
def test_a_question_that_is_sent_on_keeps_its_words_and_its_key(stub: Stub, name: str) -> None:
    to = stub.url.replace("//", "//eve:guess@") + "/new/v1/chat/completions"
    stub.answers = [tells("", 307, Location=to), sends(*WHOLE)]
    assert answer(ServerEngine(stub.url.replace("//", f"//{name}"), key="secret")) == "Hello"
    assert [path for path, _ in stub.asked[1:]] == ["/v1/chat/completions", "/new/v1/chat/completions"]
    assert {sent for _, sent in stub.asked} == {"Basic YWRhOnNlY3JldA==" if name else "Bearer secret"}
    assert stub.bodies[0] == stub.bodies[1]


@pytest.mark.parametrize("is_list", [True, False], ids=["for the models", "for an answer"])
def test_nobody_else_is_told_the_key_or_the_question(stub: Stub, is_list: bool) -> None:
    with stub_server() as other:
        sent_on = tells("", 307, Location=other.url.replace("127.0.0.1", "localhost") + "/v1/models")
        stub.listing, stub.answers = (sent_on, []) if is_list else (None, [sent_on])
        with pytest.raises(EngineError, match="redirects to another host"):
            answer(ServerEngine(stub.url, key="secret"))
        assert other.asked == []


def test_a_name_and_a_password_are_sent_with_the_questions_about_tokens_too(stub: Stub) -> None:
    stub.told["/tokenize"] = {"count": 7}
    assert TokenServer(stub.url.replace("//", "//ada:secret@")).count(QUESTION, "tiny") == 7
    assert {authorization for _, authorization in stub.asked} == {"Basic YWRhOnNlY3JldA=="}


def with_tls(use: Callable[[Stub], None]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    with stub_server(tls=context) as running:
        use(running)


def test_a_certificate_of_ones_own_counts_where_it_is_named_and_else_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def use(stub: Stub) -> None:
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
        with pytest.raises(EngineError, match=r"certificate isn't trusted.*SSL_CERT_FILE"):
            answer(ServerEngine(stub.url))
        stub.told["/props"] = {"default_generation_settings": {"n_ctx": 777}}
        assert TokenServer(stub.url).context("tiny") is None
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        stub.answers = [sends(*WHOLE)]
        assert answer(ServerEngine(stub.url)) == "Hello"
        stub.told["/tokenize"] = {"count": 7}
        assert TokenServer(stub.url).count(QUESTION, "tiny") == 7
        monkeypatch.setenv("SSL_CERT_FILE", "/no/such/file")
        with pytest.raises(ModelUnusable, match="SSL_CERT_FILE"):
            ServerEngine(stub.url)

    with_tls(use)


def test_the_environments_proxy_is_used_where_it_was_asked_for(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", stub.url)
    stub.listing, stub.answers = tells({"data": [{"id": "tiny"}]}), [sends(*WHOLE)]
    assert answer(ServerEngine("http://model.invalid", proxy=True)) == "Hello"
    assert stub.asked[-1][0] == "http://model.invalid/v1/chat/completions"
    with stub_server() as direct:
        direct.answers = [sends(*WHOLE)]
        assert answer(ServerEngine(direct.url)) == "Hello"
    assert len(stub.asked) == 2
    monkeypatch.setenv("http_proxy", "nonsense://x")
    with pytest.raises(ModelUnusable, match="proxy"):
        ServerEngine("http://model.invalid", proxy=True)


def test_stop_ends_an_answer_through_a_proxy_and_tls_while_the_server_is_silent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    silent = threading.Event()

    def half(handler: BaseHTTPRequestHandler) -> None:
        sends(WHOLE[1])(handler)
        silent.wait(20)

    def use(stub: Stub) -> None:
        stub.answers = [half]
        stream = ServerEngine(stub.url, proxy=True).stream(QUESTION)
        assert next(event for event in stream if isinstance(event, TextDelta)).text == "Hel"
        assert asked == [stub.url.removeprefix("https://")] * 2  # for the models, and for the answer
        reader = next(thread for thread in threading.enumerate() if thread.name == "server-stream")
        stream.close()
        reader.join(5)
        is_there = reader.is_alive()
        silent.set()
        assert not is_there

    with connect_proxy() as (url, asked):
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("https_proxy", url)
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        with_tls(use)


def test_a_server_at_an_ipv6_address_answers() -> None:
    with stub_server(host="::1") as stub:
        stub.answers = [sends(*WHOLE)]
        assert answer(ServerEngine(stub.url)) == "Hello"


@pytest.mark.parametrize(
    ("name", "host", "variable"),
    [("mistral", "api.mistral.ai", "MISTRAL_API_KEY"), ("hf", "router.huggingface.co", "HF_TOKEN")],
)  # fmt: skip
def test_a_short_name_brings_address_kind_and_key(
    name: str, host: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(variable, raising=False)
    with pytest.raises(ModelUnusable, match=f"--server {name} needs a key. Set {variable}"):
        engine_at(Config(server=name), name)
    monkeypatch.setenv(variable, "secret")
    presence = engine_at(Config(server=name), name).presence
    assert (presence.kind.name, presence._client.where.host) == (name, host)
    assert presence._client._client.headers["Authorization"] == "Bearer secret"


@pytest.mark.parametrize(("name", "port"), [("ollama", 11434), ("llama.cpp", 8080), ("lmstudio", 1234)])
def test_the_servers_of_ones_own_machine_go_by_their_names(name: str, port: int) -> None:
    presence = engine_at(Config(server=name), f" {name.upper()} ").presence
    assert (presence.kind.name, str(presence._client.where)) == (name, f"http://localhost:{port}/v1")
