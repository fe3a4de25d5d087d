"""What takes the conversation's place or stands beside it: the comparison, and the prompt of an answer."""

import re
import threading
import time
from http.server import BaseHTTPRequestHandler

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_tool_calls import DONE, asks, says, tooled, visitor
from tests.support.panel import Panel
from tests.support.stub_server import Answer, Stub, chunk, head
from ui.texts import texts

__all__ = ["tooled", "visitor"]  # fixtures
STEP = 0.05


def slowly(text: str, ends: threading.Event | None = None) -> Answer:
    """An answer word by word, as a model writes, that comes to its end when it may."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        head(handler)
        for word in text.split():
            handler.wfile.write(chunk({"content": f"{word} "}))
            handler.wfile.flush()
            time.sleep(STEP)
        if ends:
            ends.wait(60)
        for piece in (chunk({}, "stop"), *DONE):
            handler.wfile.write(piece)

    return answer


def open_from_settings(page: Page) -> None:
    panel = Panel(page, page)
    panel.open()
    panel.side.get_by_role("button", name=texts.panel.compare).click()
    expect(page.locator("#compare-head header")).to_be_visible()


def test_a_message_is_answered_twice_in_the_conversations_place_and_one_answer_is_gone_on_with(
    visitor: Page, tooled: tuple[Stub, str]
) -> None:
    ends = threading.Event()
    tooled[0].answers = [slowly("One. " * 5, ends), slowly("Two. " * 5)]
    visitor.fill("#message textarea", "Who?")
    open_from_settings(visitor)
    for hidden in ("#welcome", "#examples", "#conversation", "#composer"):
        expect(visitor.locator(hidden)).to_be_hidden()
    visitor.get_by_label("System prompt B").fill("Be brief.")
    visitor.click("#compare-start")
    left, right = visitor.locator("#compare-left"), visitor.locator("#compare-right")
    expect(left).to_contain_text("One.")
    expect(visitor.locator("#take-left")).to_be_hidden()
    ends.set()
    expect(right).to_contain_text("Two.")
    expect(visitor.locator("#compare-question")).to_have_text("Who?")
    expect(visitor.locator("#take-right")).to_be_visible()
    assert visitor.locator("#compare-sides .entry button:visible").count() == 0
    visitor.click("#take-right")
    expect(visitor.locator("#compare-head header")).to_have_count(0)
    expect(visitor.locator("#conversation")).to_contain_text("Two.")
    expect(visitor.locator("#conversation .entry.assistant .pager")).to_contain_text("2 / 2")
    expect(visitor.locator("#message textarea")).to_have_value("")
    sent = tooled[0].bodies[-1]["messages"]
    assert [message["content"] for message in sent] == ["Be brief.", "Who?"]


def test_an_answer_is_compared_with_another_and_escape_stops_and_then_leads_back(
    visitor: Page, tooled: tuple[Stub, str]
) -> None:
    asks(visitor, tooled[0], says("First of all."), slowly("Second. " * 1000))
    expect(visitor.locator(".speed")).to_be_visible()
    visitor.locator(".entry.assistant .actions summary").click()
    visitor.get_by_role("button", name="Compare with…").click()
    expect(visitor.locator("#compare-left")).to_contain_text("First of all.")
    expect(visitor.locator("#compare-left-title")).to_contain_text("This answer")
    visitor.click("#compare-start")
    expect(visitor.locator("#compare-right")).to_contain_text("Second.")
    visitor.keyboard.press("Escape")
    expect(visitor.locator("#compare-right")).to_contain_text("Stopped.")
    expect(visitor.locator("#take-left")).to_be_visible()
    visitor.keyboard.press("Escape")
    expect(visitor.locator("#compare-head header")).to_have_count(0)
    expect(visitor.locator("#conversation")).to_contain_text("First of all.")
    expect(visitor.locator("#conversation")).not_to_contain_text("Second.")
    expect(visitor.locator("#message textarea")).to_be_focused()


def test_a_narrow_window_shows_one_side_and_a_new_chat_leaves_the_comparison(
    visitor: Page, tooled: tuple[Stub, str]
) -> None:
    asks(visitor, tooled[0], says("First."), says("Second."))
    expect(visitor.locator(".speed")).to_be_visible()
    visitor.locator(".entry.assistant .actions summary").click()
    visitor.get_by_role("button", name="Compare with…").click()
    visitor.click("#compare-start")
    expect(visitor.locator("#take-right")).to_be_visible()
    visitor.set_viewport_size({"width": 390, "height": 844})
    expect(visitor.locator("#compare-left")).to_be_hidden()
    visitor.get_by_role("tab", name="A", exact=True).click()
    expect(visitor.locator("#compare-left")).to_be_visible()
    expect(visitor.locator("#compare-right")).to_be_hidden()
    expect(visitor.get_by_role("tabpanel", name="A", exact=True)).to_be_visible()
    visitor.keyboard.press("ArrowRight")
    expect(visitor.locator("#compare-right")).to_be_visible()
    expect(visitor.get_by_role("tab", name="B", exact=True, selected=True)).to_be_focused()
    visitor.keyboard.press("Home")
    expect(visitor.locator("#compare-left")).to_be_visible()
    assert visitor.evaluate("document.documentElement.scrollWidth") <= 390
    visitor.keyboard.press("Alt+n")
    expect(visitor.locator("#compare-head header")).to_have_count(0)
    expect(visitor.locator("#welcome")).to_be_visible()


def test_the_prompt_of_an_answer_takes_the_focus_scrolls_in_itself_and_gives_the_focus_back(
    visitor: Page, tooled: tuple[Stub, str]
) -> None:
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tooled[0].answers = [says("Yes.")]
    visitor.fill("#message textarea", "word " * 4000)
    visitor.press("#message textarea", "Enter")
    expect(visitor.locator(".speed")).to_be_visible()
    more = visitor.locator(".entry.assistant .actions summary")
    more.click()
    visitor.get_by_role("button", name="View prompt").click()
    view = visitor.get_by_role("dialog", name="Prompt sent to the model")
    expect(view.get_by_role("heading")).to_be_focused()
    expect(view.locator(".control").first).to_have_attribute("title", "1")
    prompt = view.locator(".prompt")
    assert prompt.evaluate("(e) => { e.scrollTop = 1e6; return e.scrollTop }") > 500
    assert view.evaluate("(e) => e.getBoundingClientRect().bottom") <= 860
    assert view.locator("*").count() < 300
    view.locator(".run").last.hover()
    expect(view.locator(".token").last).to_have_attribute("title", re.compile(r"^\d+"))
    view.get_by_label("Show token IDs").check()
    assert view.locator("*").count() < 4000
    visitor.get_by_role("button", name="Copy prompt").click()
    expect(visitor.get_by_text("Copied")).to_be_visible()
    copied = visitor.evaluate("navigator.clipboard.readText()")
    assert copied.endswith(f"[INST]{'word ' * 4000}[/INST]") or copied.endswith(
        f"[INST]{('word ' * 4000).strip()}[/INST]"
    )
    visitor.keyboard.press("Escape")
    expect(view).to_have_count(0)
    expect(more).to_be_focused()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_prompt_can_be_opened_twice(visitor: Page, tooled: tuple[Stub, str], width: int) -> None:
    asks(visitor, tooled[0], says("Yes."))
    expect(visitor.locator(".speed")).to_be_visible()
    visitor.set_viewport_size({"width": width, "height": 844})
    for _ in range(2):
        visitor.locator(".entry.assistant .actions summary").click()
        visitor.get_by_role("button", name="View prompt").click()
        expect(visitor.locator(".inspector")).to_be_in_viewport()
        assert visitor.evaluate("document.documentElement.scrollWidth") <= width
        if width == 390:
            visitor.mouse.click(195, 40)  # above the sheet
        else:
            visitor.locator(".inspector").get_by_role("button", name="Close").click()
        expect(visitor.locator(".inspector")).to_have_count(0)
