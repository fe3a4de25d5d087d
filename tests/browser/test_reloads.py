"""A page that is loaded anew goes on as it was: what was private stays so, and a link fills it in once."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.test_leaving import asked, wordy
from tests.support.chat import SHAPES, opened
from tests.support.events import Events
from tests.support.stub_server import WHOLE, Stub, sends

WRITE = """(box, text) => {
  box.value = text;
  box.dispatchEvent(new Event("input", { bubbles: true }));
}"""


def test_a_temporary_chat_stays_so_over_a_reload(browser: Browser, served: tuple[Stub, str]) -> None:
    stub, url = served
    stub.answers = [sends(*WHOLE)] * 2
    chat = opened(browser, url)
    chat.be_temporary()
    chat.page.wait_for_function("sessionStorage.getItem('private')")
    chat.reload()
    expect(chat.temporary).to_have_attribute("aria-pressed", "true")
    events = Events(chat.page)
    chat.send("A secret")
    expect(chat.answers).to_contain_text("Hello")
    events.wait_until_done()
    expect(chat.chats).to_have_count(0)
    chat.close()


def test_text_and_pictures_of_a_new_chat_come_back_after_each_reload(browser: Browser, app: str) -> None:
    chat = opened(browser, app)
    chat.attach(SHAPES)
    chat.box.fill("What is this?")
    for _ in range(2):
        chat.page.reload()
        expect(chat.attached).to_have_count(1)
        expect(chat.box).to_have_value("What is this?")
    chat.close()


def test_a_chat_that_is_temporary_no_more_has_its_pictures_back_after_a_reload(browser: Browser, app: str) -> None:
    chat = opened(browser, app)
    chat.attach(SHAPES)
    chat.page.wait_for_function("sessionStorage.getItem('page')")
    chat.be_temporary()
    expect(chat.drafts).not_to_have_attribute("data-page", re.compile("."))
    chat.reload()
    expect(chat.temporary).to_have_attribute("aria-pressed", "true")
    chat.page.wait_for_function("sessionStorage.getItem('page') === ''")  # the server has none to go on with
    expect(chat.attached).to_have_count(0)
    chat.be_temporary(False)
    chat.attach(SHAPES)
    chat.page.wait_for_function("sessionStorage.getItem('page')")
    chat.page.reload()
    expect(chat.attached).to_have_count(1)
    chat.close()


@pytest.mark.parametrize("is_lost", [True, False])
def test_a_draft_that_is_too_long_to_be_sent_keeps_no_conversation_away_after_a_reload(
    browser: Browser, app: str, is_lost: bool
) -> None:
    chat = opened(browser, app)
    chat.send("Apples")
    chat.answered()
    draft = "word " * 220_000
    chat.box.evaluate(WRITE, draft)
    chat.page.wait_for_function("sessionStorage.getItem('draft')?.length === 1_100_000")
    if is_lost:  # by the server: it comes from the browser
        chat.page.evaluate("sessionStorage.setItem('page', 'gone')")
    chat.page.reload()
    expect(chat.questions).to_have_text(["Apples"])
    expect(chat.box).to_have_value(draft)
    chat.close()


def test_a_link_fills_the_page_in_once_and_a_reload_goes_on_with_the_answer(
    browser: Browser, served: tuple[Stub, str]
) -> None:
    stub, url = served
    stub.answers = [wordy]
    chat = opened(browser, f"{url}?q=Apples")
    expect(chat.box).to_have_value("Apples")
    chat.page.wait_for_url(url)
    asked(chat, "Pears")
    chat.box.fill("A draft")
    chat.page.wait_for_function("sessionStorage.getItem('draft') === 'A draft'")
    chat.reload()
    expect(chat.questions).to_have_text(["Pears"])
    expect(chat.answers).to_contain_text("word 2")
    expect(chat.box).to_have_value("A draft")
    chat.close()
