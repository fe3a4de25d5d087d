"""Two tabs of one conversation: what each adds is there, and a new title holds."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import running_app
from tests.browser.test_leaving import asked, wordy
from tests.support.chat import Chat, opened
from tests.support.events import Events
from tests.support.stub_server import WHOLE, sends, stub_server
from ui.texts import texts

pytestmark = pytest.mark.timeout(300)


def tabs(browser: Browser, url: str) -> tuple[Chat, Chat]:
    """Two tabs of one browser."""
    one = opened(browser, url)
    two = Chat(one.page.context.new_page())
    two.go(url)
    return one, two


@pytest.mark.parametrize("in_archive", [False, True])
def test_both_tabs_turns_are_there_after(browser: Browser, tmp_path: Path, in_archive: bool) -> None:
    history = ("--history", str(tmp_path / "history.sqlite")) if in_archive else ()
    with stub_server() as stub, running_app("--server", stub.url, *history) as url:
        stub.answers = [sends(*WHOLE)] * 3
        one, two = tabs(browser, url)
        one.send("Root")
        one.answered()
        two.open_chat("Root")
        expect(two.questions).to_have_text(["Root"])
        for chat, text in ((one, "Apples"), (two, "Pears")):
            chat.send(text)
            expect(chat.questions).to_have_text(["Root", text])
            expect(chat.stop_button).to_be_hidden()
        one.new_chat()
        one.open_chat("Root")
        expect(one.questions).to_have_text(["Root", "Pears"])
        expect(one.pager).to_contain_text("2 / 2")
        one.button(texts.transcript.earlier_question).click()
        expect(one.questions).to_have_text(["Root", "Apples"])
        one.close()


def test_a_new_conversation_of_an_archive_is_in_the_list_of_other_tabs_and_of_other_browsers_that_are_looked_at(
    browser: Browser, tmp_path: Path
) -> None:
    history = ("--history", str(tmp_path / "history.sqlite"))
    with stub_server() as stub, running_app("--server", stub.url, *history) as url:
        stub.answers = [sends(*WHOLE)] * 2
        one, two = tabs(browser, url)
        elsewhere = opened(browser, url)
        for number, text in enumerate(("Apples", "Pears"), 1):
            one.new_chat()
            one.send(text)
            for chat in (one, two):
                expect(chat.chats).to_have_count(number)
        Events(elsewhere.page).wait_until_done()
        elsewhere.page.evaluate("dispatchEvent(new Event('focus'))")
        expect(elsewhere.chats).to_have_text(["Pears", "Apples"])
        one.close()
        elsewhere.close()


def test_a_title_that_is_given_while_an_answer_is_written_holds(browser: Browser) -> None:
    with stub_server() as stub, running_app("--server", stub.url) as url:
        stub.answers = [wordy]
        chat = opened(browser, url)
        asked(chat, "Apples")
        chat.rename("Apples", "Fruit")
        expect(chat.chats).to_have_text(["Fruit"])
        expect(chat.answers).to_contain_text("word 60")
        chat.stop_button.click()
        expect(chat.stop_button).to_be_hidden()
        expect(chat.chats).to_have_text(["Fruit"])
        chat.reload()
        expect(chat.chats).to_have_text(["Fruit"])
        expect(chat.answers).to_contain_text("word 60")
        chat.close()
