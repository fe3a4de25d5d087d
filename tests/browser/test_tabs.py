"""Two tabs of one conversation: what each adds is there, and a new title holds."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import running_app
from tests.browser.test_leaving import asked, wordy
from tests.browser.test_page import STOP, answered, send
from tests.support.stub_server import WHOLE, sends, stub_server

pytestmark = pytest.mark.timeout(300)


def tabs(browser: Browser, url: str) -> tuple[Page, Page]:
    """Two tabs of one browser."""
    context = browser.new_context()
    pages = context.new_page(), context.new_page()
    for page in pages:
        page.goto(url)
        page.locator("#message textarea").wait_for()
    return pages


def opens(page: Page, title: str) -> None:
    entry = page.locator("#shelf-list .open").filter(has_text=title)
    if not entry.count():
        page.reload()
    entry.first.click()


@pytest.mark.parametrize("in_archive", [False, True])
def test_both_tabs_turns_are_there_after(browser: Browser, tmp_path: Path, in_archive: bool) -> None:
    history = ("--history", str(tmp_path / "history.sqlite")) if in_archive else ()
    with stub_server() as stub, running_app("--server", stub.url, *history) as url:
        stub.answers = [sends(*WHOLE)] * 3
        one, two = tabs(browser, url)
        send(one, "Root")
        answered(one)
        opens(two, "Root")
        expect(two.get_by_test_id("user")).to_have_text(["Root"])
        for page, text in ((one, "Apples"), (two, "Pears")):
            send(page, text)
            expect(page.get_by_test_id("user")).to_have_text(["Root", text])
            expect(page.locator(STOP)).to_be_hidden()
        one.click("#new-chat")
        expect(one.get_by_test_id("user")).to_have_count(0)
        opens(one, "Root")
        expect(one.get_by_test_id("user")).to_have_text(["Root", "Pears"])
        expect(one.locator(".pager")).to_contain_text("question 2/2")
        one.get_by_title("Earlier question").click()
        expect(one.get_by_test_id("user")).to_have_text(["Root", "Apples"])
        one.context.close()


def test_a_new_conversation_of_an_archive_is_in_the_list_of_other_tabs_and_of_other_browsers_that_are_looked_at(
    browser: Browser, tmp_path: Path
) -> None:
    history = ("--history", str(tmp_path / "history.sqlite"))
    with stub_server() as stub, running_app("--server", stub.url, *history) as url:
        stub.answers = [sends(*WHOLE)] * 2
        one, two = tabs(browser, url)
        elsewhere, _ = tabs(browser, url)
        for number, text in enumerate(("Apples", "Pears"), 1):
            one.click("#new-chat")
            expect(one.get_by_test_id("user")).to_have_count(0)
            send(one, text)
            for page in (one, two):
                expect(page.locator("#shelf-list .open")).to_have_count(number)
        elsewhere.wait_for_timeout(1000)
        elsewhere.evaluate("dispatchEvent(new Event('focus'))")
        expect(elsewhere.locator("#shelf-list .open")).to_have_text(["Pears", "Apples"])
        for page in (one, elsewhere):
            page.context.close()


def test_a_title_that_is_given_while_an_answer_is_written_holds(browser: Browser) -> None:
    with stub_server() as stub, running_app("--server", stub.url) as url:
        stub.answers = [wordy]
        page, _ = tabs(browser, url)
        asked(page, "Apples")
        page.get_by_role("button", name="Rename Apples").click()
        page.fill("#shelf-list input", "Fruit")
        page.press("#shelf-list input", "Enter")
        entries = page.locator("#shelf-list .open")
        expect(entries).to_have_text(["Fruit"])
        expect(page.get_by_test_id("bot").first).to_contain_text("word 60")
        page.click(STOP)
        expect(page.locator(STOP)).to_be_hidden()
        expect(entries).to_have_text(["Fruit"])
        page.reload()
        expect(entries).to_have_text(["Fruit"])
        expect(page.get_by_test_id("bot").first).to_contain_text("word 60")
        page.context.close()
