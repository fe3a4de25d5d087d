"""Looks and manners: accessibility by axe, keys, announcements, phones, other hosts."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request, expect

from tests.support.chat import SHAPES, Chat, opened
from tests.support.events import Events
from tests.support.panel import IS_OPEN

SHOTS = Path(__file__).resolve().parent / "screenshots"
WIDTHS = {"wide": (1280, 860), "phone": (390, 844)}


def faults(page: Page) -> list[str]:
    """What axe calls serious or critical, with an element that shows it."""
    found = Axe().run(page).response["violations"]
    return [
        f"{fault['id']}: {fault['nodes'][0]['html'][:160]}"
        for fault in found
        if fault["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", WIDTHS)
def test_axe_finds_no_serious_fault_and_the_states_are_pictured(
    browser: Browser, app: str, size: str, scheme: str
) -> None:
    SHOTS.mkdir(exist_ok=True)
    width, height = WIDTHS[size]
    chat = opened(browser, f"{app}?__theme={scheme}", viewport={"width": width, "height": height}, color_scheme=scheme)
    page = chat.page
    events = Events(page)
    events.wait_until_done()
    page.screenshot(path=SHOTS / f"start-{size}-{scheme}.png")
    found = faults(page)
    chat.button("Solve equations in an image").click()
    chat.answered()
    events.wait_until_done()
    page.screenshot(path=SHOTS / f"answer-{size}-{scheme}.png")
    found += faults(page)
    overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    chat.close()
    assert not found, "\n".join(found)
    assert overflow <= 0


def test_escape_stops_the_answer_and_slash_goes_to_the_box(chat: Chat) -> None:
    chat.set(temperature="1.5", max_tokens="4096", repetition_penalty="1.5")
    chat.send("Hello " * 1500)  # takes a while to read
    expect(chat.stop_button).to_be_visible()
    chat.page.keyboard.press("Escape")
    chat.answered()
    chat.transcript.click(position={"x": 5, "y": 5})
    chat.page.keyboard.press("/")
    expect(chat.box).to_be_focused()
    expect(chat.box).to_have_value("")


def test_shift_enter_is_a_new_line(chat: Chat) -> None:
    chat.box.fill("one")
    chat.box.press("Shift+Enter")
    chat.page.keyboard.type("two")
    expect(chat.box).to_have_value("one\ntwo")
    expect(chat.entries).to_have_count(0)


def test_an_answer_is_announced_once_and_not_at_every_token(chat: Chat) -> None:
    expect(chat.transcript).to_have_attribute("aria-live", "off")
    chat.send("Hello")
    chat.answered()
    expect(chat.announced).to_have_text("The answer is done.")
    expect(chat.announced).to_have_attribute("aria-live", "polite")


def test_the_page_asks_no_other_host_for_anything(browser: Browser, app: str) -> None:
    chat = Chat(browser.new_context().new_page())
    asked: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith((app, "data:", "blob:", app.replace("http", "ws"))):
            asked.append(request.url)

    chat.page.on("request", note)
    chat.go(app)
    chat.send("What is in the image?", SHAPES)
    chat.answered()
    chat.panel.open("Tools")
    chat.close()
    assert not asked


def test_on_a_phone_what_covers_the_page_makes_way_for_what_was_chosen_and_the_start_page_begins_with_its_title(
    browser: Browser, app: str
) -> None:
    chat = opened(browser, app, viewport={"width": 390, "height": 844})
    title = chat.place.get_by_role("heading", name="What can I help with?")
    Events(chat.page).wait_until_done()
    expect(title).to_be_in_viewport(ratio=1)
    expect(chat.composer).to_be_in_viewport(ratio=1)
    chat.set(max_tokens="4")
    chat.page.keyboard.press("Escape")
    expect(chat.panel.side).not_to_have_class(IS_OPEN)
    chat.send("Hello " * 300)
    chat.answered()
    chat.open_chats()
    chat.new_chat()
    expect(chat.shelf).not_to_have_class(IS_OPEN)
    expect(title).to_be_in_viewport(ratio=1)
    chat.open_chats()
    chat.open_chat("Hello")
    expect(chat.shelf).not_to_have_class(IS_OPEN)
    expect(chat.questions).to_be_in_viewport()
    chat.box.fill("Hello")
    chat.compare()
    expect(chat.panel.side).not_to_have_class(IS_OPEN)
    expect(chat.compared).to_be_in_viewport()
    chat.open_chats()
    chat.page.keyboard.press("Escape")
    expect(chat.shelf).not_to_have_class(IS_OPEN)
    chat.leave_comparison()
    chat.page.set_viewport_size({"width": 640, "height": 430})  # a laptop at 200 %
    chat.new_chat()
    expect(title).to_be_in_viewport(ratio=1)
    chat.close()


def test_what_the_model_writes_is_markdown_with_tables_code_and_formulas(chat: Chat) -> None:
    chat.set(max_tokens="4")
    chat.send("Hello")
    chat.answered()
    chat.edit_answer("| a | b |\n|---|---|\n| 1 | 2 |\n\n```python\nprint(1)\n```\n\n\\( x^2 \\)")
    expect(chat.answers.locator("table td").first).to_have_text("1")
    expect(chat.answers.locator("pre code")).to_contain_text("print(1)")
    expect(chat.answers.locator("math msup")).to_be_visible()
