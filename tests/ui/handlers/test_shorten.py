"""An answer for which the model has no room: less of the chat is sent, in one step."""

import asyncio
import html
from pathlib import Path

import gradio as gr

from backend.chat.errors import RequestTooLong
from backend.chat.messages import Finished, Usage
from backend.chat.request import TextDelta
from tests.support.scripted_engine import ScriptedEngine
from tests.ui.handlers.test_answer import Visit
from ui.texts import texts

FIRST = [TextDelta("One."), Finished("stop")]


async def shortens(page: Visit) -> None:
    """What the button under the last answer does."""
    await page._called(page.submitted, gr.EventData(None, {"do": "shorten", "index": 3, "step": "turns"}))
    await page.answers()


def test_a_question_that_does_not_fit_is_asked_without_what_came_before_it(tmp_path: Path) -> None:
    engine = ScriptedEngine([FIRST, [RequestTooLong("Too long.")], [TextDelta("Two."), Finished("stop")]])

    async def act() -> None:
        page = Visit(engine, tmp_path)
        for question in ("Who?", "And why?"):
            await page.sends(question)
            await page.answers()
        assert page.reports[-1]["done"] == {"how": "failed", "what": "Too long."}
        assert 'value="shorten 3 turns"' in str(page.entries)
        await shortens(page)
        assert page.said() == "Who? | One. | And why? | Two."
        assert page.values[page.panel.keep] == "last turn"  # as the page shows, beside the message box

    asyncio.run(act())
    assert [len(request.messages) for request in engine.requests] == [1, 3, 1]


def test_an_answer_that_had_no_more_room_goes_on_without_what_came_before_its_question(tmp_path: Path) -> None:
    full = [TextDelta("Two, "), Finished("length", Usage(100, 0, 2))]
    engine = ScriptedEngine([FIRST, full, [TextDelta("three."), Finished("stop")]])

    async def act() -> None:
        page = Visit(engine, tmp_path)
        for question in ("Who?", "And why?"):
            await page.sends(question)
            await page.answers()
        assert texts.transcript.full in html.unescape(str(page.entries))
        assert "continue 3" not in str(page.entries)
        await shortens(page)
        assert page.said() == "Who? | One. | And why? | Two,three."

    asyncio.run(act())
    assert [len(request.messages) for request in engine.requests] == [1, 3, 2]
    assert engine.requests[-1].continues
