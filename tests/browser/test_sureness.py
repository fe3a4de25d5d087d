"""Where the model was unsure of an answer: its words are marked, tell what else was likely, lead to another answer."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.test_axe import faults
from tests.browser.test_tool_calls import asks, says, tooled, visitor
from tests.support.chat import PHONE, Chat, opened
from tests.support.stub_server import Stub
from ui.texts import texts

__all__ = ["tooled", "visitor"]  # fixtures
TOLD = texts.sureness
UNSURE = "Describe Paris"  # of which the demo model knows nothing, and cannot say so in one way only


def mark_unsure(chat: Chat) -> None:
    chat.panel.unfold(texts.panel.advanced)
    chat.panel.side.get_by_label(texts.panel.scores).check()
    chat.panel.close()


def viewed(chat: Chat) -> Locator:
    """The view of the last answer."""
    chat.answers.last.locator(".actions summary").click()
    chat.button(TOLD.open).click()
    view = chat.place.get_by_role("dialog", name=TOLD.title)
    expect(view).to_be_visible()
    return view


def words(view: Locator) -> Locator:
    return view.get_by_role("button", name=re.compile(r"\d% likely$"))


def other_of(word: Locator) -> Locator:
    """What can be gone on with in a word's place."""
    word.click()
    return word.page.get_by_role("button", name=re.compile("^Continue from here with")).first


def test_an_unsure_word_tells_what_else_was_likely_and_another_answer_goes_on_from_there(chat: Chat) -> None:
    mark_unsure(chat)
    chat.send(UNSURE)
    chat.answered()
    first = chat.answers.last.inner_text()
    view = viewed(chat)
    expect(view.get_by_role("heading")).to_be_focused()
    word = words(view).first
    other = other_of(word)
    expect(other).to_be_focused()
    chosen = re.search("“(.+)”", other.inner_text())
    assert chosen
    chat.page.keyboard.press("Escape")
    expect(other).to_be_hidden()
    expect(view).to_be_visible()
    expect(word).to_be_focused()
    chat.page.keyboard.press("Enter")
    expect(other).to_be_focused()
    chat.page.keyboard.press("Enter")
    expect(view).to_have_count(0)
    expect(chat.pager).to_contain_text("2 / 2")
    chat.answered(2)
    said = chat.answers.last.locator(".content").inner_text()
    assert said.startswith(chosen[1])
    assert said != first


def test_the_marks_are_there_after_a_reload(chat: Chat) -> None:
    mark_unsure(chat)
    chat.send(UNSURE)
    chat.answered()
    count = words(viewed(chat)).count()
    assert count
    chat.reload()
    expect(chat.answers).to_have_count(1)
    expect(words(viewed(chat))).to_have_count(count)
    chat.page.keyboard.press("Escape")
    chat.panel.unfold(texts.panel.advanced)
    expect(chat.panel.side.get_by_label(texts.panel.scores)).to_be_checked()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_has_no_fault_and_fits_a_phone(browser: Browser, app: str, scheme: str) -> None:
    chat = opened(browser, app, color_scheme=scheme, **PHONE)
    mark_unsure(chat)
    chat.send(UNSURE)
    chat.answered()
    view = viewed(chat)
    assert faults(chat.page, "unsure words") == []
    card = other_of(words(view).first)
    expect(card).to_be_visible()
    assert faults(chat.page, "the card of a word") == []
    box = card.bounding_box()
    assert box
    assert box["height"] >= 44
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert chat.page.evaluate("document.documentElement.scrollWidth") <= 390
    chat.close()


def test_where_nothing_was_measured_it_says_what_to_do(chat: Chat) -> None:
    chat.send(UNSURE)
    chat.answered()
    view = viewed(chat)
    expect(view).to_contain_text(TOLD.not_measured.format(option=texts.panel.scores))
    assert words(view).count() == 0


def test_a_server_that_tells_nothing_is_named_as_such(visitor: Page, tooled: tuple[Stub, str]) -> None:
    chat = Chat(visitor)
    mark_unsure(chat)
    asks(visitor, tooled[0], says("Yes."))
    expect(visitor.locator(".speed")).to_be_visible()
    expect(viewed(chat)).to_contain_text(TOLD.not_told)
    assert tooled[0].bodies[-1]["logprobs"] is True
