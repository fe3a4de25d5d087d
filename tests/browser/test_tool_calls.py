"""Tool calls in the conversation: lines that unfold, and the card of a call that waits for a person."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import running_app
from tests.conftest import DEMO
from tests.support.panel import Panel
from tests.support.stub_server import USAGE, Answer, Stub, chunk, sends, stub_server
from ui.texts import texts

DONE = (chunk(**USAGE), b"data: [DONE]\n\n")
WEATHER = {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}
SUM = ("my_calculator", {"expression": "6 + 2 * 3"})
CHART = ("draw_chart", {"labels": ["a", "b"], "values": [1, 3]})


def calls(*made: tuple[str, Any]) -> Answer:
    """An answer that is calls of these tools."""
    delta = [
        {"index": at, "id": f"call{at}", "type": "function", "function": {"name": name, "arguments": json.dumps(given)}}
        for at, (name, given) in enumerate(made)
    ]
    return sends(chunk({"role": "assistant", "content": ""}), chunk({"tool_calls": delta}, "tool_calls"), *DONE)


def says(text: str) -> Answer:
    """An answer in words."""
    return sends(*(chunk({"content": f"{word} "}) for word in text.split()), chunk({}, "stop"), *DONE)


@pytest.fixture(scope="module")
def tooled() -> Iterator[tuple[Stub, str]]:
    """A model's server whose answers a test gives, and the address of the app that asks it and knows its tokenizer."""
    with stub_server() as stub, running_app("--server", stub.url, "--tokenizer", str(DEMO.parent)) as url:
        yield stub, url


@pytest.fixture
def visitor(browser: Browser, tooled: tuple[Stub, str]) -> Iterator[Page]:
    """Who is asked before the calculator and the chart are run, and answers for the weather."""
    page = browser.new_context(viewport={"width": 1280, "height": 860}).new_page()
    page.goto(tooled[1])
    page.locator("#message textarea").wait_for()
    panel = Panel(page, page)
    panel.use_tool(texts.panel.calculator)
    panel.use_tool(texts.panel.chart)
    panel.side.get_by_label(texts.panel.run_ask).check()
    panel.describe_tools(json.dumps(WEATHER))
    panel.close()
    yield page
    page.context.close()


def asks(page: Page, stub: Stub, *answers: Answer) -> None:
    """Sends a message that is answered so."""
    stub.answers = [*answers]
    page.fill("#message textarea", "How many?")
    page.press("#message textarea", "Enter")


def test_a_call_is_decided_in_its_card_which_has_the_focus_and_is_announced(
    visitor: Page, tooled: tuple[Stub, str]
) -> None:
    asks(visitor, tooled[0], calls(SUM), says("It is 42."))
    card = visitor.get_by_role("group", name="Approval needed for Calculator")
    expect(card).to_be_focused()
    expect(visitor.locator("[role=status].only-heard")).to_have_text("Approval needed for Calculator")
    card.get_by_label("Arguments").fill('{"expression": ')
    card.get_by_role("button", name="Allow once").click()
    expect(card.get_by_role("alert")).to_have_text("These arguments aren't valid JSON.")
    card.get_by_label("Arguments").fill('{"expression": "6 * 7"}')
    card.get_by_role("button", name="Allow once").click()
    expect(visitor.locator(".calls summary")).to_contain_text("Calculator6 * 7 → 42")
    expect(visitor.get_by_text("It is 42.")).to_be_visible()
    expect(card).to_have_count(0)


