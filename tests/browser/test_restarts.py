"""A server that is killed and started again between two messages: nothing goes out without its conversation.

It is killed while no event is under way: else Gradio itself loads the page anew once the server is back.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import ROOT, free_port, wait_for
from tests.support.chat import EXAMPLES, SHAPES, Chat, opened
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
def chat(browser: Browser, app: KilledApp) -> Iterator[Chat]:
    made = opened(browser, app.url)
    yield made
    made.close()


@pytest.fixture
def restart(app: KilledApp, chat: Chat) -> Callable[[], None]:
    """Kills the app, when the page has asked what it had to and is answered, and starts it again."""
    events = Events(chat.page)

    def restarts() -> None:
        chat.page.wait_for_timeout(1500)  # the page looks each second whether it has something to ask
        events.wait_until_done()
        app.restart()

    return restarts


def typed(chat: Chat, text: str) -> None:
    """Writes a message with a picture, and does not send it."""
    chat.attach(EXAMPLES / "equations.png", timeout=LONG)
    chat.box.fill(text)


def texts(body: dict[str, Any]) -> list[str]:
    """What the model's server was asked, a picture by its kind."""
    said = [message["content"] for message in body["messages"] if message["role"] != "system"]
    parts = [[{"type": "text", "text": content}] if isinstance(content, str) else content for content in said]
    return [part.get("text", part["type"]) for content in parts for part in content]


def is_asked(stub: Stub, chat: Chat, count: int, *expected: str) -> None:
    """Waits until so many answers are done; the last was to these messages."""
    chat.answered(count)
    assert texts(stub.bodies[-1]) == list(expected)


def test_whatever_is_done_after_a_restart_is_done_to_the_conversation_that_the_page_shows(
    stub: Stub, restart: Callable[[], None], chat: Chat
) -> None:
    asked = ["image_url", "Apples", "Hello", "image_url", "Pears"]
    chat.send("Apples", SHAPES)
    chat.answered()
    typed(chat, "Pears")
    restart()
    expect(chat.box).to_have_value("Pears")
    expect(chat.attached).to_have_count(1)
    chat.box.press("Enter")
    is_asked(stub, chat, 2, *asked)
    restart()
    chat.regenerate()
    is_asked(stub, chat, 3, *asked)
    expect(chat.pager.last).to_contain_text("2 / 2")
    restart()
    chat.box.press("ArrowUp")
    expect(chat.box).to_have_value("Pears", timeout=LONG)
    expect(chat.attached).to_have_count(1, timeout=LONG)
    restart()  # what is being edited is still edited
    chat.send("Plums")
    is_asked(stub, chat, 4, "image_url", "Apples", "Hello", "image_url", "Plums")
    restart()
    chat.undo()
    expect(chat.box).to_have_value("Plums", timeout=LONG)
    expect(chat.attached).to_have_count(1, timeout=LONG)
    expect(chat.questions).to_have_text(["Apples"])


def test_all_of_it_is_there_when_the_page_is_loaded_anew_after_a_restart(
    stub: Stub, restart: Callable[[], None], chat: Chat
) -> None:
    chat.send("Apples", SHAPES)
    chat.answered()
    chat.regenerate()
    chat.answered(2)
    chat.box.fill("A draft")
    chat.page.wait_for_function("() => sessionStorage.draft === 'A draft'")
    restart()
    chat.page.reload()
    expect(chat.questions).to_have_text(["Apples"], timeout=LONG)
    expect(chat.images).to_have_count(1, timeout=LONG)
    expect(chat.pager).to_contain_text("2 / 2")
    expect(chat.box).to_have_value("A draft", timeout=LONG)
    chat.box.press("Enter")
    is_asked(stub, chat, 1, "image_url", "Apples", "Hello", "A draft")


def test_the_pictures_in_the_box_can_be_changed_after_a_restart_and_the_conversation_goes_with_them(
    stub: Stub, restart: Callable[[], None], chat: Chat
) -> None:
    chat.send("Apples")
    chat.answered()
    typed(chat, "Pears")
    restart()
    chat.remove_image(1)
    expect(chat.attached).to_have_count(0, timeout=LONG)
    chat.box.press("Enter")
    is_asked(stub, chat, 2, "Apples", "Hello", "Pears")


def test_what_was_kept_nowhere_is_refused_in_a_sentence_and_the_message_stays_in_the_box(
    stub: Stub, restart: Callable[[], None], chat: Chat
) -> None:
    chat.be_temporary()
    chat.send("Plums")
    chat.answered()
    typed(chat, "Cherries")
    restart()
    chat.box.press("Enter")
    chat.told(KEPT_NOWHERE, timeout=LONG)
    expect(chat.box).to_have_value("Cherries", timeout=LONG)
    expect(chat.attached).to_have_count(1, timeout=LONG)
    expect(chat.questions).to_have_text(["Plums"])
    expect(chat.send_button).to_be_visible(timeout=LONG)
    assert len(stub.bodies) == 1
    chat.new_chat()
    chat.box.press("Enter")
    is_asked(stub, chat, 2, "image_url", "Cherries")
