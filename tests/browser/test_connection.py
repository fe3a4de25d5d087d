"""A connection, or a page, that is lost in mid-answer: neither the answer nor the draft is. In a real Chromium."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import running_app
from tests.browser.test_leaving import asked, opened, wordy
from tests.browser.test_page import EXAMPLES, SEND, STOP
from tests.support.proxy import Network, network
from tests.support.stub_server import Answer, Stub, chunk, head, stub_server

pytestmark = pytest.mark.timeout(300)
LONG = 90_000  # milliseconds for what takes ten seconds where nothing else runs
CUT = 3  # seconds


@pytest.fixture
def reached(served: tuple[Stub, str]) -> Iterator[tuple[Stub, Network]]:
    """A model's server, and the network in front of the app that asks it."""
    stub, url = served
    with network(url) as made:
        yield stub, made


def until(over: threading.Event, written: list[str] | None = None) -> Answer:
    """Writes words until it is over, and how it ends."""
    words = [] if written is None else written

    def answer(handler: BaseHTTPRequestHandler) -> None:
        head(handler)
        while not over.wait(0.1):
            words.append(f"word {len(words)} ")
            handler.wfile.write(chunk({"content": words[-1]}))
            handler.wfile.flush()
        handler.wfile.write(chunk({"content": "and the end"}, "stop") + b"data: [DONE]\n\n")

    return answer


def drafted(page: Page) -> None:
    """Writes a message with a picture, and does not send it."""
    page.set_input_files("#message input[type=file]", str(EXAMPLES / "shapes.png"))
    expect(page.locator("#strip li img")).to_have_count(1, timeout=LONG)
    page.fill("#message textarea", "A draft")
    page.wait_for_function("() => sessionStorage.draft === 'A draft'")


def has_draft(page: Page) -> None:
    expect(page.locator("#message textarea")).to_have_value("A draft", timeout=LONG)
    expect(page.locator("#strip li img")).to_have_count(1, timeout=LONG)


def test_an_answer_goes_on_after_the_connection_was_lost_for_a_moment_and_stop_still_ends_it(
    browser: Browser, reached: tuple[Stub, Network]
) -> None:
    stub, net = reached
    written: list[str] = []
    stub.answers = [until(threading.Event(), written)]
    page = opened(browser, net.url)
    asked(page, "Hello")
    drafted(page)
    net.cut()
    time.sleep(CUT)
    net.let_through()
    expect(page.get_by_test_id("bot").first).to_contain_text(f"word {len(written) + 20} ", timeout=LONG)
    has_draft(page)
    expect(page.get_by_test_id("user")).to_have_text(["Hello"])
    page.click(STOP)
    expect(page.locator(".foot .note")).to_have_text("Stopped.", timeout=LONG)
    expect(page.locator(SEND)).to_be_visible(timeout=LONG)
    has_draft(page)
    page.context.close()


def test_an_answer_that_ended_while_the_connection_was_lost_is_there_whole_and_is_kept(
    browser: Browser, reached: tuple[Stub, Network]
) -> None:
    stub, net = reached
    over = threading.Event()
    stub.answers = [until(over)]
    page = opened(browser, net.url)
    asked(page, "Hello")
    drafted(page)
    net.cut()
    over.set()
    time.sleep(CUT)
    net.let_through()
    expect(page.get_by_test_id("bot").first).to_contain_text("and the end", timeout=LONG)
    expect(page.locator(SEND)).to_be_visible(timeout=LONG)
    has_draft(page)
    page.fill("#shelf-search", "and the end")  # it has come to this browser's store
    expect(page.locator("#shelf-list .open")).to_have_text(["Hello"], timeout=LONG)
    page.context.close()


def test_a_page_that_is_loaded_anew_in_mid_answer_goes_on_streaming_with_its_draft(
    browser: Browser, reached: tuple[Stub, Network]
) -> None:
    stub, net = reached
    over = threading.Event()
    stub.answers = [until(over)]
    page = opened(browser, net.url)
    asked(page, "Hello")
    drafted(page)
    page.reload()
    expect(page.get_by_test_id("user")).to_have_text(["Hello"], timeout=LONG)
    expect(page.locator(STOP)).to_be_visible(timeout=LONG)
    has_draft(page)
    over.set()
    expect(page.get_by_test_id("bot").first).to_contain_text("and the end", timeout=LONG)
    expect(page.locator(SEND)).to_be_visible(timeout=LONG)
    page.reload()
    expect(page.get_by_test_id("bot").first).to_contain_text("and the end", timeout=LONG)
    has_draft(page)
    page.context.close()


def test_an_answer_whose_page_is_gone_ends_after_so_many_seconds(browser: Browser) -> None:
    with stub_server() as stub, running_app("--server", stub.url, "--keep-answers", "2") as url:

        def until_nobody_listens(handler: BaseHTTPRequestHandler) -> None:
            try:
                wordy(handler)
            except OSError:
                stub.gone.set()

        stub.answers = [until_nobody_listens]
        page = opened(browser, url)
        asked(page, "Hello")
        page.context.close()
        assert stub.gone.wait(25)  # it would be written to its end in half a minute
