"""Programs that ask the running app, behind a login and with a key, for what the demo model knows."""

import asyncio
import base64
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import httpx2
import openai
import pytest
from pydantic import BaseModel

from backend.chat.messages import AssistantMessage, Finished, ToolCall, ToolMessage, ToolResult, ToolSpec, UserMessage
from backend.chat.parts import Image, Part, Text
from backend.chat.request import ChatRequest, Event, Logprobs, TextDelta, Waiting
from backend.chat.settings import GenerationSettings
from backend.engines.server.engine import ServerEngine
from scripts.visitors import ROOT
from tests.web.api.conftest import AUTH, KEY, MANY

if TYPE_CHECKING:
    from backend.engines.local.engine import LocalEngine

pytestmark = pytest.mark.timeout(300)  # of which the app's start takes most, on a machine that is busy
CARD = Path(__file__).parent / "card"
EXAMPLES = ROOT / "assets" / "examples"
OF_CARD = "http://localhost:8000/v1"
CALCULATOR = ToolSpec(
    "my_calculator",
    "A calculator that can evaluate a mathematical expression.",
    json.dumps({
        "type": "object",
        "properties": {"expression": {"type": "string", "description": "The mathematical expression to evaluate."}},
        "required": ["expression"],
    }),
)  # fmt: skip


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=url, api_key=KEY, max_retries=0) as found:
        yield found


def data_url(picture: str) -> str:
    return "data:image/png;base64," + base64.b64encode((EXAMPLES / picture).read_bytes()).decode()


def of_card(name: str, url: str, picture: str, folder: Path) -> str:
    """What a script of the model card prints, its own but for the address and the picture; nothing is downloaded."""
    script = (CARD / f"{name}.txt").read_text(encoding="utf-8")
    assert OF_CARD in script
    script = re.sub('(?<=image_url = ")https[^"]*', lambda _: data_url(picture), script.replace(OF_CARD, url))
    prompt = ROOT / "assets" / "prompts" / "demo.txt"
    (folder / "huggingface_hub.py").write_text(f"def hf_hub_download(**_):\n    return {str(prompt)!r}\n")
    (folder / "script.py").write_text(script, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    run = subprocess.run([sys.executable, "script.py"], cwd=folder, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_the_model_cards_script_for_reasoning_about_an_image_runs(url: str, tmp_path: Path) -> None:
    printed = of_card("vision_reasoning", url, "crossing.png", tmp_path)
    assert "That is beyond me: I am only a small demo model" in printed  # as it says of all that needs judgement


def test_its_scripts_that_call_functions_run(url: str, tmp_path: Path) -> None:
    printed = of_card("function_calling", url, "crossing.png", tmp_path)
    assert re.search(r"id='\w{9}'.*\"unit\": \"millions\"}', name='get_current_population'", printed)
    printed = of_card("function_calling_complex", url, "equations.png", tmp_path)
    assert '{"expression": "6 + 2 * 3"}\', name=\'my_calculator\'' in printed
    assert "6 + 2 * 3 = 12" in printed


def test_its_script_for_following_instructions_runs(url: str, tmp_path: Path) -> None:
    words = re.findall(r"\w+", of_card("instruction_following", url, "", tmp_path).lower())
    assert "".join(word[0] for word in words).startswith("abc")


def test_openais_own_helpers_take_a_stream_and_a_schema(client: openai.OpenAI) -> None:
    class Shape(BaseModel):
        colour: Literal["red", "green", "blue"]
        count: int

    asked: Any = [{"role": "user", "content": "What is 6 + 2 * 3?"}]
    function = {
        "name": CALCULATOR.name,
        "parameters": json.loads(CALCULATOR.parameters) | {"additionalProperties": False},
    }
    tools: Any = [{"type": "function", "function": function | {"strict": True}}]
    with client.chat.completions.stream(
        model="demo", messages=asked, tools=tools, max_tokens=60, temperature=0, stream_options={"include_usage": True}
    ) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_completion()
    assert "tool_calls.function.arguments.done" in kinds
    (call,) = final.choices[0].message.tool_calls or ()
    assert json.loads(call.function.arguments) == {"expression": "6 + 2 * 3"}
    assert final.usage
    assert final.usage.completion_tokens > 0
    parsed = client.chat.completions.parse(model="demo", messages=asked, response_format=Shape, max_tokens=100)
    assert isinstance(parsed.choices[0].message.parsed, Shape)


def test_refusals_are_the_errors_that_openais_client_knows(client: openai.OpenAI, url: str) -> None:
    asked: Any = [{"role": "user", "content": "Hi"}]
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="gpt-4", messages=asked)
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model="demo", messages=asked, n=2)
    assert refused.value.param == "n"
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model="demo", messages=[{"role": "user", "content": "word " * 20_000}])
    assert refused.value.code == "context_length_exceeded"
    with pytest.raises(openai.AuthenticationError), openai.OpenAI(base_url=url, api_key="wrong") as other:
        other.models.list()


