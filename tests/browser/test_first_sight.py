"""The page as it comes: packed, in few files, and without moving about."""

import pytest
from playwright.sync_api import Browser

MOVES = """window.moved = 0;
const add = (entry) => { moved += entry.hadRecentInput ? 0 : entry.value; };
new PerformanceObserver((list) => list.getEntries().forEach(add)).observe({ type: "layout-shift", buffered: true });"""


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_moves_while_the_page_comes(browser: Browser, app: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844})
    page = context.new_page()
    page.add_init_script(MOVES)
    page.goto(app)
    page.locator("#message textarea").wait_for()
    page.wait_for_timeout(3_000)
    assert page.evaluate("moved") < 0.05
    context.close()


def test_the_document_is_packed_and_the_pages_scripts_are_one(browser: Browser, app: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(app)))
    answer = page.goto(app)
    assert answer
    assert answer.header_value("content-encoding") in ("br", "gzip")
    page.locator("#message textarea").wait_for()
    own = [path.rpartition("/")[2] for path in asked if path.startswith("page/")]
    assert sorted(set(own)) == sorted(own)
    assert set(own) - {"icon.svg", "app.webmanifest"} == {"main.js", "page.js", "page.css", "gradio.css"}
    assert len([path for path in asked if path.partition("?")[0].endswith(".css")]) <= 4
    context.close()


def test_a_page_in_the_dark_is_dark_from_its_first_sight(browser: Browser, app: str) -> None:
    context = browser.new_context(color_scheme="dark", java_script_enabled=True)
    page = context.new_page()
    page.route("**/assets/index-*.js", lambda route: route.abort())  # so that Gradio draws nothing
    page.goto(app)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(23, 20, 17)"
    context.close()
