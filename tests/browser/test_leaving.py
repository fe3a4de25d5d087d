"""Someone who leaves an answer while it is written finds the question, and what was written: in a real Chromium."""

import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import running_app
from tests.browser.test_page import send
from tests.stub_server import chunk, head, stub_server


def wordy(handler: BaseHTTPRequestHandler) -> None:
    """Writes "word 0 word 1 word 2 …" for half a minute, or until nobody listens."""
    head(handler)
    for number in range(300):
        handler.wfile.write(chunk({"content": f"word {number} "}))
        handler.wfile.flush()
        time.sleep(0.1)


def opened(browser: Browser, url: str) -> Page:
    page = browser.new_context().new_page()
    page.goto(url)
    page.locator("#message textarea").wait_for()
    return page


def asked(page: Page, question: str) -> None:
    """Asks, and waits for some of the answer."""
    send(page, question)
    expect(page.locator("#stop")).to_be_visible()
    expect(page.get_by_test_id("bot").last).to_contain_text("word", timeout=20_000)


def test_stop_keeps_the_partial_answer_and_the_next_message_works(browser: Browser) -> None:
    with stub_server() as stub, running_app("--server", stub.url) as url:  # the demo model's answers end too soon
        stub.answers = [wordy] * 2
        page = opened(browser, url)
        asked(page, "Hello")
        page.click("#stop")
        expect(page.locator(".foot .note")).to_have_text("Stopped.")
        expect(page.locator("#stop")).to_be_hidden()
        expect(page.get_by_test_id("bot").first).to_contain_text("word 0 word 1")
        asked(page, "Again")
        expect(page.get_by_test_id("user")).to_have_text(["Hello", "Again"])


def test_what_was_asked_and_written_outlives_a_new_chat_and_a_reload_but_not_its_deletion(browser: Browser) -> None:
    with stub_server() as stub, running_app("--server", stub.url) as url:
        stub.answers = [wordy] * 3
        page = opened(browser, url)
        asked(page, "Apples")
        page.click("#new-chat")
        expect(page.get_by_test_id("user")).to_have_count(0)
        entries = page.locator("#shelf-list .open")
        page.fill("#shelf-search", "word")  # what was written has come to the list
        expect(entries).to_have_text(["Apples"])
        page.fill("#shelf-search", "")
        entries.click()
        expect(page.get_by_test_id("bot").first).to_contain_text("word", timeout=20_000)
        expect(page.locator(".foot .note")).to_have_text("Stopped.")
        asked(page, "Pears")
        page.reload()
        expect(page.get_by_test_id("user")).to_have_text(["Apples", "Pears"], timeout=20_000)
        asked(page, "Plums")
        page.get_by_role("button", name="Delete Apples").click()
        page.get_by_role("button", name="Delete Apples").click()
        expect(page.locator("#stop")).to_be_hidden(timeout=20_000)
        expect(page.get_by_test_id("user")).to_have_count(0)
        page.reload()
        page.locator("#message textarea").wait_for()
        page.wait_for_timeout(1000)
        expect(entries).to_have_count(0)
        page.context.close()


def test_with_a_history_file_what_was_written_outlives_the_closed_page(browser: Browser, tmp_path: Path) -> None:
    file = str(tmp_path / "history.sqlite")
    with stub_server() as stub, running_app("--server", stub.url, "--history", file) as url:
        stub.answers = [wordy]
        first = opened(browser, url)
        asked(first, "Apples")
        first.context.close()
        time.sleep(2)
        other = opened(browser, url)
        other.locator("#shelf-list .open").click(timeout=20_000)
        expect(other.get_by_test_id("user")).to_have_text(["Apples"], timeout=20_000)
        expect(other.get_by_test_id("bot").first).to_contain_text("word")
        other.context.close()


def test_a_tab_that_is_closed_in_mid_stream_ends_its_answer(browser: Browser) -> None:
    with stub_server() as stub, running_app("--server", stub.url) as url:

        def until_nobody_listens(handler: BaseHTTPRequestHandler) -> None:
            try:
                wordy(handler)
            except OSError:
                stub.gone.set()

        stub.answers = [until_nobody_listens]
        page = opened(browser, url)
        asked(page, "Hello")
        page.context.close()
        assert stub.gone.wait(60)  # never, if the answer is written to its end
