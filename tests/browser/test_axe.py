"""No view of the page has a fault that axe finds: at a desk and on a phone, in light and in the dark."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.support.chat import Chat

SIZES = {"wide": (1280, 860), "phone": (390, 844)}


def faults(page: Page, view: str) -> list[str]:
    """What axe finds, each with an element that shows it."""
    found = Axe().run(page).response["violations"]
    return [f"{view}: {fault['id']} ({fault['impact']}): {fault['nodes'][0]['html'][:160]}" for fault in found]


def dialog(act: str, name: str) -> Callable[[Page], None]:
    """Opens a dialog as the page's own buttons do."""

    def opened(page: Page) -> None:
        page.evaluate("(act) => document.querySelector(`[data-act='${act}']`).click()", act)
        expect(page.get_by_role("dialog", name=name)).to_be_visible()

    return opened


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


VIEWS: dict[str, Callable[[Page], None]] = {
    "start": lambda _: None,
    "answer": answer,
    "chats": chats,
    "question": question,
    "keys": dialog("shortcuts", "Keyboard shortcuts"),
    "model": dialog("model", "Model"),
    "url": dialog("url", "Add an image by URL"),
    "camera": dialog("camera", "Take a photo"),
    "settings": settings,
    "custom tools": dialog("tools", "Custom tools"),
    "comparing": dialog("compare", "Compare two answers"),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_no_fault_in_any_view(browser: Browser, app: str, size: str, scheme: str) -> None:
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,  # type: ignore[arg-type]
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(app)
    page.locator("#message textarea").wait_for()
    expect(page.locator('#panel[role="complementary"]')).to_have_count(1)
    found: list[str] = []
    for view, opened in VIEWS.items():
        opened(page)
        found += faults(page, view)
        for _ in range(2):  # what lies on top, and on a phone what that was opened from
            if page.locator("html[data-covered], details.menu[open]").count():
                page.keyboard.press("Escape")
    context.close()
    assert not found, "\n".join(found)
