"""What is in the message box is read by the model before it is sent."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import PIL.Image
import pytest

from backend.chat.messages import AssistantMessage, Usage
from backend.engines.local.engine import LocalEngine
from backend.models.catalogue import find
from backend.storage.document import Document, data_url
from backend.storage.document_json import to_json
from tests.ui.handlers.test_answer import Visit, compared
from ui.values import box

PICTURE = 8 * 9  # tokens of one of 224 x 224 pixels, and more than the words around it


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    engine = LocalEngine(find("demo"))
    engine.loading.result(timeout=60)
    yield engine
    engine.close()


async def writes(page: Visit, text: str, *files: Path) -> None:
    """Into the box, without sending it."""
    page.values[page.talk.message] = box(text, [str(file) for file in files])
    await page.does(page.draft.show)


def idle(engine: LocalEngine) -> None:
    for _ in range(3):
        engine._worker.submit(lambda: None).result(timeout=60)


def usage(page: Visit) -> Usage:
    last = page.chat.conversation.messages[-1]
    assert isinstance(last, AssistantMessage)
    assert last.stats
    assert last.stats.usage
    return last.stats.usage


def test_a_picture_that_was_in_the_box_is_not_read_anew_when_it_is_sent(engine: LocalEngine, tmp_path: Path) -> None:
    async def act() -> None:
        page = Visit(engine, tmp_path, read_ahead=engine.read_ahead)
        file = tmp_path / "red.png"
        PIL.Image.new("RGB", (224, 224), "red").save(file)
        await writes(page, "", file)
        idle(engine)
        page.values[page.talk.message] = box("What is this?", [str(file)])
        page.shows(await page.send.send(dict(page.values), page.request))
        await page.answers()
        assert usage(page).reused_tokens > PICTURE
        assert usage(page).reused_tokens > usage(page).prompt_tokens - 12

    asyncio.run(act())


def test_what_is_written_while_an_answer_comes_leaves_that_answer_as_it_was_read(
    engine: LocalEngine, tmp_path: Path
) -> None:
    async def act() -> None:
        page = Visit(engine, tmp_path, read_ahead=engine.read_ahead)
        await page.sends("Count from 3 to 9.")
        await writes(page, "And")
        await page.answers()
        read = usage(page).prompt_tokens + usage(page).new_tokens
        idle(engine)
        await page.sends("And now?")
        await page.answers()
        assert usage(page).reused_tokens >= read - 1

    asyncio.run(act())


@pytest.mark.parametrize("first", ["sends", "compares"])
def test_the_secret_name_that_a_page_asks_by_goes_nowhere_with_its_conversation(
    engine: LocalEngine, tmp_path: Path, first: str
) -> None:
    async def act() -> None:
        page = Visit(engine, tmp_path, read_ahead=engine.read_ahead)
        if first == "sends":
            await page.sends("Hello")
            await page.answers()
        await compared(page)
        await page.does(page.comparing.take_left)
        assert page.said().count("Who?") == 1
        assert any(node.asked for node in page.chat.history.nodes.values())
        document = Document(page.chat.id, history=page.chat.history)
        assert page.page not in json.dumps(to_json(document, data_url))
        assert page.page not in (tmp_path / "kept.db").read_bytes().decode("latin-1")

    asyncio.run(act())
