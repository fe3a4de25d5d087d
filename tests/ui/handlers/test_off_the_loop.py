"""What may wait, for a disk or a lock, or take long, is never done where everybody's events are dealt with."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from backend.chat.request import TextDelta
from backend.storage import sqlite
from tests.support.scripted_engine import ScriptedEngine
from tests.ui.handlers.test_answer import Visit
from ui.conversations.view import ChatView
from ui.handlers import answer
from ui.render import transcript
from ui.render.views.comparison import Side

SLOW = (
    (sqlite, "reading"), (sqlite, "writing"), (transcript, "shown"), (transcript, "earlier"), (Side, "drawn"),
    (answer, "_tail"), (answer, "_all"), (ChatView, "end"),
)  # fmt: skip


@pytest.fixture
def on_the_loop(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What of it was done on the event loop."""
    found: list[str] = []

    def watched(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            if asyncio._get_running_loop():
                found.append(name)
            return function(*given, **named)

        return call

    for module, name in SLOW:
        monkeypatch.setattr(module, name, watched(name, getattr(module, name)))
    return found


def test_nothing_slow_is_done_on_the_event_loop(tmp_path: Path, on_the_loop: list[str]) -> None:
    async def act() -> None:
        texts = [[TextDelta(f"Answer {number}.")] for number in range(5)]
        page = Visit(ScriptedEngine(texts), tmp_path)
        on_the_loop.clear()  # its archive was opened here
        await page.sends("Who?")
        await page.answers()
        first = page.chat.id
        await page.on_conversation(page.branches.retry)
        await page.answers()
        await page.commands("turn", index=1, step=1)
        await page.commands("compare", index=1)
        await page.does(page.comparing.begin_two)
        async for _ in page.comparing.watch(page.request):
            pass
        await page.does(page.comparing.take_right)
        await page.commands("rewrite", index=1, text="Edited.")
        await page.does(page.exports.export_json)
        await page.does(page.branches.begin)
        await page.commands("open", id=first, body=None)
        await page.commands("rename", id=first, title="Renamed")
        await page.commands("search", text="Answer")
        await page.commands("list")
        await page.sends("And now?")
        await page.answers()
        page.request = gr.Request(session_hash="after a restart")
        await page.commands("turn", index=1, step=1)
        assert "And now?" in page.said(history=True)
        await page.commands("delete", id=first)
        assert page.kept() == []

    asyncio.run(act())
    assert on_the_loop == ["reading"]  # the look at what is kept, in this test itself