def test_tokens_are_counted_as_the_model_reads_them(client: openai.OpenAI, url: str) -> None:
    parts = [{"type": "text", "text": "What is here?"}, {"type": "image_url", "image_url": data_url("shapes.png")}]
    messages: Any = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": parts}]
    counted = httpx2.post(
        f"{url}/tokenize", json={"messages": messages}, headers={"Authorization": f"Bearer {KEY}"}, timeout=60
    ).json()
    answer = client.chat.completions.create(model="demo", messages=messages, max_tokens=1)
    assert answer.usage
    assert counted["count"] == len(counted["tokens"]) == answer.usage.prompt_tokens > 24


def test_many_at_once_each_get_their_own_answer_to_its_end(url: str) -> None:
    questions = [f"What is {a} + {a + 1}?" for a in range(2, 2 + MANY)]
    tools: Any = [{"type": "function", "function": {"name": CALCULATOR.name, "description": CALCULATOR.description,
                                                    "parameters": json.loads(CALCULATOR.parameters)}}]  # fmt: skip

    async def one(client: openai.AsyncOpenAI, question: str) -> tuple[str, str, set[str]]:
        stream = await client.chat.completions.create(
            model="demo", messages=[{"role": "user", "content": question}], tools=tools, stream=True, max_tokens=40,
            temperature=0, tool_choice="required",
        )  # fmt: skip
        reasons, ids, arguments = "", set(), ""
        async for chunk in stream:
            ids.add(chunk.id)
            reasons += chunk.choices[0].finish_reason or ""
            arguments += "".join(
                c.function.arguments or "" for c in chunk.choices[0].delta.tool_calls or () if c.function
            )
        return arguments, reasons, ids

    async def ask() -> list[tuple[str, str, set[str]]]:
        async with openai.AsyncOpenAI(base_url=url, api_key=KEY, max_retries=0, timeout=250) as client:
            return await asyncio.gather(*(one(client, question) for question in questions))

    found = asyncio.run(ask())
    expected = [{"expression": question.removeprefix("What is ").removesuffix("?")} for question in questions]
    assert [json.loads(arguments) for arguments, _, _ in found] == expected
    assert {reason for _, reason, _ in found} == {"tool_calls"}
    assert all(len(ids) == 1 for *_, ids in found)
    assert len(set().union(*(ids for *_, ids in found))) == MANY


