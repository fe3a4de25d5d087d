"""The page's own script when it comes late, does not come, or is served under a root path: in a real Chromium."""

import re
import threading
from collections.abc import Callable, Iterator

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


GRADIOS = re.compile(r"/assets/index-[\w-]+\.js$")  # without which there is no page


def on_its_way(chat: Chat, app: str) -> Callable[[], None]:
    """Opens the page, of which no more than the document comes until what this returns is called."""
    held: list[Route] = []
    is_open = threading.Event()
    chat.page.route(GRADIOS, lambda route: route.continue_() if is_open.is_set() else held.append(route))
    chat.page.goto(app, wait_until="commit")
    expect(chat.page.locator("#early textarea")).to_be_focused()

    def come() -> None:
        is_open.set()
        for route in held:
            route.continue_()

    return come


def test_what_is_written_before_the_page_is_there_stands_in_its_box_and_is_written_on(chat: Chat, app: str) -> None:
    come = on_its_way(chat, app)
    early = chat.page.locator("#early textarea")
    chat.page.keyboard.type("Hello , how are you?")
    early.evaluate("(box) => box.setSelectionRange(6, 6)")
    come()
    expect(early).to_have_count(0)
    chat.page.keyboard.type("apples")
    expect(chat.box).to_have_value("Hello apples, how are you?")
    chat.page.wait_for_timeout(1500)  # by when all has come that may empty a box
    expect(chat.box).to_have_value("Hello apples, how are you?")
    chat.page.reload()
    expect(chat.box).to_have_value("Hello apples, how are you?")


def test_what_is_sent_before_the_page_is_there_is_answered(chat: Chat, app: str) -> None:
    come = on_its_way(chat, app)
    chat.page.keyboard.type("Hello apples")
    chat.page.keyboard.press("Enter")
    come()
    chat.answered()
    expect(chat.box).to_have_value("")
    expect(chat.chats).to_have_text("Hello apples")


def test_what_is_sent_before_a_chat_has_come_back_is_said_in_that(chat: Chat, app: str) -> None:
    chat.go(app)
    chat.send("Hello apples")
    chat.answered()
    come = on_its_way(chat, app)
    chat.page.keyboard.type("And pears?")
    chat.page.keyboard.press("Enter")
    come()
    chat.answered()
    expect(chat.page.locator("#conversation .entry.user")).to_contain_text(["Hello apples", "And pears?"])
    expect(chat.chats).to_have_text("Hello apples")


def test_what_is_sent_before_a_temporary_chat_is_there_is_kept_nowhere(chat: Chat, app: str) -> None:
    chat.go(app)
    chat.be_temporary()
    come = on_its_way(chat, app)
    chat.page.keyboard.type("A secret")
    chat.page.locator("#early").get_by_role("button").click()
    come()
    chat.answered()
    expect(chat.temporary).to_have_attribute("aria-pressed", "true")
    expect(chat.chats).to_have_count(0)


def test_a_word_that_an_input_method_makes_is_not_torn_from_it(chat: Chat, app: str) -> None:
    come = on_its_way(chat, app)
    early = chat.page.locator("#early textarea")
    chat.page.keyboard.type("Hello ")
    early.dispatch_event("compositionstart")
    come()
    chat.box.wait_for(state="attached")
    chat.page.wait_for_timeout(1000)
    expect(early).to_be_focused()
    chat.page.keyboard.type("リンゴ")
    early.dispatch_event("compositionend")
    expect(chat.box).to_have_value("Hello リンゴ")
    expect(chat.box).to_be_focused()


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
