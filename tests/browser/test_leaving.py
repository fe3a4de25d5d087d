"""Someone who leaves an answer while it is written finds the question, and what was written: in a real Chromium."""

import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from playwright.sync_api import Browser, Route, expect

from tests.browser.conftest import running_app
from tests.support.chat import SHAPES, Chat, opened
from tests.support.events import Events
from tests.support.stub_server import Stub, chunk, head, stub_server


def wordy(handler: BaseHTTPRequestHandler) -> None:
    """Writes "word 0 word 1 word 2 …" for half a minute, or until nobody listens."""
    head(handler)
    for number in range(300):
        handler.wfile.write(chunk({"content": f"word {number} "}))
        handler.wfile.flush()
        time.sleep(0.1)


def asked(chat: Chat, question: str) -> None:
    """Asks, and waits for some of the answer."""
    chat.send(question)
    expect(chat.stop_button).to_be_visible()
    expect(chat.answers.last).to_contain_text("word")


def test_stop_keeps_the_partial_answer_and_the_next_message_works(browser: Browser, served: tuple[Stub, str]) -> None:
    stub, url = served
    stub.answers = [wordy] * 2
    chat = opened(browser, url)
    asked(chat, "Hello")
    chat.stop_button.click()
    expect(chat.ending).to_contain_text("Stopped.")
    expect(chat.stop_button).to_be_hidden()
    expect(chat.answers).to_contain_text("word 0 word 1")
    asked(chat, "Again")
    expect(chat.questions).to_have_text(["Hello", "Again"])
    chat.close()


# The page's clock stands still from the moment in which an answer is over, so that a click as late as this test is slow
# comes as soon as by someone who was about to stop the answer.
STILL = """(stop) => new MutationObserver((_, observer) => {
  if (stop.checkVisibility()) return;
  observer.disconnect();
  const over = performance.now();
  performance.now = () => over;
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
    chat = opened(browser, url)
    held: list[Route] = []
    chat.page.route("**/gradio_api/upload*", lambda route: held.append(route))
    asked(chat, "Hello")
    expect(chat.send_button).to_be_hidden()
    places = [chat.stop_button.bounding_box(), chat.composer.bounding_box()]
    assert places[0]
    chat.box.fill("A draft")
    chat.pick(SHAPES)
    chat.stop_button.evaluate(STILL)
    over.set()
    expect(chat.stop_button).to_be_hidden()
    expect(chat.send_button).to_be_visible()  # although the picture is still on its way
    chat.page.mouse.click(places[0]["x"] + 19, places[0]["y"] + 19)
    chat.page.evaluate("delete performance.now")
    assert len(held) == 1
    held[0].continue_()
    expect(chat.attached).to_have_count(1)
    expect(chat.box).to_have_value("A draft")
    expect(chat.questions).to_have_text(["Hello"])
    chat.box.fill("")
    chat.remove_image(1)
    expect(chat.attached).to_have_count(0)
    assert [chat.send_button.bounding_box(), chat.composer.bounding_box()] == places
    chat.close()


def test_what_was_asked_and_written_outlives_a_new_chat_and_a_reload_but_not_its_deletion(
    browser: Browser, served: tuple[Stub, str]
) -> None:
    stub, url = served
    stub.answers = [wordy] * 3
    chat = opened(browser, url)
    asked(chat, "Apples")
    chat.new_chat()
    chat.search.fill("word")  # what was written has come to the list
    expect(chat.chats).to_have_text(["Apples"])
    chat.search.fill("")
    chat.open_chat("Apples")
    expect(chat.answers).to_contain_text("word")
    expect(chat.ending).to_contain_text("Stopped.")
    asked(chat, "Pears")
    chat.reload()
    expect(chat.questions).to_have_text(["Apples", "Pears"])
    asked(chat, "Plums")
    chat.delete("Apples")
    expect(chat.stop_button).to_be_hidden()
    expect(chat.questions).to_have_count(0)
    events = Events(chat.page)
    chat.reload()
    events.wait_until_done()
    expect(chat.chats).to_have_count(0)
    chat.close()


def test_with_a_history_file_what_was_written_outlives_the_closed_page(browser: Browser, tmp_path: Path) -> None:
    file = str(tmp_path / "history.sqlite")
    with stub_server() as stub, running_app("--server", stub.url, "--history", file) as url:
        stub.answers = [wordy]
        first = opened(browser, url)
        asked(first, "Apples")
        first.close()
        other = opened(browser, url)
        other.open_chat("Apples")
        expect(other.questions).to_have_text(["Apples"])
        expect(other.answers).to_contain_text("word")
        other.close()
