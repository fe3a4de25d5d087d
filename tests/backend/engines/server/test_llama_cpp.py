"""The server engine against llama.cpp's own server with the demo model as GGUF. `make server-test` installs it."""

import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator

import pytest

from backend.chat.errors import EngineError
from backend.chat.messages import AssistantMessage, Finished, ToolCall, ToolMessage, ToolResult
from backend.chat.request import ChatRequest, TextDelta
from backend.chat.settings import GenerationSettings
from backend.engines.server.engine import ServerEngine
from tests.backend.engines.server.test_vllm import GREEDY, ROOT, TOOLS, events, picture, said

PYTHON = ROOT / ".servers" / "llama-cpp" / "bin" / "python"
SERVERS = ROOT / "tests" / "servers"

pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not PYTHON.exists():
        pytest.skip("no llama.cpp here; make server-test installs it")
    folder = tmp_path_factory.mktemp("gguf")
    subprocess.run([PYTHON, SERVERS / "to_gguf.py", ROOT / "assets" / "demo-model", folder], check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen([PYTHON, SERVERS / "llama_server.py", folder, str(port)], stdout=log, stderr=log)
        try:
            _wait(f"http://127.0.0.1:{port}/health", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait(30)


def _wait(url: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(900):
        assert process.poll() is None, "llama.cpp ended at its start"
        try:
            with urllib.request.urlopen(url, timeout=30):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("llama.cpp did not start within a minute and a half")


@pytest.fixture(scope="module")
def engine(url: str) -> Iterator[ServerEngine]:
    engine = ServerEngine(url)
    yield engine
    engine.close()


def text(answer: list[object]) -> str:
    return "".join(event.text for event in answer if isinstance(event, TextDelta))


def test_what_the_model_sees_in_a_picture_is_what_it_says(engine: ServerEngine) -> None:
    answer = events(engine, ChatRequest("", (said("Describe the picture.", picture("shapes.png")),), settings=GREEDY))
    assert text([*answer]).startswith("The image shows ")
    last = answer[-1]
    assert isinstance(last, Finished)
    assert last.reason == "stop"
    assert last.usage
    assert last.usage.prompt_tokens > 30  # the picture among them
    assert last.usage.tokens_per_second


def test_a_tool_is_called_and_its_result_is_read(engine: ServerEngine) -> None:
    question = said("What is 4 + 5?")
    *_, call, last = events(engine, ChatRequest("", (question,), TOOLS, GREEDY, tool_choice="required"))
    assert isinstance(call, ToolCall)
    assert call.name == "my_calculator"
    assert isinstance(last, Finished)
    assert last.reason == "tool_calls"
    answered = (question, AssistantMessage("", (call,)), ToolMessage(ToolResult(call.id, "9")))
    assert "9" in text([*events(engine, ChatRequest("", answered, TOOLS, GREEDY))])


def test_every_setting_is_taken_and_the_same_seed_says_the_same(engine: ServerEngine) -> None:
    settings = GenerationSettings(
        temperature=0.9, top_p=0.9, top_k=20, min_p=0.05, repetition_penalty=1.1, seed=7, stop=("xyz",), max_tokens=30
    )
    answers = [events(engine, ChatRequest("", (said("Hello"),), settings=settings)) for _ in range(2)]
    assert text([*answers[0]]) == text([*answers[1]]) != ""
    assert all(isinstance(answer[-1], Finished) and not answer[-1].note for answer in answers)


def test_a_conversation_that_is_too_long_is_told_with_both_numbers(engine: ServerEngine) -> None:
    with pytest.raises(EngineError, match="8,192"):
        events(engine, ChatRequest("", (said("word " * 12_000),), settings=GREEDY))


def test_closing_the_stream_ends_the_servers_work(engine: ServerEngine, url: str) -> None:
    def measured(name: str) -> float:
        with urllib.request.urlopen(f"{url}/metrics", timeout=30) as answer:
            lines = answer.read().decode().splitlines()
        return float(next(line.split()[1] for line in lines if line.startswith(f"llamacpp:{name} ")))

    written = measured("tokens_predicted_total")
    schema = '{"type": "array", "items": {"type": "integer"}, "minItems": 1000}'  # which it does not end by itself
    long = GenerationSettings(temperature=0.0, max_tokens=1500, json_schema=schema)
    stream = engine.stream(ChatRequest("", (said("Hello"),), settings=long))
    next(event for event in stream if isinstance(event, TextDelta))
    stream.close()
    ends = time.monotonic() + 60
    while measured("requests_processing") and time.monotonic() < ends:
        time.sleep(0.1)
    assert measured("requests_processing") == 0
    assert measured("tokens_predicted_total") - written < 1500
