"""A connection, or a page, that is lost in mid-answer: neither the answer nor the draft is. In a real Chromium."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import running_app
from tests.browser.test_leaving import asked, wordy
from tests.support.chat import SHAPES, Chat, opened
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


def drafted(chat: Chat) -> None:
    """Writes a message with a picture, and does not send it."""
    chat.attach(SHAPES, timeout=LONG)
    chat.box.fill("A draft")
    chat.page.wait_for_function("() => sessionStorage.draft === 'A draft'")


def has_draft(chat: Chat) -> None:
    expect(chat.box).to_have_value("A draft", timeout=LONG)
    expect(chat.attached).to_have_count(1, timeout=LONG)


def test_an_answer_goes_on_after_the_connection_was_lost_for_a_moment_and_stop_still_ends_it(
    browser: Browser, reached: tuple[Stub, Network]
) -> None:
    stub, net = reached
    written: list[str] = []
    stub.answers = [until(threading.Event(), written)]
    chat = opened(browser, net.url)
    asked(chat, "Hello")
    drafted(chat)
    net.cut()
    time.sleep(CUT)
    net.let_through()
    expect(chat.answers).to_contain_text(f"word {len(written) + 20} ", timeout=LONG)
    has_draft(chat)
    expect(chat.questions).to_have_text(["Hello"])
    chat.stop_button.click()
    expect(chat.ending).to_contain_text("Stopped.", timeout=LONG)
    expect(chat.send_button).to_be_visible(timeout=LONG)
    has_draft(chat)
    chat.close()


def test_an_answer_that_ended_while_the_connection_was_lost_is_there_whole_and_is_kept(
    browser: Browser, reached: tuple[Stub, Network]
) -> None:
    stub, net = reached
    over = threading.Event()
    stub.answers = [until(over)]
    chat = opened(browser, net.url)
    asked(chat, "Hello")
    drafted(chat)
    net.cut()
    over.set()
    time.sleep(CUT)
    net.let_through()
    expect(chat.answers).to_contain_text("and the end", timeout=LONG)
    expect(chat.send_button).to_be_visible(timeout=LONG)
    has_draft(chat)
    chat.search.fill("and the end")  # it has come to this browser's store
    expect(chat.chats).to_have_text(["Hello"], timeout=LONG)
    chat.close()


def test_a_page_that_is_loaded_anew_in_mid_answer_goes_on_streaming_with_its_draft(
    browser: Browser, reached: tuple[Stub, Network]
) -> None:
    stub, net = reached
    over = threading.Event()
    stub.answers = [until(over)]
    chat = opened(browser, net.url)
    asked(chat, "Hello")
    drafted(chat)
    chat.page.reload()
    expect(chat.questions).to_have_text(["Hello"], timeout=LONG)
    expect(chat.stop_button).to_be_visible(timeout=LONG)
    has_draft(chat)
    over.set()
    expect(chat.answers).to_contain_text("and the end", timeout=LONG)
    expect(chat.send_button).to_be_visible(timeout=LONG)
    chat.page.reload()
    expect(chat.answers).to_contain_text("and the end", timeout=LONG)
    has_draft(chat)
    chat.close()


def test_an_answer_whose_page_is_gone_ends_after_so_many_seconds(browser: Browser) -> None:
    with stub_server() as stub, running_app("--server", stub.url, "--keep-answers", "2") as url:

        def until_nobody_listens(handler: BaseHTTPRequestHandler) -> None:
            try:
                wordy(handler)
            except OSError:
                stub.gone.set()

        stub.answers = [until_nobody_listens]
        chat = opened(browser, url)
        asked(chat, "Hello")
        chat.close()
        assert stub.gone.wait(25)  # it would be written to its end in half a minute
