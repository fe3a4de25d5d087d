"""The functions of the owner's file on the page: listed, called by the demo model, ended when the answer is stopped."""

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import running_app
from tests.support.chat import Chat, opened
from ui.texts import texts

SLOW = '''

def slow(name: Literal["a", "b"]) -> str:
    """Takes long.

    Args:
        name: Of what.
    """
    import os, pathlib, time
    pathlib.Path({file!r}).write_text(str(os.getpid()))
    time.sleep(100)
    return "late"

def flag(colour: Literal["red", "blue"]) -> tuple[str, object]:
    """Draws a flag."""
    from PIL import Image
    return f"A {{colour}} flag.", Image.new("RGB", (60, 40), colour)
'''


@pytest.fixture(scope="module")
def pid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file in which the slow function says which process it runs in."""
    return tmp_path_factory.mktemp("own") / "pid"


@pytest.fixture(scope="module")
def own(pid: Path) -> Iterator[str]:
    """The address of an app with the documents' example and two functions more."""
    source = Path("docs/tools.md").read_text("utf-8").partition("```python\n")[2].partition("```")[0]
    file = pid.with_name("fruits.py")
    file.write_text(source + SLOW.format(file=str(pid)), "utf-8")
    with running_app("--tools", str(file)) as url:
        yield url


@pytest.fixture
def visitor(browser: Browser, own: str) -> Iterator[Chat]:
    chat = opened(browser, own, viewport={"width": 1280, "height": 860})
    yield chat
    chat.close()


def force(chat: Chat, tool: str) -> None:
    chat.panel.use_tool(tool)
    chat.panel.call(texts.panel.choice_always.format(name=tool))
    chat.panel.close()
    chat.send("What is 2 + 2?")


def test_a_function_is_listed_with_what_it_is_for(visitor: Chat) -> None:
    visitor.panel.open()
    expect(visitor.panel.side.locator("#builtin-tools label").filter(has_text="stock")).to_contain_text(
        "How many of a fruit a store has."
    )


def test_the_model_calls_a_function_and_reads_its_result(visitor: Chat) -> None:
    force(visitor, "stock")
    visitor.answered()
    visitor.place.locator(".calls summary").first.click()
    expect(visitor.done_calls.first.locator(".result")).to_contain_text('"left":')


def test_a_picture_of_a_function_is_shown(visitor: Chat) -> None:
    force(visitor, "flag")
    visitor.answered()
    assert visitor.made.first.evaluate("image => image.decode().then(() => image.naturalWidth)") == 60


def test_a_function_that_takes_long_ends_with_the_answer(visitor: Chat, pid: Path) -> None:
    force(visitor, "slow")
    expect(visitor.place.locator(".calls summary").first).to_contain_text(texts.tools.running)
    for _ in range(100):
        if pid.exists() and pid.read_text():
            break
        visitor.page.wait_for_timeout(100)
    visitor.stop_button.click()
    expect(visitor.stop_button).to_be_hidden()
    process = int(pid.read_text())
    for _ in range(100):
        if not psutil.pid_exists(process):
            return
        visitor.page.wait_for_timeout(100)
    raise AssertionError("the function still runs")
