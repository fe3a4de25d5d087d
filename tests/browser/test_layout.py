"""The page's frame: its sides, dialogs, menus and the list of chats, at a desk and on a phone."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import running_app
from tests.support.chat import SHAPES, Chat

Opened = Callable[..., Page]
BOX = "#message textarea"
FOCUSED_WITHIN = "(element) => element.contains(document.activeElement)"


@pytest.fixture
def opened(browser: Browser, app: str) -> Iterator[Opened]:
    """Opens the page for a visitor of their own, in a window so wide, or on a phone."""
    contexts = []

    def visit(width: int = 1280, height: int = 860, path: str = "", **options: object) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.goto(f"{app}{path}")
        page.locator(BOX).wait_for()
        expect(page.locator('#shelf[role="navigation"]')).to_have_count(1)
        return page

    yield visit
    for context in contexts:
        context.close()


def send(page: Page, text: str) -> None:
    """By the button: on a phone Enter begins a new line."""
    page.fill(BOX, text)
    page.locator("#message .submit-button").click()


def phone(opened: Opened) -> Page:
    return opened(390, 844, has_touch=True, is_mobile=True)


@pytest.mark.parametrize(("width", "chats"), [(900, False), (1280, True), (1600, True)])
def test_the_chats_are_open_where_there_is_room_and_the_settings_are_closed(
    opened: Opened, width: int, chats: bool
) -> None:
    page = opened(width)
    expect(page.locator("#shelf")).to_be_visible(visible=chats)
    expect(page.locator("#panel")).to_be_hidden()


def test_each_side_is_as_it_was_left_and_both_are_open_only_in_a_wide_window(opened: Opened) -> None:
    page = opened(1600)
    page.get_by_role("button", name="Settings").click()
    expect(page.get_by_role("complementary", name="Settings")).to_be_visible()
    page.reload()
    expect(page.locator("#panel")).to_be_visible()
    expect(page.locator("#shelf")).to_be_visible()
    page.set_viewport_size({"width": 1280, "height": 860})
    page.reload()
    page.locator(BOX).wait_for()
    expect(page.locator("#panel")).to_be_hidden()
    page.get_by_role("button", name="Chats").click()
    expect(page.locator("#shelf")).to_be_hidden()
    page.reload()
    page.locator(BOX).wait_for()
    expect(page.locator("#shelf")).to_be_hidden()
    page.get_by_role("button", name="New chat").click()  # which the header has now
    expect(page.locator(BOX)).to_be_focused()


def test_on_a_phone_the_chats_lie_over_the_page_until_one_has_chosen(opened: Opened) -> None:
    page = phone(opened)
    chats, menu = page.locator("#shelf"), page.locator("#header").get_by_role("button", name="Chats")
    Chat(page).send("Hello")
    Chat(page).answered()

    def opens() -> None:
        menu.click()
        expect(chats).to_be_in_viewport(ratio=1)
        assert chats.evaluate(FOCUSED_WITHIN)
        assert chats.evaluate("(side) => side.getBoundingClientRect().width") == pytest.approx(331, abs=1)

    opens()
    page.keyboard.press("Escape")
    expect(chats).to_be_hidden()
    expect(menu).to_be_focused()
    opens()
    page.mouse.click(380, 400)
    expect(chats).to_be_hidden()
    opens()
    page.locator("#shelf-list .open").click()
    expect(chats).to_be_hidden()
    opens()
    chats.get_by_role("button", name="New chat").click()
    expect(chats).to_be_hidden()
    expect(page.locator("#welcome")).to_be_visible()


def test_on_a_phone_the_chats_side_offers_a_link_once_there_is_a_question_and_no_keys(opened: Opened) -> None:
    page = phone(opened)
    menu, link = page.locator("#header [data-act=shelf]"), page.locator("#shelf [data-press=link]")
    menu.click()
    expect(page.locator("#shelf [data-act=import]")).to_be_in_viewport(ratio=1)
    expect(link).to_be_hidden()
    expect(page.locator("#shelf [data-act=shortcuts]")).to_be_hidden()
    page.keyboard.press("Escape")
    page.fill(BOX, "Hi there")
    menu.click()
    expect(link).to_be_in_viewport(ratio=1)
    page.keyboard.press("Escape")
    page.fill(BOX, "")
    Chat(page).send("Hello")
    Chat(page).answered()
    menu.click()
    expect(link).to_be_in_viewport(ratio=1)


def test_on_a_phone_the_settings_are_a_sheet_that_can_be_closed(opened: Opened) -> None:
    page = phone(opened)
    page.get_by_role("button", name="Settings").click()
    sheet = page.get_by_role("dialog", name="Settings")
    expect(sheet).to_be_in_viewport()
    sheet.get_by_role("button", name="Close").click()
    expect(page.locator("#panel")).to_be_hidden()


def test_a_dialog_takes_the_focus_keeps_it_and_gives_it_back(opened: Opened) -> None:
    page = opened()
    asked = page.get_by_role("button", name="Shortcuts")
    asked.click()
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_be_visible()
    for key in ("Tab", "Tab", "Shift+Tab", "Tab"):
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement === document.body") or dialog.evaluate(FOCUSED_WITHIN)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(asked).to_be_focused()


def test_escape_closes_what_lies_on_top_alone_and_a_question_mark_opens_the_keys(opened: Opened) -> None:
    page = opened(390, 844)  # a narrow window, of somebody who has keys
    page.locator("#header").get_by_role("button", name="Chats").click()
    page.get_by_role("button", name="Shortcuts").click()
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#shortcuts")).to_be_hidden()
    expect(page.locator("#shelf")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#shelf")).to_be_hidden()
    page.locator(BOX).blur()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.mouse.click(5, 5)
    expect(page.locator("#shortcuts")).to_be_hidden()


def test_escape_closes_a_menu_and_does_not_stop_an_answer(opened: Opened) -> None:
    page = opened()
    Chat(page).send("Hello")
    Chat(page).answered()
    page.locator("#shelf-list li").last.hover()
    more = page.locator("#shelf-list summary").last
    more.click()
    expect(page.get_by_role("button", name="Rename")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Rename")).to_be_hidden()
    expect(more).to_be_focused()


def test_a_chat_is_renamed_exported_and_deleted_from_its_row(opened: Opened, tmp_path: Path) -> None:
    page = opened()
    Chat(page).send("Hello")
    Chat(page).answered()
    row = page.locator("#shelf-list li:not(.when)")
    expect(row.get_by_role("button", name="Hello", exact=True)).to_have_attribute("aria-current", "page")
    expect(page.locator("#shelf-list .when")).to_have_text("Today")

    def choose(name: str) -> None:
        row.hover()
        row.locator("summary").click()
        row.get_by_role("button", name=name).click()

    choose("Rename")
    page.keyboard.type("Fruit")
    page.keyboard.press("Enter")
    expect(row.locator(".open")).to_have_text("Fruit")
    with page.expect_download() as saving:
        choose("Export")
    saving.value.save_as(tmp_path / "chat.json")
    assert json.loads((tmp_path / "chat.json").read_text())["title"] == "Fruit"
    choose("Delete")
    expect(page.get_by_role("alertdialog")).to_contain_text("Delete “Fruit”?")
    page.keyboard.press("Escape")
    expect(row).to_have_count(1)
    choose("Delete")
    page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)
    expect(page.locator("#welcome")).to_be_visible()


def test_one_reads_the_page_in_its_order_and_can_skip_to_the_box(opened: Opened) -> None:
    page = opened()
    for role, name in (("navigation", "Chats"), ("main", None)):
        expect(page.get_by_role(role, name=name)).to_have_count(1)  # type: ignore[arg-type]
    page.get_by_role("button", name="Settings").click()
    expect(page.get_by_role("complementary", name="Settings")).to_have_count(1)
    page.locator(BOX).blur()
    parts = ["#shelf", "#header", "#message", "#panel"]
    order = "(parts) => parts.map((part) => document.querySelector(part))"
    follows = f"(parts) => ({order})(parts).every((at, i, all) => !i || all[i - 1].compareDocumentPosition(at) & 4)"
    assert page.evaluate(follows, parts)
    page.evaluate("document.body.tabIndex = -1; document.body.focus()")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the message box")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(BOX)).to_be_focused()


# What can be touched, and is hit by no finger's width around its middle: by its name, and its place's.
SMALL = """() => [...document.querySelectorAll(
  "button, summary, select, input:not([type=hidden], [type=file], [type=range])")]
  .filter((target) => {
    const { x, y, width, height } = target.getBoundingClientRect();
    const isHit = (dx, dy) => {
      const at = document.elementFromPoint(x + width / 2 + dx, y + height / 2 + dy);
      return target.contains(at) || (at?.contains(target) && at.matches("label"));
    };
    return width && !target.disabled && isHit(0, 0) &&
      ![[-19, 0], [19, 0], [0, -19], [0, 19]].every(([dx, dy]) => isHit(dx, dy));
  }).map((target) => [target.ariaLabel || target.textContent.trim(), target.closest("[id]").id])"""


def test_all_that_is_touched_is_as_large_as_a_finger(opened: Opened) -> None:
    page = opened(390, 844, has_touch=True, is_mobile=True)
    chat = Chat(page)
    page.set_input_files("#message input[type=file]", SHAPES)
    expect(page.locator("#strip li img")).to_have_count(1)
    page.wait_for_timeout(500)  # by when what comes with it stands where it will
    assert page.evaluate(SMALL) == []
    chat.send("What is in it?")
    chat.answered()
    expect(chat.speed).to_be_visible()
    assert page.evaluate(SMALL) == []
    page.get_by_role("button", name="Settings").click()
    page.get_by_role("button", name="Custom tools").click()
    expect(page.locator("#tool-schemas .icon-button").first).to_be_visible()
    page.wait_for_timeout(500)
    assert page.evaluate(SMALL) == []


@pytest.mark.parametrize("width", [320, 390])
def test_nothing_stands_beyond_a_phones_edge_and_what_is_touched_is_as_large_as_a_finger(
    opened: Opened, width: int
) -> None:
    page = opened(width, 700, has_touch=True, is_mobile=True)
    Chat(page).send("Hello")
    Chat(page).answered()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.locator("#header").get_by_role("button", name="Chats").click()
    expect(page.locator("#shelf-list .open")).to_be_in_viewport(ratio=1)  # it slides in
    assert page.evaluate(SMALL) == []
    Chat(page).in_list("Hello", "Delete")
    question = page.get_by_role("alertdialog")
    for part in (question, *question.locator("p, button").all()):
        expect(part).to_be_in_viewport(ratio=1)


def test_a_shared_link_says_what_it_sets_and_can_be_undone(opened: Opened) -> None:
    page = opened(390, 844, "?q=Hi&system=Be%20brief&temperature=0.7")
    note = page.locator("#link-note")
    expect(note).to_contain_text("This link sets a system prompt and temperature 0.7.")
    note.get_by_role("button", name="Review").click()
    expect(page.locator("#system-prompt textarea")).to_have_value("Be brief")
    page.keyboard.press("Escape")
    note.get_by_role("button", name="Reset").click()
    expect(page.locator(BOX)).to_have_value("Hi")
    expect(note).to_be_hidden()
    expect(page.locator("#system-prompt textarea")).not_to_have_value("Be brief")
    page.get_by_role("button", name="Settings").click()
    expect(page.locator("#temperature input[type=number]")).to_have_value("0.15")


def test_a_link_holds_the_question_alone_where_nothing_else_was_changed(opened: Opened) -> None:
    page = opened()
    page.fill(BOX, "Hi there")
    page.get_by_label("Share and export").click()
    page.get_by_role("button", name="Copy link to this question").click()
    expect(page.get_by_text("Link copied")).to_be_visible()
    expect(page.locator("#link-text :is(textarea, input)").first).to_have_value(re.compile(r"\?q=Hi\+there$"))


def test_who_has_logged_in_finds_the_way_out(browser: Browser) -> None:
    with running_app("--auth", "me:secret-word") as url:
        context = browser.new_context(viewport={"width": 1280, "height": 860})
        page = context.new_page()
        page.goto(url)
        page.locator("input").first.fill("me")
        page.locator("input[type=password]").fill("secret-word")
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Log out").click()
        expect(page.locator("input[type=password]")).to_be_visible()
        context.close()


def test_nobody_is_shown_a_way_out_where_there_is_no_login(opened: Opened) -> None:
    expect(opened().get_by_role("link", name="Log out")).to_be_hidden()
