"""What a person is told where a handler fails, and what is logged of it."""

import asyncio
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from backend.chat.errors import FAULT, InputRefused
from backend.chat.request import ChatRequest, TextDelta
from tests.ui.handlers.test_answer import Visit
from ui.events import event

WORDS = "what a visitor wrote"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sentences that the visitor was told."""
    sentences: list[str] = []
    monkeypatch.setattr(gr, "Warning", lambda sentence, **_: sentences.append(sentence))
    return sentences


def refuses() -> None:
    raise InputRefused("Write something first.")


def fails() -> None:
    raise KeyError(WORDS)


async def fails_later() -> None:
    fails()


def test_a_refusal_is_told_in_its_own_sentence_and_not_logged(
    told: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert asyncio.run(event(refuses)()) == gr.skip()
    assert (told, caplog.text) == (["Write something first."], "")


@pytest.mark.parametrize("handler", [fails, fails_later])
def test_a_fault_is_told_as_such_and_logged_without_a_visitors_words(
    handler: Any, told: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert asyncio.run(event(handler)()) == gr.skip()
    assert told == [FAULT]
    assert "KeyError" in caplog.text
    assert "in fails" in caplog.text
    assert WORDS not in caplog.text


class Faulty:
    """An engine with a fault in the middle of its answer."""

    def stream(self, request: ChatRequest) -> Any:
        yield TextDelta("Half of ")
        raise KeyError(WORDS)


def test_an_answer_that_a_fault_ends_keeps_what_came_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def act() -> Visit:
        page = Visit(Faulty(), tmp_path)
        await page.sends("Who?")
        await page.answers()
        return page

    page = asyncio.run(act())
    assert page.kept() == ["Who? | Half of "]
    assert page.chat.conversation.messages[-1].note == FAULT  # type: ignore[union-attr]
    assert not page.bridge.is_busy(page.page)
    assert "KeyError" in caplog.text
    assert WORDS not in caplog.text
