"""A server that is started anew between two messages: its conversations are kept, and none is silently left out."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import free_port, running_app
from tests.browser.test_leaving import opened
from tests.browser.test_page import EXAMPLES, answered, send
from tests.support.stub_server import WHOLE, sends, stub_server
from ui.conversations.lost import KEPT_NOWHERE, LOST

pytestmark = pytest.mark.timeout(300)  # four apps are started


@contextmanager
def running(*apps: tuple[str, ...], ports: list[int]) -> Iterator[list[str]]:
    """The addresses of apps with these options at these ports, which start at the same time."""
    with ExitStack() as stack:
        with ThreadPoolExecutor() as threads:
            started = [
                threads.submit(stack.enter_context, running_app(*o, port=p)) for o, p in zip(apps, ports, strict=True)
            ]
        yield [app.result() for app in started]


def refused(page: Page) -> None:
    """Waits for the sentence, and puts its notice away."""
    expect(page.get_by_test_id("toast-body")).to_contain_text(LOST)
    expect(page.locator("#notice")).to_contain_text(LOST)
    page.get_by_test_id("toast-close").click()


def typed(page: Page, text: str) -> None:
    """Writes a message with a picture, and does not send it; the page is at rest when this returns."""
    page.fill("#message textarea", text)
    page.set_input_files("#message input[type=file]", str(EXAMPLES / "equations.png"))
    expect(page.locator("#strip li img")).to_have_count(1, timeout=20_000)
    page.wait_for_timeout(500)


def texts(body: dict[str, Any]) -> list[str]:
    """What a server was asked, a picture by its kind."""
    said = [message["content"] for message in body["messages"] if message["role"] != "system"]
    parts = [[{"type": "text", "text": content}] if isinstance(content, str) else content for content in said]
    return [part.get("text", part["type"]) for content in parts for part in content]


def test_after_a_restart_nothing_is_sent_without_its_conversation_which_one_click_opens_again(
    browser: Browser, tmp_path: Path
) -> None:
    with stub_server() as stub:
        stub.answers, ports = [sends(*WHOLE)] * 9, [free_port(), free_port()]
        served = ("--server", stub.url)
        apps = (served, (*served, "--history", str(tmp_path / "history.sqlite")))
        with running(*apps, ports=ports) as urls:
            pages, private = [opened(browser, url) for url in urls], opened(browser, urls[0])
            private.check("#private input")
            for page in pages:
                send(page, "Apples", EXAMPLES / "shapes.png")
                answered(page)
            send(private, "Plums")
            answered(private)
            typed(pages[0], "Pears")
        with running(*apps, ports=ports):
            typed(pages[1], "Pears")
            for page in pages:
                is_opened_again(page)
                assert texts(stub.bodies[-1]) == ["image_url", "Apples", "Hello", "image_url", "Pears"]
            is_refused_everything(private)
            assert texts(stub.bodies[-1]) == ["Cherries"]
            assert len(stub.bodies) == 6
            other = opened(browser, urls[1])
            other.locator("#shelf-list .open").click(timeout=20_000)
            expect(other.get_by_test_id("user").filter(has_text="Apples")).to_have_count(1, timeout=20_000)
            expect(other.get_by_test_id("user").locator("img")).to_have_count(2)
        for page in (*pages, private, other):
            page.context.close()


def is_opened_again(page: Page) -> None:
    """What would act on the lost conversation is refused; once it is opened again, what was written goes with it."""
    for ask in (lambda: page.press("#message textarea", "Enter"), lambda: page.click("#undo")):
        ask()
        refused(page)
    expect(page.locator("#message textarea")).to_have_value("Pears")
    expect(page.locator("#strip li img")).to_have_count(1)
    page.get_by_role("button", name="Open it again").click()
    expect(page.locator("#notice")).to_be_hidden()
    expect(page.get_by_test_id("user").filter(has_text="Apples")).to_have_count(1)
    expect(page.locator("#strip li img")).to_have_count(1)
    page.press("#message textarea", "Enter")
    answered(page, 2)


def is_refused_everything(page: Page) -> None:
    """Of a conversation that was kept nowhere nothing can be had but a new one."""
    page.get_by_role("button", name="Export, import, share").dispatch_event("click")
    page.get_by_role("tab", name="Compare").click()
    for press in ("#retry", "#export-json", "#link", "#compare-start"):
        page.locator(press).dispatch_event("click")
        refused(page)
    for name in ("Edit question", "Inspect"):
        page.get_by_role("button", name=name).click()
        refused(page)
    page.get_by_role("button", name="Open it again").click()
    expect(page.get_by_test_id("toast-body")).to_contain_text(KEPT_NOWHERE)
    expect(page.get_by_test_id("user")).to_have_text(["Plums"])
    page.click("#clear")
    expect(page.get_by_test_id("user")).to_have_count(0)
    send(page, "Cherries")
    answered(page, 2)
