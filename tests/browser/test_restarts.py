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
from ui.conversations.restore import KEPT_NOWHERE

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


def test_after_a_restart_the_next_message_goes_out_with_its_conversation(browser: Browser, tmp_path: Path) -> None:
    with stub_server() as stub:
        stub.answers, ports = [sends(*WHOLE)] * 12, [free_port(), free_port()]
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
                page.press("#message textarea", "Enter")
                expect(page.get_by_test_id("user").filter(has_text="Pears")).to_have_count(1, timeout=60_000)
                answered(page, 2)
                assert texts(stub.bodies[-1]) == ["image_url", "Apples", "Hello", "image_url", "Pears"]
                expect(page.get_by_test_id("user").locator("img")).to_have_count(2)
            is_refused(private)
            other = opened(browser, urls[1])
            other.locator("#shelf-list .open").click(timeout=20_000)
            expect(other.get_by_test_id("user").filter(has_text="Apples")).to_have_count(1, timeout=20_000)
            expect(other.get_by_test_id("user").locator("img")).to_have_count(2)
        for page in (*pages, private, other):
            page.context.close()


def is_refused(page: Page) -> None:
    """A conversation that was kept nowhere cannot be gone on with: what was written stays in the box."""
    page.fill("#message textarea", "Cherries")
    page.press("#message textarea", "Enter")
    expect(page.get_by_test_id("toast-body")).to_contain_text(KEPT_NOWHERE, timeout=20_000)
    expect(page.locator("#message textarea")).to_have_value("Cherries")
    expect(page.get_by_test_id("user")).to_have_text(["Plums"])
    page.click("#clear")
    expect(page.get_by_test_id("user")).to_have_count(0)


def test_what_else_acts_on_a_conversation_brings_it_back_too(browser: Browser) -> None:
    with stub_server() as stub:
        stub.answers, port = [sends(*WHOLE)] * 6, free_port()
        served = ("--server", stub.url)
        with running(served, ports=[port]) as (url,):
            page = opened(browser, url)
            for count, question in enumerate(("Apples", "Pears"), 1):
                send(page, question)
                answered(page, count)
        with running(served, ports=[port]):
            page.click("#undo")
            expect(page.locator("#message textarea")).to_have_value("Pears", timeout=60_000)
            expect(page.get_by_test_id("user")).to_have_text(["Apples"])
        with running(served, ports=[port]):
            page.click("#retry")
            answered(page, 3)
            assert texts(stub.bodies[-1]) == ["Apples"]
            expect(page.locator(".pager")).to_contain_text("answer 2/2")
        page.context.close()
