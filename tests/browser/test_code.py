"""A chat as code, which anybody can take along."""

import zipfile
from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.support.chat import SHAPES, Chat
from ui.texts import texts

SAID = texts.code


def dialog(chat: Chat) -> Locator:
    return chat.page.get_by_role("dialog", name=SAID.open)


def tab(chat: Chat, name: str) -> Locator:
    return chat.page.get_by_role("tab", name=name, exact=True)


def test_an_answer_is_taken_along_as_code_with_its_images(chat: Chat, tmp_path: Path) -> None:
    chat.send("Describe the image.", SHAPES)
    chat.answered()
    chat.choose(chat.answers.last, SAID.open)

    expect(dialog(chat)).to_contain_text("base64 < image-1.png")
    expect(tab(chat, SAID.curl)).to_be_focused()
    chat.page.keyboard.press("ArrowRight")
    expect(tab(chat, SAID.openai)).to_be_focused()
    expect(dialog(chat)).to_contain_text('picture("image-1.png")')
    copied = chat._clipboard(chat.button(SAID.copy, dialog(chat)).click)
    assert copied.startswith("# pip install")
    assert '"Describe the image."' in copied
    tab(chat, SAID.openai).press("ArrowRight")
    expect(dialog(chat)).to_contain_text("Mistral3ForConditionalGeneration")
    expect(dialog(chat)).to_contain_text(SAID.set_model)
    with chat.page.expect_download() as coming:
        chat.button(SAID.download_zip, dialog(chat)).click()
    with zipfile.ZipFile(coming.value.path()) as bundle:
        assert sorted(bundle.namelist()) == ["chat_transformers.py", "image-1.png", "requirements.txt"]
        assert bundle.read("image-1.png")[:4] == b"\x89PNG"
        assert b"transformers>=" in bundle.read("requirements.txt")

    chat.page.keyboard.press("Escape")
    expect(dialog(chat)).to_have_count(0)
    expect(chat.answers.last.get_by_label(texts.transcript.more, exact=True)).to_be_focused()


def test_a_whole_chat_is_asked_for_from_the_header(chat: Chat) -> None:
    share = chat.page.get_by_label(texts.header.share, exact=True)
    share.click()
    chat.button(SAID.open).click()
    expect(dialog(chat)).to_contain_text(texts.errors.nothing_to_export)
    chat.page.keyboard.press("Escape")
    expect(share).to_be_focused()

    chat.send('What can you "do"? $HOME `id` </script><b>')
    chat.answered()
    share.click()
    chat.button(SAID.open).click()
    expect(dialog(chat).locator("pre")).to_contain_text('"What can you \\"do\\"? $HOME `id` </script><b>"')
    with chat.page.expect_download() as coming:
        chat.button(SAID.download, dialog(chat)).click()
    assert coming.value.suggested_filename == "chat.sh"
    assert "http://localhost:8000/v1/chat/completions" in Path(coming.value.path()).read_text("utf-8")
