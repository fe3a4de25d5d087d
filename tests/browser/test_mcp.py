"""Tools of MCP servers on the page, called by the demo model: real servers over stdio and over streamable HTTP."""

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import ROOT, free_port, running_app
from tests.support.panel import Panel
from tests.support.processes import end
from ui.texts import texts

SCRIPT = str(ROOT / "tests/support/mcp_server.py")
SAID = texts.panel


def listening(port: int) -> None:
    """Waits until something does at this port."""
    for _ in range(300):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise AssertionError("the server did not begin")


def described(folder: Path, **servers: object) -> str:
    path = folder / "mcp.json"
    path.write_text(json.dumps({"mcpServers": servers}))
    return str(path)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Of a server that speaks streamable HTTP."""
    port = free_port()
    process = subprocess.Popen([sys.executable, SCRIPT, str(port)], stderr=subprocess.DEVNULL)
    try:
        listening(port)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        end(process)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of one's own app, with two servers over stdio."""
    clock = {"command": str(Path(sys.executable).parent / "mcp-server-time"), "args": ["--local-timezone", "UTC"]}
    test = {"command": sys.executable, "args": [SCRIPT]}
    file = described(tmp_path_factory.mktemp("own"), time=clock, test=test, gone={"command": "there-is-none"})
    with running_app("--mcp", file) as url:
        yield url


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def opened(page: Page, url: str) -> Panel:
    """The settings of the page, with the list of tools in them."""
    page.goto(url)
    page.locator("#message textarea").wait_for()
    panel = Panel(page, page)
    panel.open()
    return panel


def server(panel: Panel, name: str) -> Locator:
    return panel.side.locator("#tool-list .server").filter(has_text=name).first


def asked(page: Page, panel: Panel, tool: str, text: str) -> None:
    """Sends a message, to which this tool has to be called: by as many tries as it takes the demo model, which knows
    few tools, to write a call that ends."""
    panel.call(SAID.choice_always.format(name=tool))
    panel.close()
    page.fill("#message textarea", text)
    page.press("#message textarea", "Enter")
    calls, again = (
        page.locator(".calls, [role=group][aria-label^=Approval]").first,
        page.get_by_role("button", name="Try again"),
    )
    for _ in range(8):
        expect(calls.or_(again).first).to_be_visible(timeout=30_000)
        if calls.is_visible():
            return
        again.click()
        page.wait_for_timeout(1_000)  # by when what was there is gone


def test_servers_are_listed_with_their_state_and_their_tools_can_be_searched(page: Page, own: str) -> None:
    panel = opened(page, own)
    clock, test, gone = (server(panel, name) for name in ("time", "test", "gone"))
    expect(clock.locator("summary")).to_contain_text("2 tools")
    expect(test.locator("summary")).to_contain_text("12 tools")
    expect(gone.locator("summary")).to_contain_text(SAID.server_failed)
    expect(gone).to_contain_text("It cannot be started")
    search = panel.side.get_by_label(SAID.tool_filter)
    search.fill("capitals")
    expect(test.get_by_role("switch", name="shout")).to_be_visible()
    expect(panel.side.locator("#tool-list .server:visible")).to_have_count(1)
    expect(test.locator("label:visible")).to_have_count(1)
    search.fill("")
    clock.locator("summary").click()
    clock.get_by_role("switch", name="All tools of time").check()
    expect(clock.locator("summary")).to_contain_text("2 of 2 on")
    expect(page.locator("#chips")).to_contain_text("2")


def test_the_demo_model_calls_a_server_over_stdio(page: Page, own: str) -> None:
    panel = opened(page, own)
    clock = server(panel, "time")
    clock.locator("summary").click()
    clock.get_by_role("switch", name="get_current_time").check()
    asked(page, panel, "get_current_time", "What time is it in UTC?")
    line = page.locator(".calls summary").first
    expect(line).to_contain_text("get_current_time", timeout=30_000)
    expect(page.locator(".calls .result").first).to_contain_text("timezone", timeout=30_000)


def test_a_server_is_added_by_its_address_and_called(page: Page, own: str, address: str) -> None:
    panel = opened(page, own)
    panel.unfold(SAID.add_server)
    panel.field("server_url").fill("file:///etc/passwd")
    panel.side.get_by_role("button", name=SAID.add, exact=True).click()
    expect(panel.side.locator("#server-note")).to_contain_text("http://")
    panel.field("server_url").fill(address)
    panel.side.get_by_role("button", name=SAID.add, exact=True).click()
    added = server(panel, "127.0.0.1")
    expect(added.locator("summary")).to_contain_text("12 tools")
    added.locator("summary").click()
    switch = added.locator("input[value$=_picture]")  # which takes nothing that the demo model could write without end
    switch.check()
    name = switch.get_attribute("value") or ""
    asked(page, panel, name, "2 + 3")
    expect(page.locator(".calls.done summary").first).to_contain_text(name, timeout=30_000)


def test_on_a_public_app_nobody_adds_a_server_and_what_may_change_something_asks(page: Page, tmp_path: Path) -> None:
    file = described(tmp_path, test={"command": sys.executable, "args": [SCRIPT]})
    with running_app("--mcp", file, "--host", "0.0.0.0") as url:
        panel = opened(page, url)
        expect(panel.side.get_by_role("button", name=SAID.add_server)).to_have_count(0)
        test = server(panel, "test")
        expect(test.locator("summary")).to_contain_text("12 tools")
        test.locator("summary").click()
        labels = test.locator("label")
        expect(labels.filter(has_text="slow")).to_contain_text(SAID.asks_first)
        expect(labels.filter(has_text="Adds two")).not_to_contain_text(SAID.asks_first)
        slow = labels.filter(has_text="slow").get_by_role("switch")
        slow.check()
        asked(page, panel, "slow", "2 + 2")
        card = page.get_by_role("group", name="Approval needed for slow")
        card.get_by_label("Arguments").fill('{"steps": 100}')
        card.get_by_role("button", name="Allow once").click()
        expect(page.locator(".calls.running summary")).to_contain_text(re.compile(r"step \d+ · \d+/100"))
        page.locator("#message .stop-button").click()
        expect(card).to_be_visible()  # nothing came of it, so that it can be decided anew
