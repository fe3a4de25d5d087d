"""A message whose sending the page never heard of is said once, whether the browser or the person sends it again."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from backend.chat.request import TextDelta
from tests.support.scripted_engine import ScriptedEngine
from tests.ui.handlers.test_answer import Endless, Visit
from ui.conversations.starter import BUSY
from ui.events import on_conversation
from ui.values import Values, box

ANSWERS = [[TextDelta("One.")], [TextDelta("Two.")], [TextDelta("Three.")]]


def on_page(tmp_path: Path, act: Callable[[Visit], Awaitable[None]], in_browser: bool = True) -> None:
    async def visits() -> None:
        await act(Visit(ScriptedEngine(ANSWERS), tmp_path, in_browser=in_browser))

    asyncio.run(visits())


async def begins(page: Visit, values: Values) -> None:
    """Sends what these values hold, as the page's event does."""
    send = on_conversation(page.send.send, page.restorer, page.send.unsent, page.send.is_new)
    async for updates in send(dict(values), page.request):
        page.shows(updates if page.talk.message in updates else {})


async def sends(page: Visit, values: Values) -> None:
    """The same, and hears all of it."""
    await begins(page, values)
    await page.answers()


async def unheard(page: Visit, text: str) -> Values:
    """The message is sent and answered; what the page held before, and holds still."""
    before = dict(page.values) | {page.talk.message: box(text)}
    await sends(page, before)
    page.values = dict(before)
    return before


@pytest.mark.parametrize("in_browser", [True, False])
def test_what_is_sent_again_unheard_is_said_once_and_leaves_the_box(
    tmp_path: Path, in_browser: bool, warned: list[str]
) -> None:
    async def act(page: Visit) -> None:
        await sends(page, await unheard(page, "Apples"))  # in a new chat
        assert (page.said(), page.values[page.talk.message]) == ("Apples | One.", box())
        await sends(page, await unheard(page, "Apples"))  # the same once more, in a conversation
        assert (page.said(), page.values[page.talk.message]) == ("Apples | One. | Apples | Two.", box())
        assert page.values[page.talk.channel]["current"] == page.chat.id
        assert not warned

    on_page(tmp_path, act, in_browser)


def test_a_browser_keeps_what_it_had_not_been_told(tmp_path: Path) -> None:
    async def act(page: Visit) -> None:
        await sends(page, await unheard(page, "Apples"))
        kept = page.values[page.talk.channel]["save"]
        assert len(kept["nodes"]) == 2

    on_page(tmp_path, act)


def test_what_is_said_twice_on_purpose_is_said_twice(tmp_path: Path) -> None:
    async def act(page: Visit) -> None:
        for _ in range(2):
            await sends(page, dict(page.values) | {page.talk.message: box("Apples")})
        assert page.said() == "Apples | One. | Apples | Two."
        await page.on_conversation(page.branches.undo)
        await sends(page, page.values)
        assert page.said() == "Apples | One. | Apples | Three."

    on_page(tmp_path, act)


def test_it_leaves_the_box_also_while_its_answer_is_written_and_another_message_waits(
    tmp_path: Path, warned: list[str]
) -> None:
    async def act() -> None:
        page = Visit(Endless(), tmp_path)
        before = dict(page.values) | {page.talk.message: box("Apples")}
        answering = await page.begins("Apples")
        page.values = dict(before)
        again = asyncio.create_task(sends(page, before))
        while page.values[page.talk.message] != box():
            await asyncio.sleep(0.05)
        assert page.can_stop()
        assert not warned
        await begins(page, page.values | {page.talk.message: box("Pears")})
        assert (page.values[page.talk.message], warned) == (box("Pears"), [BUSY])
        page.answer.stop(page.request)
        await asyncio.gather(answering, again)

    asyncio.run(act())


def test_a_turn_that_is_taken_back_again_unheard_is_the_one_that_the_page_showed(tmp_path: Path) -> None:
    async def act(page: Visit) -> None:
        for text in ("Apples", "Pears"):
            await sends(page, page.values | {page.talk.message: box(text)})
        before = dict(page.values)
        for _ in range(3):
            page.values = dict(before)
            await page.on_conversation(page.branches.undo)
            assert (page.said(), page.values[page.talk.message]) == ("Apples | One.", box("Pears"))
        await page.on_conversation(page.branches.undo)
        assert (page.said(), page.values[page.talk.message]) == ("", box("Apples"))

    on_page(tmp_path, act)
