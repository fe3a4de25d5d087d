"""A server that is killed and started again between two messages: nothing goes out without its conversation.

It is killed while no event is under way: else Gradio itself loads the page anew once the server is back.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import ROOT, free_port, wait_for
from tests.browser.test_leaving import opened
from tests.browser.test_page import EXAMPLES, SEND, answered, send
from tests.support.events import Events
from tests.support.stub_server import WHOLE, Stub, sends, stub_server
from ui.conversations.restore import KEPT_NOWHERE

pytestmark = pytest.mark.timeout(600)  # an app is started several times
LONG = 90_000  # milliseconds for what takes seconds where nothing else runs


class KilledApp:
    """An app at one address, which is killed and started again."""

    def __init__(self, *options: str) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/"
        self._command = [sys.executable, "app.py", "--port", str(port), *options]
        self._start()

    def _start(self) -> None:
        self._process = subprocess.Popen(self._command, cwd=ROOT)
        wait_for(self.url, self._process)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(30)

    def restart(self) -> None:
        self.kill()
        self._start()


@pytest.fixture
def stub() -> Iterator[Stub]:
    with stub_server() as made:
        made.answers = [sends(*WHOLE)] * 20
        yield made


@pytest.fixture(params=["browser", "history"])
def app(request: pytest.FixtureRequest, stub: Stub, tmp_path: Path) -> Iterator[KilledApp]:
    """One whose conversations the browser keeps, or a history file."""
    history = ["--history", str(tmp_path / "history.sqlite")] if request.param == "history" else []
    made = KilledApp("--server", stub.url, *history)
    yield made
    made.kill()


@pytest.fixture
def page(browser: Browser, app: KilledApp) -> Iterator[Page]:
    made = opened(browser, app.url)
    yield made
    made.context.close()


@pytest.fixture
def restart(app: KilledApp, page: Page) -> Callable[[], None]:
    """Kills the app, when half a second has gone by without an event, and starts it again."""
    events = Events(page)

    def restarts() -> None:
        events.wait_until_done()
        app.restart()

    return restarts


def typed(page: Page, text: str) -> None:
    """Writes a message with a picture, and does not send it."""
    page.set_input_files("#message input[type=file]", str(EXAMPLES / "equations.png"))
    expect(page.locator("#strip li img")).to_have_count(1, timeout=LONG)
    page.fill("#message textarea", text)


def texts(body: dict[str, Any]) -> list[str]:
    """What the model's server was asked, a picture by its kind."""
    said = [message["content"] for message in body["messages"] if message["role"] != "system"]
    parts = [[{"type": "text", "text": content}] if isinstance(content, str) else content for content in said]
    return [part.get("text", part["type"]) for content in parts for part in content]


def is_asked(stub: Stub, page: Page, count: int, *expected: str) -> None:
    """Waits until so many answers are done; the last was to these messages."""
    answered(page, count)
    assert texts(stub.bodies[-1]) == list(expected)


def test_whatever_is_done_after_a_restart_is_done_to_the_conversation_that_the_page_shows(
    stub: Stub, restart: Callable[[], None], page: Page
) -> None:
    asked = ["image_url", "Apples", "Hello", "image_url", "Pears"]
    send(page, "Apples", EXAMPLES / "shapes.png")
    answered(page)
    typed(page, "Pears")
    restart()
    expect(page.locator("#message textarea")).to_have_value("Pears")
    expect(page.locator("#strip li img")).to_have_count(1)
    page.press("#message textarea", "Enter")
    is_asked(stub, page, 2, *asked)
    restart()
    page.click("#retry")
    is_asked(stub, page, 3, *asked)
    expect(page.locator(".pager").last).to_contain_text("answer 2/2")
    restart()
    page.press("#message textarea", "ArrowUp")
    expect(page.locator("#message textarea")).to_have_value("Pears", timeout=LONG)
    expect(page.locator("#strip li img")).to_have_count(1, timeout=LONG)
    restart()  # what is being edited is still edited
    page.fill("#message textarea", "Plums")
    page.press("#message textarea", "Enter")
    is_asked(stub, page, 4, "image_url", "Apples", "Hello", "image_url", "Plums")
    restart()
    page.click("#undo")
    expect(page.locator("#message textarea")).to_have_value("Plums", timeout=LONG)
    expect(page.locator("#strip li img")).to_have_count(1, timeout=LONG)
    expect(page.get_by_test_id("user").filter(has_text="Plums")).to_have_count(0)
    expect(page.get_by_test_id("user").filter(has_text="Apples")).to_have_count(1)


def test_all_of_it_is_there_when_the_page_is_loaded_anew_after_a_restart(
    stub: Stub, restart: Callable[[], None], page: Page
) -> None:
    send(page, "Apples", EXAMPLES / "shapes.png")
    answered(page)
    page.click("#retry")
    answered(page, 2)
    page.fill("#message textarea", "A draft")
    page.wait_for_function("() => sessionStorage.draft === 'A draft'")
    restart()
    page.reload()
    expect(page.get_by_test_id("user").filter(has_text="Apples")).to_have_count(1, timeout=LONG)
    expect(page.get_by_test_id("user").locator("img")).to_have_count(1, timeout=LONG)
    expect(page.locator(".pager").last).to_contain_text("answer 2/2")
    expect(page.locator("#message textarea")).to_have_value("A draft", timeout=LONG)
    page.press("#message textarea", "Enter")
    is_asked(stub, page, 1, "image_url", "Apples", "Hello", "A draft")


def test_the_pictures_in_the_box_can_be_changed_after_a_restart_and_the_conversation_goes_with_them(
    stub: Stub, restart: Callable[[], None], page: Page
) -> None:
    send(page, "Apples")
    answered(page)
    typed(page, "Pears")
    restart()
    page.get_by_role("button", name="Remove picture 1").click()
    expect(page.locator("#strip li")).to_have_count(0, timeout=LONG)
    page.press("#message textarea", "Enter")
    is_asked(stub, page, 2, "Apples", "Hello", "Pears")


def test_what_was_kept_nowhere_is_refused_in_a_sentence_and_the_message_stays_in_the_box(
    stub: Stub, restart: Callable[[], None], page: Page
) -> None:
    page.check("#private input")
    send(page, "Plums")
    answered(page)
    typed(page, "Cherries")
    restart()
    page.press("#message textarea", "Enter")
    expect(page.get_by_test_id("toast-body")).to_contain_text(KEPT_NOWHERE, timeout=LONG)
    expect(page.locator("#message textarea")).to_have_value("Cherries", timeout=LONG)
    expect(page.locator("#strip li img")).to_have_count(1, timeout=LONG)
    expect(page.get_by_test_id("user")).to_have_text(["Plums"])
    expect(page.locator(SEND)).to_be_visible(timeout=LONG)
    assert len(stub.bodies) == 1
    page.click("#clear")
    expect(page.get_by_test_id("user")).to_have_count(0, timeout=LONG)
    page.press("#message textarea", "Enter")
    is_asked(stub, page, 2, "image_url", "Cherries")
