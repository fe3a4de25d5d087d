"""What the page knows of the tokens of a served model: exact where it can be, and else called an estimate."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from backend.chat.errors import EngineUnavailable, ModelUnusable
from backend.chat.messages import AssistantMessage, ToolCall, ToolMessage, ToolResult, ToolSpec, UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest
from backend.engines.server import token_count
from backend.engines.server.token_count import AT_ONCE, NotCounted, TokenServer
from backend.runtime import server_tokenizer
from backend.runtime.server_tokenizer import AS_WRITTEN, ServedTokenizer
from backend.tokenization.count import TokenCount
from tests.conftest import SHAPES
from tests.support.hub_stub import hub_server
from tests.support.stub_server import Stub, stub_server

if TYPE_CHECKING:
    from backend.engines.local.engine import LocalEngine

SMALL = "mistralai/Mistral-Small-3.2-24B-Instruct-2506"
CALL = ToolCall("abcDEF123", "clock", '{"zone": "Zürich"}')
TOOLS = (ToolSpec("clock", "The time.", '{"type": "object", "properties": {"zone": {"type": "string"}}}'),)
PICTURE = 3 * (8 + 1)  # tokens of SHAPES, 224 x 84 pixels


def asked(text: str = "And now?") -> ChatRequest:
    """A conversation with a picture, a tool, and a call of it."""
    called = AssistantMessage("", (CALL,)), ToolMessage(ToolResult(CALL.id, "12:00"))
    before = UserMessage((SHAPES, Text("When was this?"))), *called, AssistantMessage("At noon.")
    return ChatRequest("Be brief.", (*before, UserMessage((Text(text),))), TOOLS)


ASKED = asked()


@pytest.fixture
def stub() -> Iterator[Stub]:
    with stub_server() as stub:
        yield stub


@contextmanager
def served(stub: Stub, name: str = "tiny", path: str = "") -> Iterator[ServedTokenizer]:
    tokens = ServedTokenizer(TokenServer(stub.url), lambda: name, path)
    tokens.start()
    yield tokens
    tokens.close()


def soon(
    tokens: ServedTokenizer, is_so: Callable[[TokenCount], bool], request: ChatRequest | None = None
) -> TokenCount:
    """What the request costs, once this is so."""
    for _ in range(1500):
        if is_so(cost := tokens.counter().cost(request or ASKED)):
            return cost
        time.sleep(0.02)
    raise AssertionError(cost)


def by_words(body: Any) -> Any:
    """As vLLM: a token for each word of each message, one for the message, ten for each tool."""
    if "messages" not in body:
        return {"count": 1, "max_model_len": 4096, "tokens": [5]}
    words = sum(1 + len(str(message.get("content") or "").split()) for message in body["messages"])
    return {"count": words + 10 * len(body.get("tools", ())), "max_model_len": 4096, "tokens": [5]}


def test_the_count_and_the_prompt_are_those_of_the_model_in_this_process(stub: Stub, engine: "LocalEngine") -> None:
    local = engine.counter()
    assert local
    stub.told["/v1/models"]["data"][0]["max_model_len"] = local.limit
    with served(stub, path="assets/demo-model") as tokens:
        cost = soon(tokens, lambda cost: cost.limit is not None)
        assert cost == local.cost(ASKED)
        assert cost.is_exact
        assert cost.pictures == tokens.counter().picture(224, 84) == PICTURE
        shown, theirs = tokens.inspect(ASKED), engine.inspect(ASKED)
        assert (shown.pieces, shown.images) == (theirs.pieces, theirs.images)
        assert cost.total == shown.tokens
        assert (shown.note, theirs.note) == (AS_WRITTEN, "")
    assert not [path for path, _ in stub.questions if path == "/tokenize"]


def test_a_tokenizer_that_is_not_there_ends_the_start_with_a_sentence(stub: Stub, tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match=r"neither a tekken\.json nor a folder with one"):
        ServedTokenizer(TokenServer(stub.url), lambda: "tiny", str(tmp_path))


def test_a_tokenizer_that_is_damaged_leaves_an_estimate(
    stub: Stub, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "tekken.json").write_text("{}")
    stub.told["/v1/models"]["data"][0]["max_model_len"] = 4096
    with served(stub, path=str(tmp_path)) as tokens:
        assert not soon(tokens, lambda cost: cost.limit == 4096).is_exact
    assert "cannot be read" in caplog.text


def test_vllm_counts_what_no_tokenizer_is_there_for(stub: Stub) -> None:
    stub.told["/tokenize"] = by_words
    request = ChatRequest("Be brief, please.", (UserMessage((Text("one two three"),)),), TOOLS)
    with served(stub, "llama-3") as tokens:
        cost = soon(tokens, lambda cost: cost.is_exact, request)
        # A message is its words and one, the plain prompt that stands in for ours is one word.
        assert (cost.system_prompt, cost.tools, cost.history, cost.text) == (2, 10, 0, 6)
        assert cost.total == by_words(stub.questions[-1][1])["count"]
        before = len(stub.questions)
        assert tokens.counter().cost(ASKED).pictures == PICTURE
        assert not tokens.counter().cost(ASKED).is_exact  # what stands around a picture is not known
        assert "image" not in str(stub.questions[before:])
        before = len(stub.questions)
        tokens.counter().cost(asked("And now? Tell"))
        assert [path for path, _ in stub.questions[before:]] == ["/tokenize"]
        with pytest.raises(EngineUnavailable, match="--tokenizer"):
            tokens.inspect(ASKED)


def test_llama_cpp_makes_its_prompt_and_counts_it(stub: Stub) -> None:
    stub.told["/apply-template"] = lambda body: {"prompt": json.dumps(body["messages"])}
    stub.told["/tokenize"] = lambda body: {"tokens": body["content"].split()}
    stub.told["/props"] = {"default_generation_settings": {"n_ctx": 8192}}
    with served(stub, "llama-3") as tokens:
        request = ChatRequest(messages=(UserMessage((Text("one two three"),)),))
        cost = soon(tokens, lambda cost: cost.is_exact, request)
        assert cost.total == len(['[{"role":', '"user",', '"content":', '"one', "two", 'three"}]'])
        assert cost.limit == 8192
        assert stub.questions[-1][1]["parse_special"]


def test_a_server_that_cannot_count_is_not_asked_again_and_sees_no_draft(stub: Stub) -> None:
    with served(stub, "llama-3") as tokens:
        soon(
            tokens,
            lambda _: ("/tokenize", {"model": "llama-3", "prompt": "Hello", "content": "Hello"}) in stub.questions,
        )
        cost = tokens.counter().cost(asked("A secret draft"))
        assert not cost.is_exact
        assert [path for path, body in stub.questions if body] == ["/tokenize"]
        assert "secret" not in str(stub.questions)


def test_a_server_that_fails_at_a_count_rests(stub: Stub) -> None:
    def fails(body: Any) -> Any:
        return by_words(body) if "messages" not in body else {"count": "many"}

    stub.told["/tokenize"] = fails
    with served(stub, "llama-3") as tokens:
        soon(tokens, lambda _: len([body for path, body in stub.questions if body]) == 2)
        for text in ("one", "two", "three"):
            assert not tokens.counter().cost(asked(text)).is_exact
        assert len([body for path, body in stub.questions if body]) == 2


def test_who_comes_while_enough_questions_are_open_does_not_wait(stub: Stub) -> None:
    opened = threading.Event()

    def slow(body: Any) -> Any:
        assert "messages" not in body or opened.wait(30)
        return by_words(body)

    stub.told["/tokenize"] = slow
    with closing(TokenServer(stub.url)) as server, ThreadPoolExecutor(AT_ONCE) as threads:
        requests = [ChatRequest(messages=(UserMessage((Text(str(number)),)),)) for number in range(AT_ONCE + 1)]
        held = [threads.submit(server.count, request, "tiny") for request in requests[1:]]
        while len([body for _, body in stub.questions if body and "messages" in body]) < AT_ONCE:
            time.sleep(0.01)
        with pytest.raises(NotCounted):
            server.count(requests[0], "tiny")
        opened.set()
        assert [count.result() for count in held] == [2] * AT_ONCE


@pytest.mark.parametrize("answer", [{"count": 7, "tokens": [1] * 1000}, {"count": -1, "tokens": []}, [], "x", 7])
def test_a_count_that_is_none_is_not_taken(stub: Stub, answer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_count, "MAX_BYTES", 1000)
    stub.told["/tokenize"] = lambda body: answer if "messages" in body else by_words(body)
    with closing(TokenServer(stub.url)) as server, pytest.raises(NotCounted):
        server.count(ASKED, "tiny")


@pytest.mark.parametrize(
    ("told", "limit"),
    [
        ({"/v1/models": {"data": [{"id": "other", "max_model_len": 1}, {"id": "m", "max_model_len": 32768}]}}, 32768),
        ({"/v1/models": {"data": [{"id": "m", "max_context_length": 131072}]}}, 131072),
        (
            {
                "/v1/models": {"data": [{"id": "m", "meta": {"n_ctx_train": 131072}}]},
                "/props": {"default_generation_settings": {"n_ctx": 16384}},
            },
            16384,
        ),
        ({"/v1/models": {"data": [{"id": "m", "meta": {"n_ctx_train": 131072}}]}}, 131072),
        (
            {
                "/v1/models": {"data": [{"id": "m"}]},
                "/api/v0/models": {"data": [{"id": "m", "max_context_length": 131072, "loaded_context_length": 4096}]},
            },
            4096,
        ),
        ({"/api/ps": {"models": [{"name": "m", "context_length": 4096}]}}, 4096),
        ({"/api/ps": {"models": [{"name": "m:latest", "context_length": 4096}]}}, 4096),
        ({"/api/ps": {"models": [{"name": "other", "context_length": 4096}]}}, None),  # which is loaded, m is not
        ({"/v1/models": {"data": [{"id": "m", "max_model_len": "many"}, 7, None]}, "/props": [], "/api/ps": 3}, None),
        ({"/v1/models": {"data": [{"id": "a", "max_model_len": 1}, {"id": "b", "max_model_len": 2}]}}, None),
    ],
)
def test_the_context_is_what_the_server_tells(stub: Stub, told: dict[str, Any], limit: int | None) -> None:
    stub.told = told
    with closing(TokenServer(f"{stub.url}/v1/")) as server:
        assert server.context("m") == limit


@pytest.mark.parametrize(
    ("written", "listed"),
    [("api", "/api/models"), ("api", "/api/v1/models"), ("v3", "/v3/models"), ("api/v1/", "/api/v1/models")],
)
def test_the_context_is_asked_for_where_the_list_of_models_is(stub: Stub, written: str, listed: str) -> None:
    stub.told = {listed: {"data": [{"id": "m", "max_model_len": 32768}]}}
    with closing(TokenServer(f"{stub.url}/{written}")) as server:
        assert server.context("m") == 32768


def test_a_context_that_is_known_only_in_part_is_not_told(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(_: Any) -> Any:
        time.sleep(1)
        raise TimeoutError  # which ends the question in silence

    stub.told = {"/v1/models": {"data": [{"id": "m", "meta": {"n_ctx_train": 131072}}]}, "/props": slow}
    with closing(TokenServer(stub.url)) as server:
        with monkeypatch.context() as impatient:
            impatient.setattr(token_count, "SECONDS", 0.5)
            assert server.context("m") is None
        stub.told["/props"] = {"default_generation_settings": {"n_ctx": 4096}}
        assert server.context("m") == 4096


@pytest.mark.parametrize(("name", "before"), [("mistral-small3.2:24b", 131_072), ("llama-3", None)])
def test_the_context_is_asked_anew_since_some_servers_tell_it_once_they_answer(
    stub: Stub, name: str, before: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_tokenizer, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(server_tokenizer, "CONTEXT_SECONDS", 0.1)
    stub.told["/api/ps"] = {"models": []}  # as Ollama before the first question, and when it has unloaded the model
    with served(stub, name, "assets/demo-model") as tokens:
        first = soon(tokens, lambda _: len(stub.asked) > 8)
        assert first.limit == before
        for told in (4096, 8192):
            stub.told["/api/ps"] = {"models": [{"name": name, "context_length": told}]}
            assert soon(tokens, lambda cost, told=told: cost.limit == told) == replace(first, limit=told)
        stub.told["/api/ps"] = {"models": []}
        asked = len(stub.asked)
        assert soon(tokens, lambda _: len(stub.asked) > asked + 8).limit == 8192


def test_the_context_is_asked_anew_once_soon_and_then_seldom(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = list[str]()
    monkeypatch.setattr(server_tokenizer, "LOOK_SECONDS", 0.005)
    stub.told["/v1/models"]["data"][0]["max_model_len"] = 4096
    tokens = ServedTokenizer(TokenServer(stub.url), lambda: looks.append("") or "tiny")
    tokens.start()
    while len(looks) < 20:
        time.sleep(0.01)
    tokens.close()
    assert [path for path, _ in stub.asked] == ["/v1/models"] * 2


def test_another_model_that_is_served_later_is_noticed(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_tokenizer, "LOOK_SECONDS", 0.02)
    names = ["", "first"]
    stub.told["/v1/models"] = {"data": [{"id": "first", "max_model_len": 1}, {"id": "second", "max_model_len": 2}]}

    def name() -> str:
        if not names[0]:
            names[0] = names.pop()
            raise EngineUnavailable("It is not up yet.")
        return names[0]

    tokens = ServedTokenizer(TokenServer(stub.url), name)
    tokens.start()
    soon(tokens, lambda cost: cost.limit == 1)
    names[0] = "second"
    soon(tokens, lambda cost: cost.limit == 2)
    tokens.close()


LOOK = """
import sys, time
from backend.engines.server.token_count import TokenServer
from backend.runtime.server_tokenizer import ServedTokenizer
from backend.chat.messages import UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest
tokens = ServedTokenizer(TokenServer(sys.argv[1]), lambda: sys.argv[2])
assert not {"mistral_common", "torch", "cv2"} & set(sys.modules)
tokens.start()
ends = time.monotonic() + float(sys.argv[3])
while not tokens.counter().is_exact and time.monotonic() < ends:
    time.sleep(0.02)
