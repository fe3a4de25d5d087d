"""A chat as code: which of its answers is asked for, with what, and whom."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backend.chat.messages import AssistantMessage, Conversation, Finished, UserMessage
from backend.chat.parts import Image, Text
from backend.chat.request import Event, TextDelta
from backend.chat.tree import ConversationTree
from backend.demo.terms import NOT_HERE
from backend.demo.values import Demo
from backend.runtime.model_info import ModelInfo
from tests.support.scripted_engine import ScriptedEngine
from tests.ui.handlers.test_answer import Visit
from ui.requests.code_commands import ShowCode
from ui.requests.values import MAX_TEXT
from ui.session import Chat
from ui.texts import texts

ONE: list[Event] = [TextDelta("One."), Finished("stop")]
TWO: list[Event] = [TextDelta("Two."), Finished("stop")]
SECRET = "/srv/secret/model"


async def talked(page: Visit) -> None:
    page.values[page.panel.temperature] = 0.5
    await page.sends("First?")
    await page.answers()
    page.values[page.panel.temperature] = 0.0
    await page.sends("Second?")
    await page.answers()


async def told(page: Visit, index: str, step: str = "openai", **words: str) -> dict[str, Any]:
    await page.commands("code", index=index, step=step, **words)
    code: dict[str, Any] = page.values[page.talk.channel]["code"]
    return code


def seen(folder: Path, act: Callable[[Visit], Awaitable[Any]], *replies: list[Event]) -> Any:
    async def acted() -> Any:
        return await act(Visit(ScriptedEngine(list(replies)), folder))

    return asyncio.run(acted())


def test_code_for_an_answer_ends_before_it_and_has_what_that_answer_was_asked_with(tmp_path: Path) -> None:
    async def act(page: Visit) -> tuple[Any, ...]:
        await talked(page)
        page.values[page.panel.system_prompt] = "Another."
        return await told(page, "1"), await told(page, "3"), await told(page, "last")

    first, second, whole = seen(tmp_path, act, ONE, TWO)
    assert "First?" in first["text"]
    assert "One." not in first["text"]
    assert "temperature=0.5" in first["text"]
    assert "Second?" in second["text"]
    assert "Two." not in second["text"]
    assert "temperature=0,\n" in second["text"]
    assert '"You are Mistral Demo."' in second["text"]  # as it was then, its variables filled
    assert whole["text"] == second["text"]


def test_an_answer_of_which_nobody_knows_whence_it_came_is_asked_for_with_the_panel_s_settings(tmp_path: Path) -> None:
    async def act(page: Visit) -> Any:
        history = ConversationTree().with_branch(
            Conversation((UserMessage((Text("Imported?"),)), AssistantMessage("Yes.")))
        )
        page.sessions.update(page.page, lambda session: replace(session, chat=Chat(history=history)))
        page.values[page.panel.temperature] = 0.7
        return await told(page, "last")

    text = seen(tmp_path, act)["text"]
    assert "Imported?" in text
    assert "Yes." not in text
    assert "temperature=0.7" in text
    assert "seed" not in text


@pytest.mark.parametrize("part", ["exports", "prompts"])
def test_a_demo_that_hides_its_prompt_or_its_exports_tells_no_code(part: str, tmp_path: Path) -> None:
    async def act() -> Any:
        page = Visit(ScriptedEngine([ONE, TWO]), tmp_path, demo=Demo(hidden=frozenset({part})))
        await talked(page)
        return await told(page, "1")

    assert asyncio.run(act())["problem"] == NOT_HERE


@pytest.mark.parametrize("index", ["last", "0", "9"])
def test_where_there_is_no_such_answer_that_is_said(index: str, tmp_path: Path) -> None:
    assert seen(tmp_path, lambda page: told(page, index))["problem"] == texts.errors.nothing_to_export


def test_a_chat_that_is_too_long_is_told_so(tmp_path: Path) -> None:
    async def act(page: Visit) -> Any:
        asked = UserMessage((Text("x" * (MAX_TEXT + 1)),))
        history = ConversationTree().with_branch(Conversation((asked, AssistantMessage("Yes."))))
        page.sessions.update(page.page, lambda session: replace(session, chat=Chat(history=history)))
        return await told(page, "last", "curl")

    assert seen(tmp_path, act)["problem"] == texts.code.too_long


def test_images_are_named_and_not_in_it_and_no_place_on_the_server_is(tmp_path: Path) -> None:
    async def act(page: Visit) -> list[Any]:
        asked = UserMessage((Image(f"{SECRET}/a.png", 8, 8), Image(f"{SECRET}/b.png", 8, 8), Text("Which?")))
        history = ConversationTree().with_branch(Conversation((asked, AssistantMessage("A."))))
        page.sessions.update(page.page, lambda session: replace(session, chat=Chat(history=history)))
        return [await told(page, "last", step) for step in ("curl", "openai", "transformers")]

    for code in seen(tmp_path, act):
        assert [picture["name"] for picture in code["pictures"]] == ["image-1.png", "image-2.png"]
        assert "image-2.png" in code["text"]
        assert SECRET not in code["text"] + code["html"] + "".join(code["notes"])


@pytest.mark.parametrize(
    ("serves_api", "page", "address"),
    [
        (False, "https://example.org/chat/", "http://localhost:8000/v1"),
        (True, "https://example.org/chat/", "https://example.org/chat/v1"),
        (True, "http://[::1]:7860/", "http://[::1]:7860/v1"),
        (True, "javascript:alert(1)//", "http://localhost:8000/v1"),
        (True, "http://a b'$(id)", "http://localhost:8000/v1"),
        (True, "", "http://localhost:8000/v1"),
    ],
)
def test_programs_are_led_to_this_app_only_where_it_has_an_api(
    serves_api: bool, page: str, address: str, tmp_path: Path
) -> None:
    async def act(visit: Visit) -> Any:
        await talked(visit)
        handlers = replace(visit.code, serves_api=serves_api)
        command = ShowCode(do="code", index=1, step="curl", text=page)
        return handlers.show(dict(visit.values), command, visit.request)[visit.talk.channel]["code"]["text"]

    text = seen(tmp_path, act, ONE, TWO)
    assert f"curl -sS {address}/chat/completions" in text.replace("'", "")


def test_the_model_is_known_by_its_repository_where_it_has_one(tmp_path: Path) -> None:
    async def act(page: Visit) -> Any:
        await talked(page)
        info = ModelInfo("Mistral Small 3.2", "", "", "", repository="mistralai/Small", weights="4bit")
        object.__setattr__(page.presenter.builder, "model", lambda: info)
        return [await told(page, "1", step) for step in ("openai", "transformers")]

    client, script = seen(tmp_path, act, ONE, TWO)
    assert 'model="mistralai/Small"' in client["text"]
    assert 'os.environ.get("MODEL", "mistralai/Small")' in script["text"]
    assert "load_in_4bit" in script["text"]
    assert texts.code.set_model not in script["notes"]
