"""What pages are yet to be told does not stay for ever where nobody comes back for it."""

import asyncio
from unittest.mock import Mock

import gradio as gr
import pytest

from ui.gradio_patches.sessions.unread import Unread

STALE = 0.05  # seconds


@pytest.fixture
def unread() -> Unread:
    async def build() -> Unread:  # inside a loop, since Gradio would otherwise make some and never close them
        with gr.Blocks() as blocks:
            pass
        return Unread(blocks._queue, stale_seconds=STALE)

    return asyncio.run(build())


def asks(unread: Unread, page: str) -> None:
    """As Gradio's Queue.push has it."""
    unread._queue.pending_event_ids_session[page] = {f"event of {page}"}
    unread._queue.event_ids_to_events[f"event of {page}"] = Mock()


def test_what_nobody_came_back_for_is_forgotten_as_others_come(unread: Unread) -> None:
    async def visits() -> None:
        for page in ("left", "gone"):
            unread[page] = None
            unread[page].put_nowait("the end of an answer " * 1000)
        await asyncio.sleep(2 * STALE)
        unread["new"] = None

    asyncio.run(visits())
    assert list(unread) == ["new"]


def test_an_answer_that_is_over_and_was_not_read_is_forgotten_too(unread: Unread) -> None:
    """Gradio takes an event off those of its session only when a page reads that it is done."""

    async def visits() -> None:
        unread["left"] = None
        asks(unread, "left")
        unread["left"].put_nowait("the end of an answer " * 1000)
        del unread._queue.event_ids_to_events["event of left"]
        await asyncio.sleep(2 * STALE)
        unread["new"] = None

    asyncio.run(visits())
    assert list(unread) == ["new"]
    assert not unread._queue.pending_event_ids_session


def test_who_waits_for_an_answer_however_long_is_told_it(unread: Unread) -> None:
    async def visits() -> str:
        unread["listens"] = unread["has asked"] = None
        reading = asyncio.create_task(unread["listens"].get())
        asks(unread, "has asked")
        await asyncio.sleep(2 * STALE)
        for number in range(4):
            unread[f"new {number}"] = None
        unread["listens"].put_nowait("the end of an answer")
        return str(await reading)

    assert asyncio.run(visits()) == "the end of an answer"
    assert "has asked" in unread


def test_those_that_stand_first_in_the_row_hold_nobodys_up(unread: Unread) -> None:
    async def visits() -> None:
        unread["has asked"] = unread["also has"] = unread["left"] = None
        for page in ("has asked", "also has"):
            asks(unread, page)
        await asyncio.sleep(2 * STALE)
        unread["new"] = unread["another"] = None

    asyncio.run(visits())
    assert set(unread) == {"has asked", "also has", "new", "another"}
