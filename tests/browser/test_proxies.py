"""The page through proxies that serve it under another name, scheme and path, and tell the app nothing of it."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import running_app
from tests.support.chat import SHAPES, Chat, opened
from tests.support.reverse_proxy import NAME, reverse_proxy
from tests.support.stub_server import WHOLE, Stub, chunk, head, sends, stub_server
from ui.texts import texts

CHART = json.dumps({"labels": ["a", "b"], "values": [1, 3]})
CALL = [{"index": 0, "id": "call_1", "function": {"name": "draw_chart", "arguments": CHART}}]
# Where the app opens that is installed from the page.
STARTED = """async () => {
  const { href } = document.querySelector("link[rel=manifest]");
  return new URL((await (await fetch(href)).json()).start_url, href).href;
}"""
SHOWN = "image => image.decode().then(() => image.naturalWidth)"


@pytest.fixture(scope="module")
def stub() -> Iterator[Stub]:
    with stub_server() as stub:
        yield stub


@pytest.fixture(scope="module")
def app(stub: Stub) -> Iterator[str]:
    """It stands under a path, and asks for a password."""
    with running_app(
        "--server", stub.url, "--root-path", "https://elsewhere.example/chat/", "--auth", "ada:secret"
    ) as url:
        yield url


@pytest.fixture(params=["takes the path away, speaks TLS", "passes the path on"])
def proxied(request: pytest.FixtureRequest, app: str) -> Iterator[str]:
    """The address that a visitor has."""
    is_tls = "TLS" in request.param
    with reverse_proxy(app, "/chat", takes="/chat" if is_tls else "", tls=is_tls) as url:
        yield url


@pytest.fixture
def chat(browser: Browser, proxied: str) -> Iterator[Chat]:
    """Of someone who has logged in. Whatever could not be fetched, or went past the proxy, fails the test."""
    context = browser.new_context(ignore_https_errors=True)
    page = context.new_page()
    missed: list[str] = []
    page.on("response", lambda got: got.status < 400 or missed.append(f"{got.status} {got.url}"))
    page.on(
        "requestfailed",
        lambda request: None if _is_ended(request.failure) else missed.append(f"{request.failure} {request.url}"),
    )
    page.goto(proxied.rstrip("/") if NAME not in proxied else proxied)
    page.get_by_label("username").fill("ada")
    page.get_by_label("password").fill("secret")
    page.get_by_role("button", name="Login").click()
    chat = Chat(page)
    chat.box.wait_for()
    yield chat
    context.close()
    assert not missed


def _is_ended(failure: str | None) -> bool:
    return "ERR_ABORTED" in (failure or "")  # by the page, as when it is loaded anew


def pictures_are_shown(chat: Chat) -> None:
    expect(chat.conversation).to_contain_text("Hello")
    assert chat.images.evaluate(SHOWN) == 224
    assert chat.made.evaluate(SHOWN) == 448


def test_pictures_links_and_files_are_found_there_and_after_a_reload(chat: Chat, proxied: str, stub: Stub) -> None:
    stub.answers = [sends(chunk({"tool_calls": CALL}), chunk({}, "tool_calls"), b"data: [DONE]\n\n"), sends(*WHOLE)]
    chat.panel.use_tool(texts.panel.chart)
    chat.send("Draw this", SHAPES)
    chat.answered()
    pictures_are_shown(chat)
    chat.page.reload()
    pictures_are_shown(chat)
    assert "data:image/png;base64," in chat.export("json").path().read_text()
    assert chat.link().startswith(f"{proxied}?")
    assert chat.page.evaluate(STARTED) == proxied


def test_an_answer_is_seen_while_it_is_written(chat: Chat, proxied: str, stub: Stub) -> None:
    seen = threading.Event()

    def halting(handler: BaseHTTPRequestHandler) -> None:
        head(handler)
        for piece in WHOLE:
            handler.wfile.write(piece)
            handler.wfile.flush()
            if b"Hel" in piece:
                assert seen.wait(20)

    stub.answers = [halting]
    chat.send("Hi")
    expect(chat.answers).to_contain_text("Hel")
    seen.set()
    chat.answered()
    expect(chat.answers).to_contain_text("Hello")
    assert chat.page.evaluate("isSecureContext") is True
    assert urlsplit(chat.page.evaluate("location.href")).path == urlsplit(proxied).path


def test_where_neither_browser_nor_proxy_names_the_page_the_visitor_reads_why_nothing_is_taken(
    browser: Browser, served: tuple[Stub, str]
) -> None:
    with reverse_proxy(served[1]) as url:
        # Plain HTTP of another machine, as far as the browser knows.
        chat = opened(browser, url.replace("127.0.0.1", NAME))
        chat.send("Hi")
        chat.told("seems to come from another site")
        chat.close()