def test_of_several_calls_each_has_its_card_until_the_tool_may_always_run(
    visitor: Page, tooled: tuple[Stub, str]
) -> None:
    asks(visitor, tooled[0], calls(SUM, CHART, SUM), calls(SUM), says("Twelve."))
    card = visitor.locator(".ask")
    expect(card).to_contain_text("Call 1 of 3")
    card.get_by_role("button", name="Always").click()
    expect(card).to_contain_text("Allow Bar chart to run?")
    card.get_by_role("button", name="Deny with a reason").click()
    card.get_by_label("Reason (optional)").fill("No pictures.")
    visitor.keyboard.press("Enter")
    expect(visitor.get_by_text("Twelve.")).to_be_visible()
    lines = visitor.locator(".calls summary")
    expect(lines).to_have_count(2)
    expect(lines.first).to_contain_text("Calculator, Bar chart3 calls · 1 denied")
    lines.first.click()
    expect(visitor.locator(".call.denied pre")).to_contain_text("No pictures.")
    visitor.keyboard.press("Alt+n")
    expect(visitor.locator("#welcome")).to_be_visible()
    asks(visitor, tooled[0], calls(SUM))
    expect(card).to_contain_text("Allow Calculator to run?")  # in another chat it is asked for again


def test_who_is_typing_keeps_the_focus(visitor: Page, tooled: tuple[Stub, str]) -> None:
    writes = threading.Event()
    answer = calls(SUM)
    asks(visitor, tooled[0], lambda handler: writes.wait(60) and answer(handler))
    expect(visitor.locator("#message textarea")).to_have_value("")
    expect(visitor.locator(".entry.user:not(.pending)")).to_be_visible()
    visitor.keyboard.type("And what of")
    writes.set()
    expect(visitor.locator(".ask")).to_be_visible()
    visitor.keyboard.type(" the other?")
    expect(visitor.locator("#message textarea")).to_have_value("And what of the other?")
    expect(visitor.locator("#message textarea")).to_be_focused()


def test_a_message_that_waits_is_not_sent_over_a_call_that_does_too(visitor: Page, tooled: tuple[Stub, str]) -> None:
    writes = threading.Event()
    answer = calls(SUM)
    asks(visitor, tooled[0], lambda handler: writes.wait(60) and answer(handler), says("Eight."))
    expect(visitor.locator(".entry.user:not(.pending)")).to_be_visible()
    visitor.fill("#message textarea", "And then?")
    visitor.press("#message textarea", "Enter")
    expect(visitor.locator("#queue")).to_contain_text("And then?")
    writes.set()
    expect(visitor.locator(".ask")).to_be_visible()
    expect(visitor.locator("#queue b")).to_have_text(texts.composer.queued_held)
    expect(visitor.locator(".ask")).to_be_visible()
    expect(visitor.locator(".entry.user")).to_have_count(1)


def test_the_person_answers_in_the_place_of_a_tool_that_is_only_described(
    visitor: Page, tooled: tuple[Stub, str]
) -> None:
    asks(visitor, tooled[0], calls(("get_weather", {"city": "Orléans"})), says("Take a hat."))
    card = visitor.get_by_role("group", name="Result needed for get_weather")
    expect(card).to_contain_text("get_weather was called. Enter its result.")
    expect(card).to_contain_text("Orléans")
    expect(card.get_by_label("Result")).to_be_focused()
    card.get_by_role("button", name="Submit result").click()
    expect(card.get_by_role("alert")).to_have_text("Enter a result, or return an error.")
    card.get_by_label("Result").fill("<b>Sunny</b>")
    card.get_by_role("button", name="Submit result").click()
    expect(visitor.get_by_text("Take a hat.")).to_be_visible()
    expect(visitor.locator(".calls summary")).to_contain_text("get_weatherOrléans → <b>Sunny</b>")


def test_a_line_that_was_unfolded_stays_so_and_a_chart_is_seen_folded(visitor: Page, tooled: tuple[Stub, str]) -> None:
    asks(visitor, tooled[0], calls(CHART), says("Drawn."), says("Sure."))
    visitor.get_by_role("button", name="Allow once").click()
    expect(visitor.get_by_text("Drawn.")).to_be_visible()
    picture = visitor.locator(".made img")
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 448
    details = visitor.locator("details.calls")
    assert not details.evaluate("details => details.open")
    details.locator("summary").click()
    visitor.fill("#message textarea", "Sure?")
    visitor.press("#message textarea", "Enter")
    expect(visitor.get_by_text("Sure.")).to_be_visible()
    assert details.evaluate("details => details.open")
    visitor.reload()
    expect(visitor.get_by_text("Sure.")).to_be_visible()
    assert not details.evaluate("details => details.open")
