"""What comes into the message box and goes out of it, and what is on beside it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import gradio as gr
import PIL.Image
import pytest

from backend.chat.errors import GONE
from backend.chat.messages import UserMessage
from backend.chat.request import TextDelta
from backend.storage.fetch_url import FetchRefused
from tests.support.scripted_engine import ScriptedEngine
from tests.ui.handlers.test_answer import WEATHER, Endless, Visit
from ui.conversations.starter import BUSY
from ui.values import box

ANSWERS = [[TextDelta("One.")], [TextDelta("Two.")], [TextDelta("Three.")]]


@pytest.fixture
def uploads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of uploads."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    return tmp_path


def picture(folder: Path, name: str) -> str:
    PIL.Image.new("RGB", (60, 60), "red").save(folder / name)
    return str(folder / name)


def on_page(folder: Path, act: Callable[[Visit], Awaitable[None]], engine: Any = None) -> None:
    async def visits() -> None:
        await act(Visit(engine or ScriptedEngine(ANSWERS), folder, in_browser=True))

    asyncio.run(visits())


async def sends_waiting(page: Visit, text: str, *files: str, sent: str = "", id: str = "q1") -> Any:
    """What the page's script is told of it."""
    words = {"do": "send", "id": id, "text": text, "files": [*files], "sent": sent}
    page.values[page.talk.channel] = {}
    async for updates in page.submitted(dict(page.values), gr.EventData(None, words), page.request):
        page.shows(updates if "__type__" not in updates else {})
    return page.values[page.talk.channel]


def test_a_message_that_waited_is_sent_with_its_images_and_the_box_keeps_what_is_in_it(uploads: Path) -> None:
    async def act(page: Visit) -> None:
        await page.sends("Who?")
        await page.answers()
        page.values[page.talk.message] = box("half a sentence", [picture(uploads, "draft.png")])
        await page.does(page.draft.show)
        told = await sends_waiting(page, "And why?", picture(uploads, "a.png"))
        assert (told["taken"], told["current"]) == ("q1", page.chat.id)
        await page.answers()
        assert page.said() == "Who? | One. | And why? | Two."
        asked = page.chat.conversation.messages[2]
        assert isinstance(asked, UserMessage)
        assert len(asked.images) == 1
        assert page.values[page.talk.message]["text"] == "half a sentence"
        assert len(page.sessions.get(page.page).files) == 1

    on_page(uploads, act)


def test_a_new_chat_that_gets_its_name_is_not_told_to_be_another_whose_draft_is_another(uploads: Path) -> None:
    async def act(page: Visit) -> None:
        for is_new in (True, False):
            await page.sends("Who?")
            assert page.values[page.talk.channel]["begun"] == is_new
            await page.answers()
        await page.does(page.branches.begin)
        assert "begun" not in page.values[page.talk.channel]

    on_page(uploads, act)


def test_it_is_sent_once_however_often_the_page_asks_from_the_same_place(uploads: Path) -> None:
    async def act(page: Visit) -> None:
        await page.sends("Who?")
        await page.answers()
        place = page.values[page.talk.place]
        for _ in range(2):
            told = await sends_waiting(page, "And why?", sent=place)
            assert told["taken"] == "q1"
            await page.answers()
        assert page.said() == "Who? | One. | And why? | Two."
        told = await sends_waiting(page, "And why?", sent=page.values[page.talk.place])
        await page.answers()
        assert page.said().endswith("| And why? | Three.")

    on_page(uploads, act)


def test_it_is_no_answer_to_the_edit_that_was_begun_meanwhile(uploads: Path) -> None:
    async def act(page: Visit) -> None:
        await page.sends("Who?")
        await page.answers()
        await page.commands("edit", index=0)
        await sends_waiting(page, "And why?")
        await page.answers()
        assert page.said() == "Who? | One. | And why? | Two."
        assert page.values[page.talk.message] == box("Who?")

    on_page(uploads, act)


def test_one_that_cannot_be_sent_is_the_pages_still(uploads: Path, warned: list[str]) -> None:
    async def act(page: Visit) -> None:
        answering = await page.begins("Who?")
        told = await sends_waiting(page, "And why?")
        assert (told["untaken"], warned) == ("q1", [BUSY])
        page.answer.stop(page.request)
        await answering
        told = await sends_waiting(page, "And why?", "/etc/passwd")
        assert told["untaken"] == "q1"
        assert "And why?" not in page.said()

    on_page(uploads, act, Endless())


