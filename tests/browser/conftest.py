"""The running app, as a process of its own with the demo model, and a real Chromium."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support.chat import Chat, opened
from tests.support.processes import end
from tests.support.reverse_proxy import NAME
from tests.support.stub_server import Stub, stub_server

ROOT = Path(__file__).resolve().parent.parent.parent
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",  # a camera that shows a green disc
    "--use-fake-ui-for-media-stream",
    f"--host-resolver-rules=MAP {NAME} 127.0.0.1",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last, since playwright keeps an event loop running in the thread that others need.

    Without a Chromium they are skipped, except where REQUIRE_BROWSER says that they must run.
    """
    here = Path(__file__).parent
    items.sort(key=lambda item: here in item.path.parents)
    if os.path.exists(CHROMIUM) or os.environ.get("REQUIRE_BROWSER"):
        return
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="no Chromium here"))


@contextmanager
def running_app(*options: str, port: int = 0, script: tuple[str, ...] = ("app.py",)) -> Iterator[str]:
    """The address of an app that this script starts with these options, at this port or a free one."""
    port = port or free_port()
    process = subprocess.Popen([sys.executable, *script, "--port", str(port), *options], cwd=ROOT)
    url = f"http://127.0.0.1:{port}/"
    try:
        wait_for(url, process)
        yield url
    finally:
        end(process)


@pytest.fixture(scope="session")
def app() -> Iterator[str]:
    """The address of the app."""
    with running_app() as url:
        yield url


@pytest.fixture(scope="session")
def served() -> Iterator[tuple[Stub, str]]:
    """A model's server that answers as a test has it, and the address of the app that asks it."""
    with stub_server() as stub, running_app("--server", stub.url) as url:
        yield stub, url


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    """Waits until the app answers."""
    for _ in range(300):
        assert process.poll() is None, "the app ended at its start"
        try:
            with urllib.request.urlopen(url, timeout=30):
                return
        except OSError:
            time.sleep(0.3)
    raise AssertionError("the app did not answer within a minute and a half")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    expect.set_options(timeout=30_000)  # as long as what is clicked is waited for, which a busy machine needs
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def chat(browser: Browser, app: str) -> Iterator[Chat]:
    """A visitor of their own on the loaded page; an error that the page throws fails the test."""
    errors: list[str] = []
    chat = opened(browser, app, heard=errors.append, viewport={"width": 1280, "height": 860})
    yield chat
    chat.close()
    assert not [error for error in errors if "abort" not in error.lower()]


@pytest.fixture
def page(chat: Chat) -> Page:
    """The same, for those who know by themselves where everything stands."""
    return chat.page