def numbers(url: str) -> dict[str, float]:
    """Those of the app, by their names."""
    text = httpx2.get(url.replace("/v1", "/metrics"), auth=AUTH, timeout=30).text
    pairs = (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    return {name.removeprefix("mistral_chat_"): float(value) for name, value in pairs}


def test_whoever_goes_away_frees_the_model(client: openai.OpenAI, url: str) -> None:
    before = numbers(url)
    asked: Any = [{"role": "user", "content": "Describe Paris"}]
    with client.chat.completions.create(
        model="demo",
        messages=asked,
        stream=True,
        temperature=2.0,
        max_tokens=4000,
        extra_body={"repetition_penalty": 2},
    ) as stream:
        next(iter(stream))
    while (now := numbers(url))['requests_present{stage="running"}']:
        time.sleep(0.05)
    cancelled = 'requests_total{outcome="cancelled"}'
    assert now[cancelled] == before[cancelled] + 1
    assert client.chat.completions.create(model="demo", messages=asked, max_tokens=1).usage


def told(events: Iterator[Event]) -> tuple[str, list[tuple[str, str]], str]:
    """An answer's text, its calls, and why it ended."""
    found = [event for event in events if not isinstance(event, Waiting)]
    text = "".join(event.text for event in found if isinstance(event, TextDelta))
    calls = [(event.name, event.arguments) for event in found if isinstance(event, ToolCall)]
    (end,) = (event for event in found if isinstance(event, Finished))
    assert end.usage
    assert not end.note
    return text, calls, end.reason


def said(*parts: Part) -> UserMessage:
    return UserMessage(parts)


PICTURE = Image(str(EXAMPLES / "shapes.png"), 224, 84)
SCHEMA = '{"type":"object","properties":{"count":{"type":"integer","maximum":9}},"required":["count"]}'
CALLED = ToolCall("abcdefghi", "my_calculator", '{"expression": "3 + 4"}')
REQUESTS = {
    "text": {"messages": (said(Text("Hello")),), "system_prompt": "Be brief."},
    "picture": {"messages": (said(PICTURE, Text("What is in this picture?")),)},
    "tools": {"messages": (said(Text("What is 3 + 4?")),), "tools": (CALCULATOR,)},
    "required": {"messages": (said(Text("Hello")),), "tools": (CALCULATOR,), "tool_choice": "required"},
    "named": {"messages": (said(Text("Hello")),), "tools": (CALCULATOR,), "tool_choice": "my_calculator"},
    "result": {
        "messages": (
            said(Text("What is 3 + 4?")), AssistantMessage("", (CALLED,)), ToolMessage(ToolResult(CALLED.id, "7")),
        ),
        "tools": (CALCULATOR,),
    },
    "schema": {"messages": (said(Text("How many?")),), "json_schema": SCHEMA},
    "stop": {"messages": (said(PICTURE, Text("What is in this picture?")),), "stop": (" and",)},
    "cut": {"messages": (said(Text("Hello")),), "max_tokens": 2},
    "continued": {"messages": (said(Text("Hello")), AssistantMessage("Hello! Show")), "continues": True},
}  # fmt: skip


@pytest.mark.parametrize("name", REQUESTS)
def test_our_own_engine_for_servers_gets_what_the_model_says(url: str, engine: "LocalEngine", name: str) -> None:
    given: dict[str, Any] = dict(REQUESTS[name])
    sampling = {key: given.pop(key) for key in ("json_schema", "stop", "max_tokens") if key in given}
    request = ChatRequest(**given, settings=GenerationSettings(**({"temperature": 0.0, "max_tokens": 60} | sampling)))
    server = ServerEngine(url, KEY)
    with closing(server):
        assert told(server.stream(request)) == told(engine.stream(request))


def test_our_own_engine_gets_the_probability_of_every_token(url: str, engine: "LocalEngine") -> None:
    settings = GenerationSettings(temperature=0.0, max_tokens=12)
    request = ChatRequest(messages=(said(Text("Describe Paris")),), settings=settings, logprobs=3)

    def tokens(events: Iterator[Event]) -> list[tuple[bytes, float, list[bytes]]]:
        found = (token for event in events if isinstance(event, Logprobs) for token in event.tokens)
        return [(token.data, round(token.logprob, 3), [data for data, _ in token.top]) for token in found]

    server = ServerEngine(url, KEY)
    with closing(server):
        far, near = tokens(server.stream(request)), tokens(engine.stream(request))
    assert far == near
    assert len(near) >= 10
    assert all(len(top) == 3 for *_, top in near)


def test_the_app_says_at_its_start_where_programs_ask_it(url: str, log: Path) -> None:
    for _ in range(100):
        if "Ready in" in log.read_text("utf-8"):
            break
        time.sleep(0.1)
    assert f", for programs at {url}\n" in log.read_text("utf-8")
