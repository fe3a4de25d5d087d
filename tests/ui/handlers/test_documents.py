"""Documents and texts in the message box: what is chosen of them, sent, edited, and what comes next."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import PIL.Image
import pytest

from backend.chat.messages import UserMessage
from backend.chat.parts import Image, Text, TextFile
from backend.chat.request import ChatRequest, TextDelta
from backend.tokenization.estimate import Estimate
from tests.support.office import docx, paragraph
from tests.support.pdfs import pdf_of, written
from tests.support.scripted_engine import ScriptedEngine
from tests.ui.handlers.test_answer import Visit
from ui.attachments.choice import Choice
from ui.render.composer.strip import marks
from ui.values import box

ANSWERS = [[TextDelta("One.")], [TextDelta("Two.")], [TextDelta("Three.")]]


@pytest.fixture
def uploads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of uploads."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    return tmp_path


def pdf(folder: Path, count: int, name: str = "report.pdf") -> str:
    (folder / name).write_bytes(pdf_of(*[written(f"Page {number}") for number in range(1, count + 1)]))
    return str(folder / name)


def text(folder: Path, content: str, name: str = "notes.md") -> str:
    (folder / name).write_text(content)
    return str(folder / name)


def picture(folder: Path) -> str:
    PIL.Image.new("RGB", (60, 60), "red").save(folder / "a.png")
    return str(folder / "a.png")


class Box(Visit):
    """A page whose box is filled."""

    async def fills(self, words: str, *files: str) -> None:
        self.values[self.talk.message] = box(words, list(files))
        await self.does(self.draft.show)

    async def chooses(self, do: str, path: str, **words: object) -> None:
        files = self.values[self.talk.message]["files"]
        await self.commands(do, index=marks(files)[files.index(path)], **words)
        await self.does(self.draft.show)

    async def sends_it(self) -> UserMessage:
        self.shows(await self.send.send(dict(self.values), self.request))
        await self.answers()
        await self.does(self.draft.show)
        last = self.chat.conversation.last_user_index
        assert last is not None
        sent = self.chat.conversation.messages[last]
        assert isinstance(sent, UserMessage)
        return sent

    @property
    def strip(self) -> str:
        return str(self.values[self.talk.attachments])

    @property
    def pressed(self) -> list[int]:
        return [int(page) for page in re.findall(r'value="page \d+ (\d+)" aria-pressed="true"', self.strip)]

    @property
    def notice(self) -> str:
        return str(self.values[self.talk.channel].get("notice", ""))


def on_page(folder: Path, act: Callable[[Box], Awaitable[None]], **asked: Any) -> None:
    async def visits() -> None:
        await act(Box(ScriptedEngine(ANSWERS), folder, in_browser=True, **asked))

    asyncio.run(visits())


def labels(message: UserMessage) -> list[str]:
    return [part.label for part in message.parts if isinstance(part, Image)]


def test_pages_are_chosen_by_a_press_by_their_numbers_and_by_tens(uploads: Path) -> None:
    path = pdf(uploads, 40)

    async def act(page: Box) -> None:
        await page.fills("", path)
        assert page.pressed == list(range(1, 11))
        await page.chooses("page", path, step=3)
        assert page.pressed == [1, 2, *range(4, 11)]
        await page.chooses("page", path, step=12)
        assert page.pressed == [1, 2, *range(4, 11), 12]
        await page.chooses("next", path)
        assert page.pressed == list(range(13, 23))
        await page.chooses("pages", path, text="3-7, 12")
        assert page.pressed == [*range(3, 8), 12]
        await page.chooses("pages", path, text="three")
        assert "3-7, 12" in page.notice
        assert page.pressed == [*range(3, 8), 12]
        await page.chooses("page", path, step=41)  # forged
        assert page.pressed == [*range(3, 8), 12]

    on_page(uploads, act)


def test_the_chosen_pages_are_sent_as_images_in_their_order_and_the_next_are_offered(uploads: Path) -> None:
    path = pdf(uploads, 25)

    async def act(page: Box) -> None:
        await page.fills("What is here?", path)
        await page.chooses("pages", path, text="2-14")
        assert "10 of the 13 chosen pages" in page.strip
        sent = await page.sends_it()
        assert labels(sent) == [f"page {number} of report.pdf" for number in range(2, 12)]
        assert sent.parts[-1] == Text("What is here?")
        assert page.values[page.talk.message] == box()
        assert "Next: pages 12–14 of report.pdf" in page.strip
        await page.commands("following", index="take")
        await page.does(page.draft.show)
        assert page.values[page.talk.message]["files"] == [path]
        assert page.pressed == [12, 13, 14]
        assert "Next: pages" not in page.strip
        assert labels(await page.sends_it()) == [f"page {number} of report.pdf" for number in (12, 13, 14)]
        assert "Next: pages 15–24 of report.pdf" in page.strip
        await page.commands("following", index="drop")
        await page.does(page.draft.show)
        assert "Next: pages" not in page.strip

    on_page(uploads, act)


def test_of_each_page_the_picture_goes_or_its_text_or_both(uploads: Path) -> None:
    path = pdf(uploads, 3)

    async def act(page: Box) -> None:
        await page.fills("Read.", path)
        await page.chooses("pages", path, text="2-3")
        await page.chooses("form", path, step="both")
        await page.chooses("detail", path, step=512)
        sent = await page.sends_it()
        assert [max(image.width, image.height) for image in sent.images] == [512, 512]
        assert [part for part in sent.parts if isinstance(part, TextFile)] == [
            TextFile("report.pdf, page 2", "Page 2"), TextFile("report.pdf, page 3", "Page 3"),
        ]  # fmt: skip
        await page.fills("Again.", path)
        await page.chooses("form", path, step="text")
        sent = await page.sends_it()
        assert not sent.images
        assert len([part for part in sent.parts if isinstance(part, TextFile)]) == 3

    on_page(uploads, act)


def test_a_mark_places_a_page_where_the_strip_numbers_it(uploads: Path) -> None:
    path = pdf(uploads, 3)

    async def act(page: Box) -> None:
        await page.fills("Compare [3] with the others.", picture(uploads), path)
        await page.chooses("pages", path, text="1, 3")
        assert re.findall(r'data-number="(\d)"', page.strip) == ["1", "2", "3"]
        sent = await page.sends_it()
        assert [part.text if isinstance(part, Text) else getattr(part, "label", "?") for part in sent.parts] == [
            "", "page 1 of report.pdf", "Compare ", "page 3 of report.pdf", " with the others.",
        ]  # fmt: skip

    on_page(uploads, act)


def test_a_text_is_shown_edited_and_sent_with_its_name(uploads: Path) -> None:
    path = text(uploads, "# Notes\nfirst")

    async def act(page: Box) -> None:
        await page.fills("Sum up.", path)
        await page.chooses("read", path)
        opened = page.values[page.talk.channel]["opened"]
        assert (opened["name"], opened["text"]) == ("notes.md", "# Notes\nfirst")
        (uploads / "edited").mkdir()
        edited = text(uploads / "edited", "# Notes\nsecond")
        await page.chooses("replace", path, body=edited)
        assert page.values[page.talk.message] == box("Sum up.", [edited])
        assert list(page.sessions.get(page.page).files) == [edited]  # for a reload
        sent = await page.sends_it()
        assert sent.parts == (TextFile("notes.md", "# Notes\nsecond"), Text("Sum up."))

    on_page(uploads, act)


@pytest.mark.parametrize("body", ["/etc/passwd", "https://a.example/a.txt", ""])
def test_no_file_takes_anothers_place_that_was_not_uploaded(uploads: Path, body: str) -> None:
    path = text(uploads, "words")

    async def act(page: Box) -> None:
        await page.fills("", path)
        await page.chooses("replace", path, body=body)
        assert page.values[page.talk.message]["files"] == [path]

    on_page(uploads, act)


def test_a_message_that_waited_goes_with_what_was_chosen_of_its_files(uploads: Path) -> None:
    path = pdf(uploads, 12)

    async def act(page: Box) -> None:
        await page.sends("Who?")
        await page.answers()
        await page.fills("", path)  # in the box again, where other pages are chosen
        words = {"do": "send", "id": "q", "text": "Read.", "files": [path], "choices": [Choice(512, (4, 6)).written]}
        async for updates in page.submitted(dict(page.values), gr.EventData(None, words), page.request):
            page.shows(updates if "__type__" not in updates else {})
        await page.answers()
        sent = page.chat.conversation.messages[2]
        assert isinstance(sent, UserMessage)
        assert labels(sent) == ["page 4 of report.pdf", "page 6 of report.pdf"]
        assert max(sent.images[0].width, sent.images[0].height) == 512

    on_page(uploads, act)


def test_another_chats_draft_comes_back_with_what_was_chosen(uploads: Path) -> None:
    path = pdf(uploads, 12)

    async def act(page: Box) -> None:
        await page.fills("a text")
        await page.commands("fill", files=[path], choices=[Choice(512, (4, 6), "both").written])
        await page.does(page.draft.show)
        assert page.pressed == [4, 6]
        assert f'data-choice="{Choice(512, (4, 6), "both").written}"' in page.strip

    on_page(uploads, act)


def test_an_edited_message_has_its_pages_and_texts_in_the_box_again(uploads: Path) -> None:
    path = pdf(uploads, 3)

    async def act(page: Box) -> None:
        await page.fills("See [2].", path, text(uploads, "words"))
        await page.chooses("form", path, step="both")
        sent = await page.sends_it()
        await page.commands("edit", index=0)
        await page.does(page.draft.show)
        filled = page.values[page.talk.message]
        assert filled["text"] == "See [2]."
        assert [Path(file).name for file in filled["files"][3:]] == [
            "report.pdf, page 1", "report.pdf, page 2", "report.pdf, page 3", "notes.md",
        ]  # fmt: skip
        assert await page.sends_it() == sent

    on_page(uploads, act)


def test_a_turn_that_is_taken_back_has_them_too(uploads: Path) -> None:
    path = pdf(uploads, 2)

    async def act(page: Box) -> None:
        await page.fills("Read.", path)
        await page.chooses("form", path, step="both")
        sent = await page.sends_it()
        await page.on_conversation(page.branches.undo)
        assert page.values[page.talk.message]["text"] == "Read."
        assert await page.sends_it() == sent

    on_page(uploads, act)


def test_a_message_with_pages_is_sent_once_however_often_the_page_asks(uploads: Path) -> None:
    path = pdf(uploads, 12)

    async def act(page: Box) -> None:
        await page.fills("Read.", path)
        asked = dict(page.values)
        for _ in range(2):
            page.shows(await page.send.send(dict(asked), page.request))
            await page.answers()
        assert page.said() == "Read. | One."

    on_page(uploads, act)


def test_pages_are_priced_before_they_are_drawn_and_read_ahead_once_they_are(uploads: Path) -> None:
    path = pdf(uploads, 3)
    told: list[ChatRequest] = []
    counter = Estimate(32_000)

    async def act(page: Box) -> None:
        await page.fills("Read.", path)
        assert "3 pages · about 6,600 tokens" in page.strip
        assert "Page 1 · about 2,200 tokens" in page.strip
        for _ in range(200):
            if told:
                break
            await asyncio.sleep(0.05)
        last = told[-1].messages[-1]
        assert isinstance(last, UserMessage)
        assert [Path(image.path).exists() for image in last.images] == [True] * 3

    on_page(uploads, act, counter=lambda: counter, read_ahead=told.append)


def test_a_text_that_the_model_cannot_hold_is_told_of_before_it_is_sent(uploads: Path) -> None:
    counter = Estimate(1_000)

    async def act(page: Box) -> None:
        await page.fills("", text(uploads, "word " * 2_000))
        assert "Longer than the model's context." in page.strip
        assert "too long for the model" in page.strip

    on_page(uploads, act, counter=lambda: counter)


def test_a_wrong_file_is_a_sentence_beside_the_others(uploads: Path) -> None:
    async def act(page: Box) -> None:
        wrong = text(uploads, "%PDF-1.7\n1 0 obj", "broken.pdf")
        path = pdf(uploads, 2)
        await page.fills("Read.", wrong, path)
        assert "“broken.pdf” is damaged" in page.strip
        assert page.pressed == [1, 2]
        await page.chooses("remove", wrong)
        assert labels(await page.sends_it()) == ["page 1 of report.pdf", "page 2 of report.pdf"]

    on_page(uploads, act)


def test_an_office_file_is_a_text_like_any_other(uploads: Path) -> None:
    path = uploads / "plan.docx"
    path.write_bytes(docx(paragraph("The plan is short.")))

    async def act(page: Box) -> None:
        await page.fills("Sum up.", str(path))
        assert "plan.docx" in page.strip
        await page.chooses("read", str(path))
        assert page.values[page.talk.channel]["opened"]["text"] == "The plan is short."
        sent = await page.sends_it()
        assert sent.parts == (TextFile("plan.docx", "The plan is short."), Text("Sum up."))

    on_page(uploads, act)
