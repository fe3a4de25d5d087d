"""The page's own script when it comes late, does not come, or is served under a root path: in a real Chromium."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import running_app
from tests.browser.test_page import answered, send

MODULE = re.compile(r"/page/.+\.js$")


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Page]:
    """Of a page that is not loaded yet."""
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    yield context.new_page()
    context.close()


def test_what_is_told_before_the_script_is_there_is_heard_when_it_comes(visitor: Page, app: str) -> None:
    held: list[Route] = []
    errors: list[str] = []
    visitor.on("console", lambda said: said.type == "error" and errors.append(said.text))
    visitor.on("pageerror", lambda error: errors.append(str(error)))
    visitor.route(MODULE, lambda route: held.append(route), times=1)
    visitor.goto(app)
    visitor.locator("#message textarea").wait_for()
    send(visitor, "Hello apples")
    expect(visitor.locator(".foot")).to_contain_text("written", timeout=60_000)
    assert [route.request.url for route in held] == [f"{app}page/main.js"]
    held[0].continue_()
    answered(visitor)
    expect(visitor.locator("#shelf-list .open")).to_have_text("Hello apples")
    assert not [error for error in errors if "abort" not in error.lower()]


def test_a_page_without_its_script_says_that_it_keeps_nothing(visitor: Page, app: str) -> None:
    visitor.route(MODULE, lambda route: route.abort())
    visitor.goto(app)
    expect(visitor.get_by_text("nothing is kept: load it again")).to_be_in_viewport()


def test_the_script_is_found_under_the_root_path_that_a_proxy_serves_the_page_at(
    visitor: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADIO_ROOT_PATH", "/chat")
    with running_app() as app:
        asked: list[str] = []

        def proxy(route: Route) -> None:
            """Passes on what is below its path, without that; all else is none of the page's."""
            path = route.request.url.removeprefix(f"{app}chat/")
            asked.append(path)
            route.continue_(url=app + path) if path != route.request.url else route.abort()

        visitor.route(f"{app}**", proxy)
        visitor.goto(f"{app}chat/")
        visitor.locator("#message textarea").wait_for()
        send(visitor, "Hello apples")
        answered(visitor)
        expect(visitor.locator("#shelf-list .open")).to_have_text("Hello apples")
        assert "page/main.js" in asked
