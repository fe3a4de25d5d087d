"""No view of the page has a fault that axe finds: at a desk and on a phone, in light and in the dark."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from scripts.screenshots.views import (
    RICH,
    SERVED,
    View,
    asking,
    batch,
    compare,
    cut_off,
    documents,
    editing,
    error,
    tools,
    writing,
)  # fmt: skip
from tests.support.chat import PHONE, SHAPES, Chat, opened
from tests.support.stub_server import Stub
from ui.texts import texts

OPEN = "html[data-covered], details.menu[open], #inspector .inspector, .editor textarea"
ON_THE_WAY = (writing, error, cut_off, asking, tools, compare, editing, documents, batch)
SIZES = {"wide": {"viewport": {"width": 1280, "height": 860}}, "phone": PHONE}


def faults(page: Page, view: str) -> list[str]:
    """What axe finds, each with an element that shows it."""
    found = Axe().run(page).response["violations"]
    return [f"{view}: {fault['id']} ({fault['impact']}): {fault['nodes'][0]['html'][:160]}" for fault in found]


def dialog(act: str, name: str) -> Callable[[Page], None]:
    """Opens a dialog as the page's own buttons do."""

    def opens(page: Page) -> None:
        page.evaluate("(act) => document.querySelector(`[data-act='${act}']`).click()", act)
        expect(page.get_by_role("dialog", name=name)).to_be_visible()

    return opens


def chats(page: Page) -> None:
    if page.locator("#shelf").is_hidden():
        page.locator("#header [data-act=shelf]").click()
    row = page.locator("#shelf-list li:not(.when)").first
    row.hover()
    row.locator("summary").click()
    expect(row.get_by_role("button", name="Rename")).to_be_visible()


def question(page: Page) -> None:
    chats(page)
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("alertdialog")).to_be_visible()


def settings(page: Page) -> None:
    page.locator("#header [data-act=panel]").click()
    expect(page.locator("#panel")).to_be_in_viewport()
    page.get_by_role("button", name="Advanced").click()


def answer(page: Page) -> None:
    page.fill("#message textarea", "Hello")
    page.locator("#message .submit-button").click()
    Chat(page).answered()


def menu(within: str) -> Callable[[Page], None]:
    """Opens the last one in this part of the page, if there is one in a window of this size."""

    def opens(page: Page) -> None:
        for button in page.locator(f"{within} details.menu > summary").locator("visible=true").all()[-1:]:
            button.click()

    return opens


def rich(page: Page) -> None:
    """All that an answer can hold, and an image at the box."""
    chat = Chat(page)
    chat.edit_answer(RICH)
    expect(chat.answers.locator("table")).to_be_visible()
    chat.attach(SHAPES)


def inspector(page: Page) -> None:
    Chat(page).inspect()
    expect(page.locator("#inspector .inspector")).to_be_visible()


def comparing(page: Page) -> None:
    page.evaluate("document.querySelector(`[data-act='compare']`).click()")
    expect(page.get_by_role("heading", name=texts.compare.title)).to_be_visible()


VIEWS: dict[str, Callable[[Page], None]] = {
    "start": lambda _: None,
    "answer": answer,
    "inspector": inspector,
    "editor": lambda page: Chat(page).edit_answer(),
    "rich answer": rich,
    "menu of an answer": menu("#conversation .entry.assistant"),
    "menu at the box": menu("#composer"),
    "menu of the header": menu("#header"),
    "chats": chats,
    "question": question,
    "code": dialog("code", texts.code.open),
    "keys": dialog("shortcuts", "Keyboard shortcuts"),
    "model": dialog("model", "Model"),
    "url": dialog("url", "Add an image by URL"),
    "camera": dialog("camera", "Take a photo"),
    "settings": settings,
    "custom tools": dialog("tools", "Custom tools"),
    "comparing": comparing,
}


@pytest.mark.timeout(300)  # for all views
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_no_fault_in_any_view(browser: Browser, app: str, size: str, scheme: str) -> None:
    page = opened(browser, app, color_scheme=scheme, reduced_motion="reduce", **SIZES[size]).page
    expect(page.locator('#panel[role="complementary"]')).to_have_count(1)
    found: list[str] = []
    for view, opens in VIEWS.items():
        if view == "camera" and size == "phone":  # which has one of its own
            continue
        opens(page)
        found += faults(page, view)
        for _ in range(2):  # what lies on top, and on a phone what that was opened from
            if page.locator(OPEN).count():
                page.keyboard.press("Escape")
    page.context.close()
    assert not found, "\n".join(found)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("view", ON_THE_WAY, ids=lambda view: view.__name__)
def test_nor_while_an_answer_is_written_fails_asks_or_is_compared(
    browser: Browser, app: str, served: tuple[Stub, str], view: View, size: str, scheme: str
) -> None:
    stub, url = served
    found: list[str] = []
    chat = opened(browser, url if view in SERVED else app, color_scheme=scheme, reduced_motion="reduce", **SIZES[size])
    view(chat, stub, lambda part: found.extend(faults(chat.page, part)))
    chat.close()
    assert not found, "\n".join(found)