def test_the_box_takes_up_the_files_of_another_chats_draft_beside_what_is_written(uploads: Path) -> None:
    async def act(page: Visit) -> None:
        files = [picture(uploads, "a.png"), picture(uploads, "b.png")]
        page.values[page.talk.message] = box("a text")
        before = page.values[page.talk.place]
        await page.commands("fill", files=files)
        assert page.values[page.talk.message] == box("a text", files)
        assert page.values[page.talk.place] != before  # or the strip would not follow
        assert list(page.sessions.get(page.page).files) == files
        await page.commands("fill", files=[])
        assert page.values[page.talk.message] == box("a text")

    on_page(uploads, act)


@pytest.mark.parametrize("path", ["/etc/passwd", "../../etc/passwd", "", "https://a.example/a.png"])
def test_no_file_comes_into_the_box_that_was_not_uploaded(uploads: Path, warned: list[str], path: str) -> None:
    async def act(page: Visit) -> None:
        await page.commands("fill", files=[path])
        assert warned == [GONE]
        assert not (page.values[page.talk.message] or {}).get("files")

    on_page(uploads, act)


def test_an_address_without_an_image_is_told_beside_the_box_and_one_with_it_comes_into_it(
    uploads: Path, warned: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = Path(picture(uploads, "a.png")).read_bytes()

    async def fetch(_: object, address: str, __: str) -> bytes:
        if address.endswith("a.png"):
            return data
        raise FetchRefused("Only public URLs can be added.")

    monkeypatch.setattr("backend.storage.fetch_pool.FetchPool.fetch", fetch)

    async def act(page: Visit) -> None:
        page.values[page.talk.message] = box("a text")
        await page.commands("url", text="http://localhost/")
        assert page.values[page.talk.channel]["notice"] == "Only public URLs can be added."
        assert (page.values[page.talk.message], warned) == (box("a text"), [])
        await page.commands("url", text="https://a.example/a.png")
        assert page.values[page.talk.channel]["added"] == "https://a.example/a.png"
        assert page.values[page.talk.message]["text"] == "a text"
        assert len(page.values[page.talk.message]["files"]) == 1

    on_page(uploads, act)


def test_what_is_taken_off_beside_the_box_can_be_had_back(uploads: Path) -> None:
    async def act(page: Visit) -> None:
        panel = page.panel
        page.values |= {
            panel.json_schema: '{"type": "object"}', panel.builtin_tools: ["my_calculator"], panel.keep: "last turn",
        }  # fmt: skip
        was = dict(page.values)
        for what, field, off in (
            ("json", panel.json_schema, ""), ("tools", panel.builtin_tools, []), ("context", panel.keep, "all"),
        ):  # fmt: skip
            await page.commands("off", index=what)
            assert page.values[field] == off
            await page.commands("on", index=what)
            assert page.values[field] == was[field]

    on_page(uploads, act)


def test_tools_that_somebody_described_stay_in_their_editor_when_they_are_taken_off(uploads: Path) -> None:
    async def act(page: Visit) -> None:
        page.values[page.panel.tool_schemas] = WEATHER
        await page.does(page.draft.show)
        assert "weather" in page.values[page.talk.chips]
        await page.commands("off", index="tools")
        await page.does(page.draft.show)
        assert page.values[page.panel.tool_schemas] == WEATHER
        assert "weather" not in page.values[page.talk.chips]

    on_page(uploads, act)


def test_today_is_the_visitors_and_moves_with_a_chat_that_goes_on(
    uploads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, now = ScriptedEngine(ANSWERS), datetime.now(UTC)

    async def act(page: Visit) -> None:
        page.values |= {page.panel.system_prompt: "It is {today}.", page.talk.zone: "Pacific/Kiritimati"}
        await page.sends("Who?")
        await page.answers()

        class Tomorrow(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> "datetime":  # type: ignore[override]
                return datetime.now(tz) + timedelta(days=1)

        monkeypatch.setattr("ui.values.datetime", Tomorrow)
        await page.sends("And now?")
        await page.answers()

    on_page(uploads, act, engine)
    first, second = ((now + timedelta(hours=14, days=days)).date().isoformat() for days in (0, 1))
    assert [request.system_prompt for request in engine.requests] == [f"It is {first}.", f"It is {second}."]
