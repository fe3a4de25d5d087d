"""Someone who leaves an answer while it is written finds the question, and what was written: in a real Chromium."""

import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import running_app
from tests.browser.test_page import EXAMPLES, SEND, STOP, send
from tests.support.stub_server import Stub, chunk, head, stub_server


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
    expect(page.locator(STOP)).to_be_visible()
    expect(page.get_by_test_id("bot").last).to_contain_text("word")


def test_stop_keeps_the_partial_answer_and_the_next_message_works(browser: Browser, served: tuple[Stub, str]) -> None:
    stub, url = served
    stub.answers = [wordy] * 2
    page = opened(browser, url)
    asked(page, "Hello")
    page.click(STOP)
    expect(page.locator(".foot .note")).to_have_text("Stopped.")
    expect(page.locator(STOP)).to_be_hidden()
    expect(page.get_by_test_id("bot").first).to_contain_text("word 0 word 1")
    asked(page, "Again")
    expect(page.get_by_test_id("user")).to_have_text(["Hello", "Again"])
    page.context.close()


# A click on Send in the moment in which it comes back: by someone who was about to stop the answer.
LATE_CLICK = """(send) => new MutationObserver((_, observer) => {
  if (!document.querySelector(send).checkVisibility()) return;
  observer.disconnect();
  document.querySelector(send).click();
}).observe(document.body, { childList: true, subtree: true })"""


def test_stop_takes_sends_place_and_nothing_moves_or_is_sent_when_an_answer_ends_also_while_a_picture_comes(
    browser: Browser, served: tuple[Stub, str]
) -> None:
    stub, url = served
    over = threading.Event()

    def until_over(handler: BaseHTTPRequestHandler) -> None:
        head(handler)
        while not over.wait(0.1):
            handler.wfile.write(chunk({"content": "word "}))
            handler.wfile.flush()
        handler.wfile.write(chunk({"content": "end"}, "stop") + b"data: [DONE]\n\n")

    stub.answers = [until_over]
    page = opened(browser, url)
    held: list[Route] = []
    page.route("**/gradio_api/upload*", lambda route: held.append(route))
    asked(page, "Hello")
    expect(page.locator(SEND)).to_be_hidden()
    buttons = ("#retry", "#undo", "#clear")
    places = [page.locator(button).bounding_box() for button in (STOP, *buttons)]
    page.fill("#message textarea", "A draft")
    page.set_input_files("#message input[type=file]", str(EXAMPLES / "shapes.png"))
    page.evaluate(LATE_CLICK, SEND)
    over.set()
    expect(page.locator(SEND)).to_be_visible()  # although the picture is still on its way
    assert len(held) == 1
    held[0].continue_()
    expect(page.locator("#strip li")).to_have_count(1)
    expect(page.locator(STOP)).to_be_hidden()
    expect(page.locator("#message textarea")).to_have_value("A draft")
    expect(page.get_by_test_id("user")).to_have_text(["Hello"])
    page.fill("#message textarea", "")
    page.get_by_role("button", name="Remove picture 1").click()
    expect(page.locator("#strip li")).to_have_count(0)
    assert [page.locator(button).bounding_box() for button in (SEND, *buttons)] == places
    page.context.close()


def test_what_was_asked_and_written_outlives_a_new_chat_and_a_reload_but_not_its_deletion(
    browser: Browser, served: tuple[Stub, str]
) -> None:
    stub, url = served
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
    expect(page.get_by_test_id("bot").first).to_contain_text("word")
    expect(page.locator(".foot .note")).to_have_text("Stopped.")
    asked(page, "Pears")
    page.reload()
    expect(page.get_by_test_id("user")).to_have_text(["Apples", "Pears"])
    asked(page, "Plums")
    page.get_by_role("button", name="Delete Apples").click()
    page.get_by_role("button", name="Delete Apples").click()
    expect(page.locator(STOP)).to_be_hidden()
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
        other.locator("#shelf-list .open").click()
        expect(other.get_by_test_id("user")).to_have_text(["Apples"])
        expect(other.get_by_test_id("bot").first).to_contain_text("word")
        other.context.close()
