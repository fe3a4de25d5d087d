"""Parts of images that the page asks for: they come into the box, known by what they are a part of."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import PIL.Image
import pytest

from backend.chat.errors import GONE
from backend.chat.messages import UserMessage
from backend.chat.request import TextDelta
from tests.support.scripted_engine import ScriptedEngine
from tests.ui.handlers.test_answer import Visit
from ui.values import box

UPPER_LEFT = [0, 0, 100, 100]


@pytest.fixture
def uploads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of uploads."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    return tmp_path


def photo(folder: Path, name: str, colour: str = "red") -> str:
    PIL.Image.new("RGB", (3000, 2000), colour).save(folder / name)
    return str(folder / name)


def on_page(folder: Path, act: Callable[[Visit], Awaitable[None]]) -> None:
    async def visits() -> None:
        await act(Visit(ScriptedEngine([[TextDelta("Red.")], [TextDelta("Red.")]]), folder, in_browser=True))

    asyncio.run(visits())


async def sends(page: Visit, text: str, *files: str) -> None:
    page.values[page.talk.message] = box(text, [*files])
    page.shows(await page.send.send(dict(page.values), page.request))


def size(path: str) -> tuple[int, int]:
    with PIL.Image.open(path) as picture:
        return picture.size


def test_parts_come_after_what_is_in_the_box_and_are_sent_as_parts_of_their_image(uploads: Path) -> None:
    async def act(page: Visit) -> None:
        files = [photo(uploads, "a.png"), photo(uploads, "b.png", "blue")]
        page.values[page.talk.message] = box("Look", files)
        await page.commands("part", body=files[1], boxes=[UPPER_LEFT, [900, 0, 1400, 50]])
        held = page.values[page.talk.message]
        assert held["text"] == "Look"
        assert held["files"][:2] == files
        assert [size(path) for path in held["files"][2:]] == [(300, 200), (300, 100)]
        await sends(page, "Look", *held["files"])
        question = page.chat.conversation.messages[0]
        assert isinstance(question, UserMessage)
        assert [image.label for image in question.images] == ["", "", "part of image 2", "part of image 2"]

    on_page(uploads, act)


def test_a_part_of_an_image_that_was_sent_is_known_by_its_number_in_the_conversation(uploads: Path) -> None:
    async def act(page: Visit) -> None:
        await sends(page, "One", photo(uploads, "a.png"))
        await page.answers()
        await sends(page, "Two", photo(uploads, "b.png", "blue"))
        await page.answers()
        second = [image for message in page.chat.conversation.messages for image in getattr(message, "images", ())][1]
        await page.commands("part", body=second.path, boxes=[UPPER_LEFT])
        (part,) = page.values[page.talk.message]["files"]
        assert size(part) == (300, 200)  # of what was uploaded, and not of what the model has seen
        assert page.sessions.get(page.page).choices[part].label == "part of image 2"

    on_page(uploads, act)


def test_a_part_of_a_part_is_one_of_the_whole(uploads: Path) -> None:
    async def act(page: Visit) -> None:
        page.values[page.talk.message] = box("", [photo(uploads, "a.png")])
        await page.commands("part", body=page.values[page.talk.message]["files"][0], boxes=[UPPER_LEFT])
        part = page.values[page.talk.message]["files"][1]
        await page.commands("part", body=part, boxes=[UPPER_LEFT])
        inner = page.values[page.talk.message]["files"][2]
        assert page.sessions.get(page.page).choices[inner].label == "part of image 1"

    on_page(uploads, act)


def test_a_part_without_pixels_is_told_beside_the_box(uploads: Path) -> None:
    async def act(page: Visit) -> None:
        files = [photo(uploads, "a.png")]
        page.values[page.talk.message] = box("Look", files)
        await page.commands("part", body=files[0], boxes=[[500, 0, 400, 1000]])
        assert "1540 × 1027 pixels" in page.values[page.talk.channel]["notice"]
        assert page.values[page.talk.message] == box("Look", files)

    on_page(uploads, act)


@pytest.mark.parametrize(
    ("body", "boxes"),
    [
        ("/etc/passwd", [UPPER_LEFT]), ("", [UPPER_LEFT]), ("{upload}", []), ("{upload}", [UPPER_LEFT] * 5),
        ("{upload}", [[0, 0, 100]]), ("{upload}", [[0, 0, 100, "wide"]]), ("{upload}", [[0, 0, 1e9, 100]]),
        ("{upload}", [[0, 0, float("nan"), 100]]),
    ],
)  # fmt: skip
def test_what_the_page_would_not_ask_for_is_refused(
    uploads: Path, warned: list[str], body: str, boxes: list[object]
) -> None:
    async def act(page: Visit) -> None:
        await page.commands("part", body=body.format(upload=photo(uploads, "a.png")), boxes=boxes)
        assert warned == [GONE]
        assert not (page.values[page.talk.message] or {}).get("files")

    on_page(uploads, act)
