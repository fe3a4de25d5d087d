"""The server engine against a real vLLM that serves the demo model. `make server-test` installs it and runs this."""

import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import PIL.Image
import pytest

from backend.chat.messages import AssistantMessage, Finished, ToolCall, ToolMessage, ToolResult, UserMessage
from backend.chat.parts import Image, Part, Text
from backend.chat.request import ChatRequest, Event, TextDelta, Waiting
from backend.chat.settings import GenerationSettings
from backend.engines.local.engine import LocalEngine
from backend.engines.server.engine import ServerEngine
from backend.engines.server.vllm.process import VllmProcess
from backend.models.catalogue import find
from backend.tools.builtin import BUILTIN_TOOLS

ROOT = Path(__file__).resolve().parents[4]
EXAMPLES = ROOT / "assets" / "examples"
GREEDY = GenerationSettings(temperature=0.0, max_tokens=48)
LONG = '{"type": "array", "items": {"type": "integer"}, "minItems": 3000}'  # an answer that takes seconds
TOOLS = tuple(tool.spec for tool in BUILTIN_TOOLS)

pytestmark = [pytest.mark.server, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def engine(vllm: VllmProcess) -> Iterator[ServerEngine]:
    engine = ServerEngine(vllm.url, vllm.key)
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


def test_closing_the_stream_ends_the_servers_work(engine: ServerEngine, vllm: VllmProcess) -> None:
    def measured(name: str) -> float:
        with urllib.request.urlopen(f"{vllm.url}/metrics", timeout=30) as answer:
            lines = answer.read().decode().splitlines()
        found = [float(line.split()[-1]) for line in lines if line.startswith(f"vllm:{name}{{")]
        assert found
        return sum(found)

    written = measured("generation_tokens_total")
    long = GenerationSettings(temperature=0.0, max_tokens=4000, json_schema=LONG)
    stream = engine.stream(ChatRequest("", (said("Hello"),), settings=long))
    next(event for event in stream if isinstance(event, TextDelta))
    stream.close()
    ends = time.monotonic() + 60
    while measured("num_requests_running") and time.monotonic() < ends:
        time.sleep(0.1)
    assert measured("num_requests_running") == 0
    assert measured("generation_tokens_total") - written < 4000


def test_the_same_conversation_reads_the_same_number_of_tokens_here_and_there(engine: ServerEngine) -> None:
    local = LocalEngine(find("demo"))
    request = ChatRequest("Be brief.", (said(picture("shapes.png"), "What is in the image?"),), TOOLS, GREEDY)
    try:
        ends = [list(one.stream(request))[-1] for one in (local, engine)]
    finally:
        local.close()
    counts = [end.usage.prompt_tokens for end in ends if isinstance(end, Finished) and end.usage]
    assert counts[0] == counts[1]
