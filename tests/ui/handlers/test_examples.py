"""What an example puts into the tool panel goes when its chat is left, and what a person put there stays."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import gradio as gr
import pytest

from backend.chat.messages import ToolCall
from backend.chat.request import TextDelta
from backend.storage.document import ToolPanel
from backend.storage.document_json import from_json
from tests.support.scripted_engine import ScriptedEngine
from tests.ui.handlers.test_answer import WEATHER, Visit
from ui.components.start import EXAMPLES

CALCULATOR, PICTURE, POPULATION, _ = range(len(EXAMPLES))
OWN = ToolPanel(("current_time",), WEATHER, "weather", "ask", (("weather", "Rain."),))
BARE = ToolPanel()
COUNT = ToolCall("abcdefghi", "get_current_population", '{"country": "France", "unit": "millions"}')


def panel(page: Visit) -> ToolPanel:
    return page.presenter.read_tools(page.values)


async def runs(page: Visit, index: int) -> None:
    """Clicks the example and waits for its answer."""
    page.shows(page.examples.fill(dict(page.values), gr.EventData(None, {"index": index}), page.request))
    page.shows(await page.send.send(dict(page.values), page.request))
    await page.answers()


async def new_chat(page: Visit) -> None:
    await page.does(page.branches.begin)


async def deleted(page: Visit) -> None:
    await page.commands("delete", id=page.chat.id)


async def opened_again(page: Visit) -> None:
    key = page.chat.id
    await new_chat(page)
    await page.commands("open", id=key)
    assert panel(page) != OWN  # what the answers of that chat depended on
    await new_chat(page)


async def messages_imported(page: Visit) -> None:
    file = page.folder / "messages.json"
    file.write_text(json.dumps([{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]))
    page.shows(await page.imports.import_file(str(file), dict(page.values), page.request))


async def undone_and_another(page: Visit) -> None:
    page.shows(await page.branches.undo(dict(page.values), page.request))
    await runs(page, PICTURE)
    await new_chat(page)


async def private(page: Visit) -> None:
    page.values[page.private] = True
    await new_chat(page)
    await runs(page, POPULATION)
    await new_chat(page)


LEAVINGS: list[Callable[[Visit], Awaitable[None]]] = [
    new_chat, deleted, opened_again, messages_imported, undone_and_another, private,
]  # fmt: skip


def visited(tmp_path: Path, own: ToolPanel, *after: Callable[[Visit], Awaitable[None]]) -> ToolPanel:
    """The tool panel after all that was done on a page that began with this one."""

    async def act() -> ToolPanel:
        page = Visit(ScriptedEngine([[COUNT], *[[TextDelta("It is 68.")]] * 20]), tmp_path)
        page.shows(page.presenter.filled_tools(own))
        for do in after:
            await do(page)
        return panel(page)

    return asyncio.run(act())


@pytest.mark.parametrize("leaves", LEAVINGS)
@pytest.mark.parametrize("own", [BARE, OWN], ids=["bare", "own"])
@pytest.mark.parametrize("example", [PICTURE, CALCULATOR, POPULATION])
def test_the_tools_are_as_they_were_once_the_examples_chat_is_left(
    tmp_path: Path, example: int, own: ToolPanel, leaves: Callable[[Visit], Awaitable[None]]
) -> None:
    assert visited(tmp_path, own, lambda page: runs(page, example), leaves) == own


def test_two_examples_in_a_row_leave_nothing(tmp_path: Path) -> None:
    one, two = (lambda page: runs(page, CALCULATOR)), (lambda page: runs(page, POPULATION))
    assert visited(tmp_path, OWN, one, new_chat, two, new_chat) == OWN


def test_another_conversation_brings_its_own_tools_and_keeps_them(tmp_path: Path) -> None:
    keys: list[str] = []

    async def other(page: Visit) -> None:
        await page.sends("Who?")
        await page.answers()
        keys.append(page.chat.id)
        await new_chat(page)
        page.shows(page.presenter.filled_tools(BARE))

    async def back(page: Visit) -> None:
        await page.commands("open", id=keys[0])

    plain = replace(OWN, choice="auto")
    assert visited(tmp_path, plain, other, lambda page: runs(page, POPULATION), back, new_chat) == plain


def test_what_the_person_changed_after_the_example_is_theirs(tmp_path: Path) -> None:
    async def changes(page: Visit) -> None:
        now = panel(page)
        weather = json.dumps([json.loads(now.schemas)[0], json.loads(WEATHER)])
        replies = (*now.replies, ("weather", "Snow."))
        mine = ToolPanel(("draw_chart",), weather, "required", "never", replies)
        page.shows(page.presenter.filled_tools(mine))

    after = visited(tmp_path, ToolPanel(("current_time",)), lambda page: runs(page, POPULATION), changes, new_chat)
    assert after.builtin == ("current_time", "draw_chart")
    assert "weather" in after.schemas
    assert (after.choice, after.approval) == ("required", "never")
    assert after.replies == (("weather", "Snow."),)  # no country has 68 million inhabitants for ever


def test_the_card_of_a_fixed_reply_says_so_also_when_the_chat_is_opened_again(tmp_path: Path) -> None:
    async def act() -> None:
        page = Visit(ScriptedEngine([[COUNT], [TextDelta("It is 68.")]]), tmp_path)
        await runs(page, POPULATION)
        key = page.chat.id
        await new_chat(page)
        await page.commands("open", id=key)
        assert "canned result" in str(page.entries)

    asyncio.run(act())


def test_an_export_tells_nothing_of_the_tools_from_before_the_example(tmp_path: Path) -> None:
    async def act() -> None:
        page = Visit(ScriptedEngine([[COUNT], [TextDelta("It is 68.")]]), tmp_path)
        page.shows(page.presenter.filled_tools(OWN))
        await runs(page, POPULATION)
        page.shows(page.exports.export_json(dict(page.values), page.request))
        text = page.values[page.talk.channel]["download"]["text"]
        assert "weather" not in text
        assert from_json(json.loads(text), page.images.take_data_url).example

    asyncio.run(act())
