"""Schemas, calls and files that take minutes to check: each ends in one sentence, while others are served."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backend.chat.errors import ConversationInvalid, ToolsInvalid
from backend.chat.messages import ToolCall, ToolSpec
from backend.sandbox.pool import Busy, Sandbox
from backend.storage.foreign.reading import MAX_MESSAGES, MAX_WORDS
from backend.storage.imports import import_file, open_kept
from backend.tools.builtin import BUILTIN_TOOLS
from backend.tools.declared import BUSY, TOO_LONG, DeclaredTools
from backend.tools.schemas import Reading
from backend.tools.taking import taken
from backend.tools.toolbox import Tool, Toolbox
from scripts.visitors import Visitor
from tests.trust.conftest import App, visitor

MIXED = [{"a": n} if n % 2 else [n] for n in range(11_000)]  # jsonschema compares each with each
SLOW = json.dumps([{"name": "slow", "parameters": {"type": MIXED}}], separators=(",", ":"))
GOOD = json.dumps({"name": "weather", "parameters": {"type": "object"}})
VALUES = ToolSpec(
    "pick",
    "",
    json.dumps({"properties": {"names": {"items": {"enum": [f"value {n}" for n in range(6_000)]}}}}),
)
PICKED = ToolCall("abcdefghi", "pick", json.dumps({"names": [0] * 15_000}))  # each is told with all 6,000


class Counted:
    """Runs in a sandbox, and counts."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox, self.count = sandbox, 0

    def __call__(self, *given: Any) -> Any:
        self.count += 1
        return self._sandbox.run(*given)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """With less time than the app's, so that tests need not wait for its end."""
    sandbox = Sandbox(0.5, 1_000_000_000, ["backend.tools.builtin", "backend.storage.imports"], count=2)
    with sandbox._borrowed() as worker:  # both processes are there, so that nobody is kept by a start
        worker.start()
        sandbox.start()
    yield sandbox
    sandbox.close()


@pytest.fixture
def run(sandbox: Sandbox) -> Counted:
    return Counted(sandbox)


def test_a_slow_schema_is_refused_once_for_all_that_ask_while_others_are_read(run: Counted) -> None:
    assert len(SLOW) > 95_000
    tools, told, ticks = DeclaredTools(run), [], 0

    def ask() -> None:
        with pytest.raises(ToolsInvalid) as refused:
            tools.read(SLOW)
        told.append(str(refused.value))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    while not run.count:
        time.sleep(0.01)
    assert [tool.name for tool in tools.read(GOOD)] == ["weather"]
    assert not told
    while any(thread.is_alive() for thread in threads):
        ticks += 1
        time.sleep(0.01)
    ask()
    assert told == [TOO_LONG] * 5
    assert run.count == 2
    assert ticks > 5
    with pytest.raises(ToolsInvalid, match="there is another tool called weather"):
        tools.read(GOOD, {"weather"})


def test_what_could_not_be_read_for_the_crowd_is_read_later() -> None:
    outcomes: list[Any] = [Busy("all taken"), Reading((ToolSpec("weather", "", "{}"),))]

    def run(*_: object) -> Any:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Busy):
            raise outcome
        return outcome

    tools = DeclaredTools(run)
    with pytest.raises(ToolsInvalid, match=BUSY):
        tools.read(GOOD)
    assert [tool.name for tool in tools.read(GOOD)] == ["weather"]


def test_a_pattern_that_would_never_end_counts_for_nothing_in_a_call_and_the_rest_of_the_schema_does(
    run: Counted,
) -> None:
    fields = {"a": {"type": "string", "pattern": "^(a+)+$"}, "n": {"type": "integer"}}
    box = Toolbox((Tool(taken({"name": "f", "parameters": {"properties": fields}}).spec),), run=run)
    endless = "a" * 40 + "b"
    assert box.is_declared(ToolCall("abcdefghi", "f", json.dumps({"a": endless})))
    result = box.run(ToolCall("abcdefghj", "f", json.dumps({"a": endless, "n": "x"})))
    assert result.output == "Error: the arguments of f do not fit its schema: n: 'x' is not of type 'integer'."


def test_a_call_that_takes_long_to_check_is_an_error_for_the_model_and_checked_once(run: Counted) -> None:
    declared, plain = Toolbox((Tool(VALUES),), run=run), Toolbox(BUILTIN_TOOLS, run=run)
    assert not declared.is_declared(PICKED)
    result = declared.run(PICKED)
    assert result.is_error
    assert result.output == (
        "Error: the arguments of pick take too long to check against its schema: make them smaller."
    )
    assert run.count == 1
    assert plain.run(ToolCall("bbbbbbbbb", "my_calculator", '{"expression": "2+2"}')).output == "4"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[" + "[]," * 5_000_000 + "0]", "takes too long or too much memory"),
        (json.dumps([{"role": "user", "content": "x"}] * (MAX_MESSAGES + 1)), "more than 12,000 messages"),
        (json.dumps([{"role": "user", "content": "x" * (MAX_WORDS + 1)}]), "more than 25,000,000 characters"),
        ("{", "isn't a chat export"),
    ],
    ids=["brackets", "messages", "characters", "no JSON"],
)
def test_a_file_that_is_too_much_to_read_is_refused(sandbox: Sandbox, tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "export.json"
    file.write_text(text)
    with pytest.raises(ConversationInvalid, match=why):
        import_file(file, pytest.fail, sandbox.run)


def test_a_kept_conversation_that_is_none_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "kept.json"
    for text in ('{"history": 1}', "[" * 100_000, "", '{"format": "mistral-chat/2"}'):
        file.write_text(text)
        with pytest.raises(ConversationInvalid, match="isn't a chat export"):
            open_kept(file, pytest.fail, sandbox.run)
    with pytest.raises(ConversationInvalid, match="couldn't be read"):
        open_kept(tmp_path / "gone.json", pytest.fail, sandbox.run)


def test_the_running_app_answers_others_while_a_slow_schema_is_pasted(open_app: App) -> None:
    async def meet() -> tuple[str, list[bool]]:
        async with visitor(open_app) as page, visitor(open_app) as other:
            note = next(
                event
                for event in page.config["dependencies"]
                if [page.component("tool-schemas"), "change"] in [list(target) for target in event["targets"]]
                and page.component("tool-note") in event["outputs"]
            )
            pasted = asyncio.create_task(said(page, note, {"tool-schemas": SLOW}))
            answered = []
            while not pasted.done():
                outcome = await Visitor(other.url, other.config, other.client).say("Hello", **{"max-tokens": 1})
                answered.append(outcome.state == "completed" and not pasted.done())
            return await pasted, answered

    shown, answered = asyncio.run(meet())
    assert TOO_LONG in shown
    assert any(answered)


async def said(page: Visitor, event: dict[str, Any], changed: dict[str, Any]) -> str:
    """What the event changes on the page."""
    told = [told async for told in page.call(page.body(event, changed))]
    assert told[-1]["success"]
    return json.dumps(told[-1]["output"]["data"])
