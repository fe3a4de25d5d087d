"""A page that is loaded anew goes on as it was: what was private stays so, and a link fills it in once."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.test_leaving import EXAMPLES, asked, opened, wordy
from tests.browser.test_page import answered, send
from tests.support.stub_server import WHOLE, Stub, sends

WRITE = """(text) => {
  const box = document.querySelector("#message textarea");
  box.value = text;
  box.dispatchEvent(new Event("input", { bubbles: true }));
}"""


def test_what_is_private_stays_private_over_a_reload(browser: Browser, served: tuple[Stub, str]) -> None:
    stub, url = served
    stub.answers = [sends(*WHOLE)] * 2
    page = opened(browser, url)
    page.check("#private input")
    page.wait_for_function("sessionStorage.getItem('private')")
    page.reload()
    page.locator("#message textarea").wait_for()
    expect(page.locator("#private input")).to_be_checked()
    send(page, "A secret")
    expect(page.get_by_test_id("bot").first).to_contain_text("Hello")
    page.wait_for_timeout(1000)
    expect(page.locator("#shelf-list li")).to_have_count(0)
    page.context.close()


def test_text_and_pictures_of_a_new_chat_come_back_after_each_reload(browser: Browser, app: str) -> None:
    page = opened(browser, app)
    page.set_input_files("#message input[type=file]", str(EXAMPLES / "shapes.png"))
    page.fill("#message textarea", "What is this?")
    shown = page.locator("#strip li")
    expect(shown).to_have_count(1)
    for _ in range(2):
        page.reload()
        expect(shown).to_have_count(1)
        expect(page.locator("#message textarea")).to_have_value("What is this?")
    page.context.close()


def test_a_chat_that_is_private_no_more_has_its_pictures_back_after_a_reload(browser: Browser, app: str) -> None:
    page = opened(browser, app)
    shown, picture = page.locator("#strip li"), str(EXAMPLES / "shapes.png")
    page.set_input_files("#message input[type=file]", picture)
    page.wait_for_function("sessionStorage.getItem('page')")
    page.check("#private input")
    expect(page.locator("#strip .drafts")).not_to_have_attribute("data-page", re.compile("."))
    page.reload()
    expect(page.locator("#private input")).to_be_checked()
    page.wait_for_function("sessionStorage.getItem('page') === ''")  # the server has none to go on with
    expect(shown).to_have_count(0)
    page.uncheck("#private input")
    page.set_input_files("#message input[type=file]", picture)
    page.wait_for_function("sessionStorage.getItem('page')")
    page.reload()
    expect(shown).to_have_count(1)
    page.context.close()


@pytest.mark.parametrize("is_lost", [True, False])
def test_a_draft_that_is_too_long_to_be_sent_keeps_no_conversation_away_after_a_reload(
    browser: Browser, app: str, is_lost: bool
) -> None:
    page = opened(browser, app)
    send(page, "Apples")
    answered(page)
    page.evaluate(WRITE, "word " * 220_000)
    page.wait_for_function("sessionStorage.getItem('draft').length === 1_100_000")
    if is_lost:  # by the server: it comes from the browser
        page.evaluate("sessionStorage.setItem('page', 'gone')")
    page.reload()
    expect(page.get_by_test_id("user")).to_have_text(["Apples"])
    page.wait_for_function("document.querySelector('#message textarea').value.length === 1_100_000")
    page.context.close()


def test_a_link_fills_the_page_in_once_and_a_reload_goes_on_with_the_answer(
    browser: Browser, served: tuple[Stub, str]
) -> None:
    stub, url = served
    stub.answers = [wordy]
    page = opened(browser, f"{url}?q=Apples")
    expect(page.locator("#message textarea")).to_have_value("Apples")
    page.wait_for_url(url)
    asked(page, "Pears")
    page.fill("#message textarea", "A draft")
    page.wait_for_function("sessionStorage.getItem('draft') === 'A draft'")
    page.reload()
    expect(page.get_by_test_id("user")).to_have_text(["Pears"])
    expect(page.get_by_test_id("bot").first).to_contain_text("word 2")
    expect(page.locator("#message textarea")).to_have_value("A draft")
    page.context.close()
