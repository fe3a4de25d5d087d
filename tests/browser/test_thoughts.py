"""A model that thinks before it answers, as whoever reads along sees it."""

import re
import threading
from http.server import BaseHTTPRequestHandler

from playwright.sync_api import Browser, expect

from tests.support.chat import Chat, opened
from tests.support.stub_server import Stub, chunk, head, sends
from ui.texts import texts

DONE = b"data: [DONE]\n\n"
USAGE = {"prompt_tokens": 9, "completion_tokens": 8, "completion_tokens_details": {"reasoning_tokens": 5}}
HOW_HEARD = "document.querySelector('.thought').closest('[aria-live], [role=status], [role=alert]').ariaLive"


class Paced:
    """An answer whose next piece goes out each time that it may."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces, self.gate = pieces, threading.Semaphore(0)

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        head(handler)
        for piece in self.pieces:
            handler.wfile.write(piece)
            handler.wfile.flush()
            self.gate.acquire(timeout=60)
        handler.wfile.write(chunk(None, usage=USAGE) + DONE)


def thinking() -> Paced:
    return Paced(
        chunk({"reasoning_content": "Let me *see*", "reasoning": "Let me *see*"}),
        chunk({"reasoning_content": ", zebras.", "reasoning": ", zebras."}),
        chunk({"content": "Four."}),
        chunk({"content": " Sure."}, "stop"),
    )


def test_a_thought_is_open_while_it_is_written_and_folded_when_the_answer_begins(
    browser: Browser, served: tuple[Stub, str]
) -> None:
    stub, url = served
    chat = opened(browser, url, viewport={"width": 1280, "height": 860})
    answer = thinking()
    stub.answers = [answer]
    chat.send("2 + 2?")
    thought, summary = chat.answers.locator(".thought > div"), chat.answers.locator(".thought > summary")
    expect(thought).to_have_text("Let me see")
    expect(summary).to_have_text(texts.answer.thinking)
    expect(chat.stop_button).to_be_visible()
    assert chat.page.evaluate(HOW_HEARD) == "off"
    answer.gate.release()
    expect(thought).to_have_text("Let me see, zebras.")
    answer.gate.release()
    expect(chat.answers).to_contain_text("Four.")
    expect(thought).to_be_hidden()
    for _ in range(2):
        answer.gate.release()
    chat.answered()
    expect(summary).to_have_text(re.compile(r"^Thought for \d+(\.\d)? s · 5 tokens$"))
    expect(chat.speed).to_contain_text("8 tokens (5 thinking)")
    _stays_as_it_was_put(chat, stub)
    chat.reload()
    expect(summary).to_have_count(2)
    expect(summary.first).to_have_text(re.compile(r"^Thought for .* · 5 tokens$"))
    expect(thought.first).to_be_hidden()
    chat.search.fill("zebras")
    expect(chat.chats.first).to_contain_text("2 + 2?")
    chat.close()


def _stays_as_it_was_put(chat: Chat, stub: Stub) -> None:
    """What one closed stays closed as it grows, and what one opened stays open. Thoughts are sent where one says so."""
    chat.panel.unfold(texts.panel.advanced)
    chat.panel.field("send_thoughts").check()
    answer = thinking()
    stub.answers = [answer]
    chat.send("Why?")
    last = chat.answers.last
    thought, summary = last.locator(".thought > div"), last.locator(".thought > summary")
    expect(thought).to_have_text("Let me see")
    summary.click()
    answer.gate.release()
    expect(thought).to_contain_text("zebras")
    expect(thought).to_be_hidden()
    summary.click()
    answer.gate.release()
    expect(last).to_contain_text("Four.")
    for _ in range(2):
        answer.gate.release()
    chat.answered(2)
    expect(thought).to_be_visible()
    (sent,) = [message for message in stub.bodies[-1]["messages"] if message["role"] == "assistant"]
    assert sent["reasoning_content"] == sent["reasoning"] == "Let me *see*, zebras."
    chat.panel.field("send_thoughts").uncheck()


def test_what_no_server_can_go_on_with_is_said_and_stays(browser: Browser, served: tuple[Stub, str]) -> None:
    stub, url = served
    chat = opened(browser, url)
    stub.answers = [sends(chunk({"reasoning": "Let me "}), chunk({"reasoning": "see"}, "length"), DONE)]
    chat.send("2 + 2?")
    chat.answered()
    expect(chat.answers.locator(".thought > div")).to_have_text("Let me see")
    chat.button(texts.transcript.go_on_told, chat.answers).click()
    chat.answered(2)
    expect(chat.ending).to_contain_text("can't continue an answer within its thoughts")
    expect(chat.answers.locator(".thought > div")).to_have_text("Let me see")
    chat.close()
