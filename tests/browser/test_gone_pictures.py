"""Pictures that are gone from the disk, as where the system clears its folder of temporary files while the app runs."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from backend.chat.errors import PICTURE_GONE
from tests.browser.conftest import running_app
from tests.support.chat import EXAMPLES, SHAPES, Chat, opened
from ui.handlers import exports
from ui.texts import texts

AGAIN = "couldn't be read. Upload it again."


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """An app and its folder of temporary files."""
    folder = tmp_path_factory.mktemp("temporary") / "gradio"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(folder))
        with running_app() as url:
            yield url, folder


@pytest.fixture
def visit(place: tuple[str, Path], browser: Browser) -> Iterator[tuple[Chat, Callable[[], None]]]:
    """A page with an answer about a picture, and what clears the folder."""
    url, folder = place
    chat = opened(browser, url)
    chat.send("Describe the image.", SHAPES)
    chat.answered()
    expect(chat.answers).to_contain_text("The image shows")
    yield chat, lambda: shutil.rmtree(folder)
    chat.close()


def told(chat: Chat, sentence: str) -> None:
    chat.told(sentence)
    chat.close_toasts()


def test_it_is_said_in_every_way_out_that_a_picture_is_gone(visit: tuple[Chat, Callable[[], None]]) -> None:
    chat, clear = visit
    clear()
    chat.inspect()
    told(chat, PICTURE_GONE)
    for form in (texts.header.json, texts.header.openai):
        chat.share(form)
        told(chat, exports.PICTURE_GONE)
    assert "The image shows" in chat.export("markdown").path().read_text()
    chat.regenerate()
    chat.answered(2)
    expect(chat.answers).to_contain_text(PICTURE_GONE)
    chat.edit_question()
    expect(chat.refused).to_contain_text(AGAIN)
    expect(chat.box).to_have_value("Describe the image.")
    chat.box.press("Enter")
    expect(chat.send_button).to_be_disabled()
    expect(chat.box).to_have_value("Describe the image.")


def test_pictures_in_the_box_are_named_and_the_next_upload_has_a_folder(
    visit: tuple[Chat, Callable[[], None]],
) -> None:
    chat, clear = visit
    chat.attach(SHAPES, EXAMPLES / "equations.png")
    clear()
    chat.attached.first.get_by_role("button").first.click()
    chat.button(texts.composer.later, chat.attached.first).click()
    expect(chat.refused).to_contain_text([f"“equations.png” {AGAIN}", f"“shapes.png” {AGAIN}"])
    for left in (1, 0):
        chat.refused.first.get_by_role("button").click()
        expect(chat.refused).to_have_count(left)
    chat.new_chat()
    chat.send("Describe the image.", SHAPES)
    chat.answered(2)
    expect(chat.images).to_have_count(1)
    expect(chat.answers).to_contain_text("The image shows")
