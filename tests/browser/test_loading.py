"""The page's own script when it comes late, does not come, or is served under a root path: in a real Chromium."""

import re
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.browser.conftest import running_app
from tests.support.chat import Chat
from tests.support.events import Events

MODULE = re.compile(r"/page/.+\.js$")


@pytest.fixture
def chat(browser: Browser) -> Iterator[Chat]:
    """A page that is not loaded yet."""
    chat = Chat(browser.new_context(viewport={"width": 1280, "height": 860}).new_page())
    yield chat
    chat.close()


def test_what_is_told_before_the_script_is_there_is_heard_when_it_comes(chat: Chat, app: str) -> None:
    held: list[Route] = []
    is_open = threading.Event()
    errors: list[str] = []
    chat.page.on("console", lambda said: said.type == "error" and errors.append(said.text))
    chat.page.on("pageerror", lambda error: errors.append(str(error)))
    chat.page.route(MODULE, lambda route: route.continue_() if is_open.is_set() else held.append(route))
    events = Events(chat.page)
    chat.go(app)
    chat.send("Hello apples")
    events.wait_until_done()  # with the answer
    assert f"{app}page/main.js" in [route.request.url for route in held]
    is_open.set()
    for route in held:
        route.continue_()
    chat.answered()
    expect(chat.speed).to_contain_text("tokens")
    expect(chat.chats).to_have_text("Hello apples")
    assert not [error for error in errors if "abort" not in error.lower()]


def test_a_page_without_its_script_says_that_it_keeps_nothing(chat: Chat, app: str) -> None:
    chat.page.route(MODULE, lambda route: route.abort())
    chat.page.goto(app)
    expect(chat.place.get_by_text("nothing is saved. Reload it")).to_be_in_viewport()


def test_the_script_is_found_under_the_root_path_that_a_proxy_serves_the_page_at(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADIO_ROOT_PATH", "/chat")
    with running_app() as app:
        asked: list[str] = []

        def proxy(route: Route) -> None:
            """Passes on what is below its path, without that; all else is none of the page's."""
            path = route.request.url.removeprefix(f"{app}chat/")
            asked.append(path)
            route.continue_(url=app + path) if path != route.request.url else route.abort()

        chat.page.route(f"{app}**", proxy)
        chat.go(f"{app}chat/")
        chat.send("Hello apples")
        chat.answered()
        expect(chat.chats).to_have_text("Hello apples")
        assert "page/main.js" in asked
