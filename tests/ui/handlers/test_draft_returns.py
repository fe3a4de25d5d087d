"""A draft in a new chat comes back after a reload, its pictures too, and to nobody else."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import gradio as gr
import PIL.Image
import pytest

from backend.chat.request import TextDelta
from backend.runtime.model_info import ModelCapabilities, ModelInfo
from backend.storage.images import ImageStore
from backend.tools.builtin import BUILTIN_TOOLS
from tests.support.scripted_engine import ScriptedEngine
from tests.ui.handlers.test_answer import Visit
from ui.bridge import Bridge
from ui.page import Services
from ui.page import page as made_page
from ui.values import box

NAME = re.compile(r'data-page="(\w+)"')


def picture(folder: Path, colour: str) -> str:
    path = folder / f"{colour}.png"
    PIL.Image.new("RGB", (60, 60), colour).save(path)
    return str(path)


def on_page(tmp_path: Path, act: Callable[[Visit], Awaitable[None]], is_private: bool = False) -> None:
    async def visits() -> None:
        page = Visit(ScriptedEngine([]), tmp_path, in_browser=True)
        page.values[page.private] = is_private
        page.blank = dict(page.values)  # type: ignore[attr-defined]
        await act(page)

    asyncio.run(visits())


async def drafts(page: Visit, text: str, *files: str) -> str:
    """Writes it into the box of a new chat. What the page's script is told its session is called."""
    page.values[page.talk.message] = box(text, [*files])
    await page.does(page.draft.show)
    named = NAME.findall(page.values[page.talk.attachments])
    return str(named[0]) if named else ""


async def loaded_anew(page: Visit, name: str, text: str, *quickly: str) -> None:
    """By another connection, which remembers the name and the text; meanwhile somebody adds pictures."""
    page.values = dict(page.blank) | {page.talk.message: box("", [*quickly])}  # type: ignore[attr-defined]
    page.request = gr.Request(session_hash="loaded anew")
    event = gr.EventData(None, {"do": "resume", "page": name, "text": text})
    async for updates in page.submitted(dict(page.values), event, page.request):
        if "__type__" not in updates:
            page.shows(updates)


def test_the_pictures_of_a_new_chat_come_back_with_its_text(tmp_path: Path) -> None:
    async def act(page: Visit) -> None:
        red = picture(tmp_path, "red")
        name = await drafts(page, "What is this?", red)
        assert name == page.page
        await loaded_anew(page, name, "What is this?")
        assert page.values[page.talk.message] == box("What is this?", [red])

    on_page(tmp_path, act)


def test_a_new_chat_is_found_by_its_name_once_something_is_written(tmp_path: Path) -> None:
    async def act(page: Visit) -> None:
        assert await drafts(page, "") == ""
        assert await drafts(page, "Half") == page.page

    on_page(tmp_path, act)


def test_what_is_added_just_after_a_reload_stands_beside_what_comes_back(tmp_path: Path) -> None:
    async def act(page: Visit) -> None:
        red, blue = picture(tmp_path, "red"), picture(tmp_path, "blue")
        name = await drafts(page, "", red)
        await loaded_anew(page, name, "", blue)
        assert page.values[page.talk.message] == box("", [red, blue])

    on_page(tmp_path, act)


def test_where_the_connection_alone_was_lost_the_box_and_the_panel_stay_as_they_are(tmp_path: Path) -> None:
    async def act(page: Visit) -> None:
        name = await drafts(page, "Half", picture(tmp_path, "red"))
        page.values |= {page.panel.temperature: 1.1, page.talk.message: box("Half a sentence")}
        event = gr.EventData(None, {"do": "resume", "page": name, "text": "Half"})
        async for updates in page.submitted(dict(page.values), event, page.request):
            if "__type__" not in updates:
                page.shows(updates)
        assert page.values[page.panel.temperature] == 1.1
        assert page.values[page.talk.message] == box("Half a sentence")

    on_page(tmp_path, act)


def test_a_copy_of_the_tab_has_the_text_alone_and_a_name_of_its_own(tmp_path: Path) -> None:
    async def act(page: Visit) -> None:
        red = picture(tmp_path, "red")
        name = await drafts(page, "Mine", red)
        await loaded_anew(page, "", "Mine")  # its script has learnt that the session is another tab's
        assert page.values[page.talk.message] == box("Mine")
        assert page.values[page.talk.channel]["page"] not in ("", name)
        assert page.sessions.get(name).files == (red,)

    on_page(tmp_path, act)


def test_of_a_private_chat_the_tab_is_told_no_name(tmp_path: Path) -> None:
    async def act(page: Visit) -> None:
        assert await drafts(page, "A secret") == ""
        assert await drafts(page, "A secret", picture(tmp_path, "red")) == ""
        held = page.page
        await loaded_anew(page, held, "A secret")
        assert page.values[page.talk.message] == box("A secret")
        assert page.values[page.talk.channel]["page"] == ""  # and forgets what it was told before

    on_page(tmp_path, act, is_private=True)


def test_a_draft_that_is_made_private_is_so_at_once(tmp_path: Path) -> None:
    """Else a reload would bring its pictures back, since the server still took it for one that is not."""

    async def built() -> gr.Blocks:
        model = ModelCapabilities(lambda: ModelInfo("Model", "", "", ""), 64)
        return made_page(Services(ScriptedEngine([]), model, ImageStore(tmp_path), Bridge()), BUILTIN_TOOLS)

    demo = asyncio.run(built())
    tick = next(id for id, block in demo.blocks.items() if getattr(block, "elem_id", "") == "private")
    shows = [fn.targets for fn in demo.fns.values() if getattr(fn.fn, "__qualname__", "") == "DraftHandlers.show"]
    assert (tick, "change") in [target for targets in shows for target in targets]


@pytest.mark.parametrize("is_lost", [False, True])
def test_what_was_answered_does_not_come_back_and_what_was_not_does(tmp_path: Path, is_lost: bool) -> None:
    """Also where the session is lost, and the conversation comes from the archive."""

    async def act() -> None:
        page = Visit(ScriptedEngine([[TextDelta("One.")], [TextDelta("Two.")]]), tmp_path)
        blank = dict(page.values)
        await page.sends("Again")
        await page.answers()
        place, name, id = page.values[page.talk.place], page.page, page.chat.id
        await page.sends("Again")
        while page.bridge.is_busy(name):
            await asyncio.sleep(0.02)
        shown = page.values[page.talk.place]
        if is_lost:
            page.sessions._drop(name)
        for number, (text, sent, back) in enumerate(
            [("Again", place, ""), ("Again", shown, "Again"), ("Again", "", "Again"), ("Another", place, "Another")]
        ):
            page.values, page.request = dict(blank), gr.Request(session_hash=f"loaded anew {number}")
            await page.resumes(page=name, id=id, text=text, sent=sent)
            assert (page.values[page.talk.message] or {}).get("text", "") == back
            assert page.values[page.talk.channel].get("sent", "") == ("Again" if sent == place else "")

    asyncio.run(act())
