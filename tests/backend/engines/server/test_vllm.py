"""The server engine against a real vLLM that serves the demo model. `make server-test` installs it and runs this."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import PIL.Image
import pytest

from backend.chat.messages import (
    AssistantMessage,
    Finished,
    Image,
    Part,
    Text,
    ToolCall,
    ToolMessage,
    ToolResult,
    UserMessage,
)
from backend.chat.request import ChatRequest, Event, TextDelta, Waiting
from backend.chat.settings import GenerationSettings
from backend.engines.local.engine import LocalEngine
from backend.engines.server.engine import ServerEngine
from backend.models.catalogue import find
from backend.tools.builtin import BUILTIN_TOOLS

ROOT = Path(__file__).resolve().parents[4]
VLLM = ROOT / ".servers" / "vllm" / "bin"
EXAMPLES = ROOT / "assets" / "examples"
GREEDY = GenerationSettings(temperature=0.0, max_tokens=48)
TOOLS = tuple(tool.spec for tool in BUILTIN_TOOLS)

pytestmark = [pytest.mark.server, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not (VLLM / "vllm").exists():
        pytest.skip("no vLLM here; make server-test installs it")
    folder = tmp_path_factory.mktemp("served")
    converter = ROOT / "tests" / "servers" / "to_mistral_format.py"
    subprocess.run([sys.executable, converter, ROOT / "assets" / "demo-model", folder], check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "VLLM_CPU_KVCACHE_SPACE": "1",
        "PYTHONPATH": str(ROOT / "tests" / "servers"), "PATH": f"{VLLM}:{os.environ['PATH']}",
    }  # fmt: skip
    command = [
        VLLM / "vllm", "serve", folder, "--served-model-name", "tiny", "--host", "127.0.0.1", "--port", str(port),
        "--tokenizer-mode", "mistral", "--config-format", "mistral", "--load-format", "mistral",
        "--tool-call-parser", "mistral", "--enable-auto-tool-choice", "--limit-mm-per-prompt", '{"image":10}',
        "--max-model-len", "8192", "--dtype", "bfloat16", "--enforce-eager",
    ]  # fmt: skip
    log = (folder / "log.txt").open("wb")
    process = subprocess.Popen(command, env=os.environ | settings, stdout=log, stderr=log)
    try:
        _wait(f"http://127.0.0.1:{port}/health", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(60)
        log.close()


def _wait(url: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        assert process.poll() is None, "vLLM ended at its start"
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(1)
    raise AssertionError("vLLM did not start within five minutes")


@pytest.fixture(scope="module")
def engine(url: str) -> Iterator[ServerEngine]:
    engine = ServerEngine(url)
    yield engine
    engine.close()


def said(*parts: Part | str) -> UserMessage:
    return UserMessage(tuple(Text(part) if isinstance(part, str) else part for part in parts))


def picture(name: str) -> Image:
    with PIL.Image.open(EXAMPLES / name) as image:
        return Image(str(EXAMPLES / name), *image.size)


def events(engine: ServerEngine, request: ChatRequest) -> list[Event]:
    return [event for event in engine.stream(request) if not isinstance(event, Waiting)]


def test_text_streams_and_ends_with_a_reason_and_usage(engine: ServerEngine) -> None:
    *text, last = events(engine, ChatRequest("", (said("Hello"),), settings=GREEDY))
    assert len(text) > 3
    assert isinstance(last, Finished)
    assert last.reason in ("stop", "length")
    assert last.usage
    assert last.usage.prompt_tokens > 3


def test_several_pictures_are_taken_in_order(engine: ServerEngine) -> None:
    request = ChatRequest("", (said(picture("shapes.png"), picture("equations.png"), "Compare."),), settings=GREEDY)
    assert isinstance(events(engine, request)[-1], Finished)


def test_the_named_tool_is_called_with_arguments_of_its_schema(engine: ServerEngine) -> None:
    request = ChatRequest("", (said("What is 4 + 5?"),), TOOLS, GREEDY, tool_choice="my_calculator")
    calls = [event for event in events(engine, request) if isinstance(event, ToolCall)]
    assert calls
    assert calls[0].name == "my_calculator"
    assert '"expression"' in calls[0].arguments


def test_a_conversation_with_parallel_calls_and_results_is_taken_back(engine: ServerEngine) -> None:
    calls = (
        ToolCall("abcDEF123", "my_calculator", '{"expression": "4 + 5"}'),
        ToolCall("abcDEF124", "my_calculator", '{"expression": "6 * 7"}'),
    )
    results = (ToolMessage(ToolResult("abcDEF123", "9")), ToolMessage(ToolResult("abcDEF124", "42")))
    messages = (said("What is 4 + 5, and 6 * 7?"), AssistantMessage("", calls), *results)
    assert isinstance(events(engine, ChatRequest("", messages, TOOLS, GREEDY))[-1], Finished)


def test_closing_the_stream_ends_the_servers_work_within_a_second(engine: ServerEngine, url: str) -> None:
    long = GenerationSettings(temperature=1.5, max_tokens=4000)
    stream = engine.stream(ChatRequest("", (said("Hello"),), settings=long))
    next(event for event in stream if isinstance(event, TextDelta))
    stream.close()
    time.sleep(1)
    with urllib.request.urlopen(f"{url}/metrics", timeout=10) as answer:
        metrics = answer.read().decode()
    running = [line for line in metrics.splitlines() if line.startswith("vllm:num_requests_running")]
    assert running
    assert all(float(line.split()[-1]) == 0 for line in running)


def test_the_same_conversation_reads_the_same_number_of_tokens_here_and_there(engine: ServerEngine) -> None:
    local = LocalEngine(find("demo"))
    request = ChatRequest("Be brief.", (said(picture("shapes.png"), "What is in the image?"),), TOOLS, GREEDY)
    try:
        ends = [list(one.stream(request))[-1] for one in (local, engine)]
    finally:
        local.close()
    counts = [end.usage.prompt_tokens for end in ends if isinstance(end, Finished) and end.usage]
    assert counts[0] == counts[1]
