"""The page follows an answer while it is written, but never against its reader: in a real Chromium."""

import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.chat import Chat, opened
from tests.support.stub_server import Stub, chunk, head

LEFT = """() => {  // pixels from the end
  const log = document.querySelector("#conversation .transcript");
  return log.scrollHeight - log.clientHeight - log.scrollTop;
}"""
ANSWER = "#conversation .entry.assistant"
PLACE = "() => document.querySelector('#conversation .transcript').scrollTop"
# Where the paragraph stands that the reader has in the middle of the conversation, which is marked.
MARK = """() => {
  const { left, top, width, height } = document.querySelector("#conversation .transcript").getBoundingClientRect();
  window.marked = document.elementFromPoint(left + 40, top + height / 2);
  return marked.getBoundingClientRect().top;
}"""
MARKED = "() => marked.getBoundingClientRect().top"
GROWS_ABOVE = "(by) => document.querySelector('#conversation .entry').style.paddingTop = `${by}px`"
# As from the bar, of which the page hears nothing but the scroll.
FROM_THE_BAR = "() => document.querySelector('#conversation .transcript').scrollBy(0, -200)"


def endless(handler: BaseHTTPRequestHandler) -> None:
    """Writes paragraphs until nobody listens: at first as many as fill a screen or two."""
    head(handler)
    for number in range(2000):
        handler.wfile.write(chunk({"content": f"line {number}\n\n"}))
        handler.wfile.flush()
        time.sleep(0.12 if number > 40 else 0)


def is_written(page: Page, number: int) -> None:
    """Waits until more than a screen of the answer with this number is there."""
    page.wait_for_function(f"document.querySelectorAll('{ANSWER}')[{number}]?.innerText.length > 300")


def follows(page: Page) -> None:
    """Waits until the page has gone on by itself, and is at the end."""
    page.wait_for_function(f"({PLACE})() > {page.evaluate(PLACE) + 100} && ({LEFT})() < 150")


def stays(page: Page) -> None:
    """Looks at the place when more has been written."""
    place, before = page.evaluate(PLACE), None
    for _ in range(10):  # a scroll may be a smooth one
        if place == before:
            break
        page.wait_for_timeout(250)
        place, before = page.evaluate(PLACE), place
    left = page.evaluate(LEFT)
    page.wait_for_function(f"({LEFT})() > {left + 60}")
    assert abs(page.evaluate(PLACE) - place) < 2


def drag(page: Page) -> None:
    """Pulls the conversation down with a finger."""
    finger = page.context.new_cdp_session(page)
    for name, y in (("touchStart", 150), *(("touchMove", y) for y in range(170, 310, 20)), ("touchEnd", None)):
        points = [] if y is None else [{"x": 500, "y": y}]
        finger.send("Input.dispatchTouchEvent", {"type": name, "touchPoints": points})


SCROLLS: list[Callable[[Page], object]] = [
    lambda page: page.mouse.wheel(0, -500),
    lambda page: page.mouse.wheel(0, -30),
    lambda page: page.keyboard.press("PageUp"),
    lambda page: page.keyboard.press("ArrowUp"),
    lambda page: page.evaluate(FROM_THE_BAR),
    drag,
]


def test_any_scroll_of_the_readers_ends_following_and_being_back_at_the_end_resumes_it(
    browser: Browser, served: tuple[Stub, str]
) -> None:
    stub, url = served
    stub.answers = [endless] * 2
    chat = opened(browser, url, viewport={"width": 1000, "height": 700}, has_touch=True)
    page = chat.page
    chat.box.fill("Hello")
    chat.send_button.click()
    page.wait_for_function("document.querySelector('#conversation .transcript').scrollHeight > 2000")
    follows(page)
    chat.transcript.click(position={"x": 5, "y": 5})  # keys scroll what was clicked
    for scroll in SCROLLS:
        scroll(page)
        stays(page)
        page.mouse.wheel(0, 100_000)
        follows(page)
    page.evaluate(GROWS_ABOVE, 333)
    follows(page)
    page.mouse.wheel(0, -500)
    stays(page)
    marked = page.evaluate(MARK)
    page.evaluate(GROWS_ABOVE, 900)  # what is read keeps its place, and nothing is followed
    page.wait_for_timeout(500)
    assert abs(page.evaluate(MARKED) - marked) < 2
    chat.stop_button.click()
    expect(chat.stop_button).to_be_hidden()
    chat.send("Again")
    expect(chat.questions).to_have_count(2)
    follows(page)
    chat.transcript.hover()
    page.mouse.wheel(0, -30)
    stays(page)
    chat.close()


def by_enter(chat: Chat, text: str) -> None:
    """While the answer may still be ending."""
    chat.box.fill(text)
    chat.box.press("Enter")


def by_enter_after_it(chat: Chat, text: str) -> None:
    expect(chat.stop_button).to_be_hidden()
    by_enter(chat, text)


def by_click(chat: Chat, text: str) -> None:
    """When Send has Stop's place again."""
    chat.box.fill(text)
    expect(chat.stop_button).to_be_hidden()
    chat.send_button.click()


@pytest.mark.parametrize("send", [by_enter, by_enter_after_it, by_click])
def test_whoever_stops_and_sends_at_once_is_answered_and_taken_along(
    browser: Browser, served: tuple[Stub, str], send: Callable[[Chat, str], None]
) -> None:
    stub, url = served
    texts = [f"Message {number}" for number in range(5)]
    stub.answers = [endless for _ in texts]
    chat = opened(browser, url, viewport={"width": 1000, "height": 700})
    chat.send(texts[0])
    for number in range(1, len(texts)):
        is_written(chat.page, number - 1)
        chat.stop_button.click()
        send(chat, texts[number])
        expect(chat.questions).to_have_text(texts[: number + 1])
        expect(chat.box).to_have_value("")
        is_written(chat.page, number)
        follows(chat.page)
    chat.close()
