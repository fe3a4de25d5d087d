"""An answer is gone on with otherwise, from one of the words of which the model was not sure."""

import asyncio
from pathlib import Path

import gradio as gr
import pytest

from backend.chat.errors import GONE
from backend.chat.messages import AssistantMessage, Finished
from backend.chat.request import Scored, TextDelta
from backend.chat.scores import TokenScore
from tests.support.scripted_engine import ScriptedEngine
from tests.ui.handlers.test_answer import Visit
from ui.texts import texts

SEA = TokenScore(3, " sea", 0.6, ((" ocean", 0.3), ("", 0.1)))
FIRST = [Scored((TokenScore(0, "The", 0.9995), SEA)), TextDelta("The sea is blue."), Finished("stop")]
REST = [TextDelta(" is deep."), Scored((TokenScore(3, " deep", 0.5),)), Finished("stop")]


async def asked(folder: Path, *replies: list[object]) -> Visit:
    page = Visit(ScriptedEngine([FIRST, *replies]), folder)  # type: ignore[list-item]
    page.values[page.panel.scores] = True
    await page.sends("What is blue?")
    await page.answers()
    return page


async def goes_on(page: Visit, step: str, index: int = 1) -> None:
    """What a button in the card of a word does."""
    await page._called(page.submitted, gr.EventData(None, {"do": "otherwise", "index": index, "step": step}))
    await page.answers()


def test_the_answer_goes_on_from_there_as_a_branch_of_its_own(tmp_path: Path) -> None:
    async def act() -> Visit:
        page = await asked(tmp_path, REST)
        await goes_on(page, "3:0")
        return page

    page = asyncio.run(act())
    assert page.said() == "What is blue? | The ocean is deep."
    assert page.chat.history.alternatives(1) == (2, 2)
    answer = page.chat.conversation.messages[1]
    assert isinstance(answer, AssistantMessage)
    assert [(score.start, score.text) for score in answer.scores] == [(0, "The"), (3, " ocean"), (12, " deep")]
    kept = page.archive.load(page.chat.id)
    assert kept.history.conversation == page.chat.conversation


def test_the_model_is_asked_to_go_on_with_the_beginning_that_was_chosen(tmp_path: Path) -> None:
    engine = ScriptedEngine([FIRST, REST])  # type: ignore[list-item]

    async def act() -> None:
        page = Visit(engine, tmp_path)
        page.values[page.panel.scores] = True
        await page.sends("What is blue?")
        await page.answers()
        await goes_on(page, "3:0")

    asyncio.run(act())
    first, second = engine.requests
    assert first.scores
    assert not first.continues
    assert second.continues
    assert [message.text for message in second.messages if not hasattr(message, "result")] == [
        "What is blue?",
        "The ocean",
    ]


@pytest.mark.parametrize(("step", "index"), [("3:1", 1), ("3:7", 1), ("4:0", 1), ("3:0", 0), ("3:0", 9), ("x", 1)])
def test_what_is_not_there_changes_nothing(tmp_path: Path, step: str, index: int) -> None:
    async def act() -> Visit:
        page = await asked(tmp_path)
        before = page.chat.history
        with pytest.warns(UserWarning, match=GONE):
            await goes_on(page, step, index)
        assert page.chat.history is before
        return page

    assert asyncio.run(act()).said() == "What is blue? | The sea is blue."


def test_the_view_shows_the_answer_with_its_marks(tmp_path: Path) -> None:
    async def act() -> Visit:
        page = await asked(tmp_path)
        await page._called(page.command, gr.EventData(None, {"do": "sureness", "index": 1}))
        return page

    page = asyncio.run(act())
    shown = page.values[page.talk.inspector]
    assert texts.sureness.title in shown
    assert 'aria-label="sea: 60% likely"' in shown
    assert "sureness 1" in str(page.entries)