time.sleep(0.1)
cost = tokens.counter().cost(ChatRequest("Be brief.", (UserMessage((Text("Hello"),)),)))
assert "torch" not in sys.modules
print(cost.is_exact, cost.total, cost.limit, tokens.system_prompt[:40])
"""


def looked(stub: Stub, hub: str, home: Path, seconds: float, **more: str) -> tuple[str, str]:
    """What is printed, and what is warned of, by a process of its own: huggingface_hub reads its environment once."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    environment = ours | {"HF_ENDPOINT": hub, "HF_HOME": str(home)} | more
    command = [sys.executable, "-c", LOOK, stub.url, "Mistral-Small-3.2-24B-Instruct-2506-Q4_K_M.gguf", str(seconds)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout, done.stderr


def test_the_served_name_gives_the_tokenizer_away_and_the_prompt(stub: Stub, tmp_path: Path) -> None:
    with hub_server(SMALL) as hub:
        hub.files["SYSTEM_PROMPT.txt"] = b"You are {name}, of the hub."
        said, warned = looked(stub, hub.url, tmp_path / "home", 30)
        assert f"Fetching {SMALL}: 2 files, " in said
        exact = said.splitlines()[-1]
        assert exact.startswith("True ")
        assert exact.endswith(" 131072 You are {name}, of the hub.")
        assert not [path for _, path, _, _ in hub.asked if "safetensors" in path or path.endswith("config.json")]
        assert "Traceback" not in warned
        again, _ = looked(stub, hub.url, tmp_path / "home", 30, HF_HUB_OFFLINE="1")
        assert again == f"{exact}\n"
    said, warned = looked(stub, hub.url, tmp_path / "none", 1, HF_HUB_OFFLINE="1")
    assert said.startswith("False ")
    assert " 131072 " in said  # which the name gives away too
    assert "HF_HUB_OFFLINE is set. Until the next start" in warned
