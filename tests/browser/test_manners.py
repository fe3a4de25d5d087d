"""Looks and manners: accessibility by axe, keys, announcements, phones, other hosts."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, Request, expect

from tests.browser.test_page import EXAMPLES, STOP, answered, open_tools, send, settings

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
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{app}?__theme={scheme}")
    page.locator("#message textarea").wait_for()
    expect(page.locator('#conversation .examples[role="list"]')).to_have_count(0)  # as the page's script leaves them
    page.wait_for_timeout(1500)
    page.screenshot(path=SHOTS / f"start-{size}-{scheme}.png")
    found = faults(page)
    page.get_by_text("Solve the equations in a picture").click()
    answered(page)
    page.wait_for_timeout(800)
    page.screenshot(path=SHOTS / f"answer-{size}-{scheme}.png")
    found += faults(page)
    overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    context.close()
    assert not found, "\n".join(found)
    assert overflow <= 0


def test_escape_stops_the_answer_and_slash_goes_to_the_box(page: Page) -> None:
    settings(page, temperature="1.5", max_tokens="4096")
    page.get_by_role("button", name="More").click()
    settings(page, repetition_penalty="1.5")
    send(page, "Hello " * 1500)  # takes a while to read
    expect(page.locator(STOP)).to_be_visible()
    page.keyboard.press("Escape")
    answered(page)
    page.locator("#conversation").click(position={"x": 5, "y": 5})
    page.keyboard.press("/")
    expect(page.locator("#message textarea")).to_be_focused()
    expect(page.locator("#message textarea")).to_have_value("")


def test_shift_enter_is_a_new_line(page: Page) -> None:
    page.fill("#message textarea", "one")
    page.press("#message textarea", "Shift+Enter")
    page.keyboard.type("two")
    expect(page.locator("#message textarea")).to_have_value("one\ntwo")
    expect(page.get_by_test_id("user")).to_have_count(0)


def test_an_answer_is_announced_once_and_not_at_every_token(page: Page) -> None:
    expect(page.locator("#conversation [role=log]")).to_have_attribute("aria-live", "off")
    send(page, "Hello")
    answered(page)
    expect(page.locator(".only-heard")).to_have_text("The answer is done.")
    expect(page.locator(".only-heard")).to_have_attribute("aria-live", "polite")


def test_the_page_asks_no_other_host_for_anything(browser: Browser, app: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith((app, "data:", "blob:", app.replace("http", "ws"))):
            asked.append(request.url)

    page.on("request", note)
    page.goto(app)
    page.locator("#message textarea").wait_for()
    send(page, "What is in the image?", EXAMPLES / "shapes.png")
    answered(page)
    open_tools(page)
    context.close()
    assert not asked


def test_on_a_phone_the_sidebars_make_way_for_what_was_chosen_and_the_start_page_begins_with_its_title(
    browser: Browser, app: str
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(app)
    page.locator("#message textarea").wait_for()
    title = page.get_by_role("heading", name="Chat with Mistral Demo")
    page.wait_for_timeout(1000)
    expect(title).to_be_in_viewport(ratio=1)
    box = page.locator("#message").bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert box["y"] + box["height"] <= 844
    settings(page, max_tokens="4")
    send(page, "Hello " * 300)
    answered(page)
    shelf, panel = page.locator("#shelf"), page.locator("#panel")
    is_open = re.compile(r"\bopen\b")

    def opens(side: Locator) -> None:
        side.get_by_label("Toggle Sidebar").click()
        expect(side).to_have_class(is_open)

    opens(shelf)
    page.click("#new-chat")
    expect(shelf).not_to_have_class(is_open)
    expect(title).to_be_in_viewport(ratio=1)
    opens(shelf)
    page.locator("#shelf-list .open").click()
    expect(shelf).not_to_have_class(is_open)
    expect(page.get_by_test_id("user")).to_be_in_viewport()
    opens(panel)
    page.get_by_role("tab", name="Compare").click()
    page.fill("#message textarea", "Hello")
    page.click("#compare-start")
    expect(panel).not_to_have_class(is_open)
    expect(page.locator("#compare")).to_be_in_viewport()
    expect(page.locator("#compare-right .foot").last).to_contain_text("cut off")
    opens(shelf)
    page.keyboard.press("Escape")
    expect(shelf).not_to_have_class(is_open)
    page.click("#compare-close")
    page.set_viewport_size({"width": 640, "height": 430})  # a laptop at 200 %
    page.click("#clear")
    expect(page.locator("#conversation").get_by_test_id("user")).to_have_count(0)
    expect(title).to_be_in_viewport(ratio=1)
    context.close()


def test_what_the_model_writes_is_markdown_with_tables_code_and_formulas(page: Page) -> None:
    settings(page, max_tokens="4")
    send(page, "Hello")
    answered(page)
    page.get_by_role("button", name="Edit").nth(1).click()
    text = "| a | b |\n|---|---|\n| 1 | 2 |\n\n```python\nprint(1)\n```\n\n\\( x^2 \\)"
    page.locator("#conversation textarea").fill(text)
    page.get_by_role("button", name="Submit").first.click()
    bot = page.get_by_test_id("bot").first
    expect(bot.locator("table td").first).to_have_text("1")
    expect(bot.locator("pre code")).to_contain_text("print(1)")
    expect(bot.locator(".katex").first).to_be_visible()
