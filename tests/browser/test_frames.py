"""The app as a Space: in a frame within the hub's page, which is another site, in a browser that keeps sites apart."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.conftest import ARGUMENTS, CHROMIUM, running_app
from tests.support.chat import Chat
from tests.support.reverse_proxy import reverse_proxy
from tests.support.stub_server import WHOLE, Stub, sends, stub_server
from ui.texts import texts

SPACE, HUB = "https://ada-chat.hf.space/", "https://huggingface.co/spaces/ada/chat"
HUB_ALLOWS = "camera; clipboard-read; clipboard-write; fullscreen; microphone"
SANDBOX = "allow-downloads allow-forms allow-modals allow-popups allow-same-origin allow-scripts"


def showing(allows: str = HUB_ALLOWS) -> str:
    """A page with the app in a frame, as the hub writes it, without what the app has no use for."""
    return (
        f'<!doctype html><iframe src="{SPACE}?__theme=system" allow="{allows}" sandbox="{SANDBOX}" '
        'style="width: 100%; height: 95vh"></iframe>'
    )


@pytest.fixture(scope="module")
def stub() -> Iterator[Stub]:
    with stub_server() as stub:
        yield stub


@pytest.fixture(scope="module")
def chromium(browser: Browser, stub: Stub) -> Iterator[Browser]:
    """It finds a Space that asks for a password, and keeps a frame's storage apart, as it does by default.

    Playwright turns that off by a switch of which the last one counts. Here it turns off another thing: that a public
    page may not have one of this machine in a frame.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPACE_ID", "ada/chat")
        patch.setenv("SPACE_HOST", urlsplit(SPACE).netloc)
        with running_app("--server", stub.url, "--auth", "ada:secret") as app, reverse_proxy(app, tls=True) as proxy:
            found = f"--host-resolver-rules=MAP *.hf.space:443 127.0.0.1:{urlsplit(proxy).port}"
            switches = [*ARGUMENTS, found, "--disable-features=LocalNetworkAccessChecks"]
            chromium = browser.browser_type.launch(executable_path=CHROMIUM, args=switches)
            yield chromium
            chromium.close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """Of a visitor of their own; an error that a page throws fails the test."""
    context = chromium.new_context(ignore_https_errors=True, viewport={"width": 1280, "height": 860})
    errors, failed = list[str](), list[str]()  # those that failed say why a page threw
    context.on("weberror", lambda error: errors.append(str(error.error)))
    context.on("requestfailed", lambda request: failed.append(f"{request.url}: {request.failure}"))
    yield context
    context.close()
    assert not [error for error in errors if "abort" not in error.lower()], failed


def framed(context: BrowserContext, allows: str = HUB_ALLOWS) -> Chat:
    """The app within the hub's page, where the visitor has logged in."""
    context.route(f"{HUB}*", lambda route: route.fulfill(body=showing(allows), content_type="text/html"))
    page = context.new_page()
    page.goto(HUB)
    chat = Chat(page, page.frame_locator("iframe"))
    log_in(chat)
    return chat


def log_in(chat: Chat) -> None:
    chat.place.get_by_label("username").fill("ada")
    chat.place.get_by_label("password").fill("secret")
    chat.place.get_by_role("button", name="Login").click()
    chat.box.wait_for()


def ask(chat: Chat, stub: Stub, question: str = "Hi there") -> None:
    """Waits until the question has been answered."""
    stub.answers = [sends(*WHOLE)]
    chat.send(question)
    chat.answered()
    expect(chat.answers).to_contain_text("Hello")


def copied(context: BrowserContext) -> str:
    """What is in the clipboard, as the hub's page may read it."""
    context.grant_permissions(["clipboard-read"], origin=urlsplit(HUB)._replace(path="").geturl())
    page = context.new_page()
    page.goto(HUB)
    text = str(page.evaluate("navigator.clipboard.readText()"))
    page.close()
    return text


def test_a_conversation_is_kept_and_its_link_opens_it_outside(context: BrowserContext, stub: Stub) -> None:
    chat = framed(context)
    ask(chat, stub)
    expect(chat.chats).to_have_text(["Hi there"])
    chat.page.reload()
    expect(chat.answers).to_contain_text("Hello")
    chat.new_chat()
    chat.open_chat("Hi there")
    expect(chat.answers).to_contain_text("Hello")

    chat.copy_link()
    address = copied(context)
    assert re.match(rf"{re.escape(SPACE)}\?q=Hi\+there\b", address)
    outside = Chat(context.new_page())
    outside.page.goto(address)
    log_in(outside)
    expect(outside.box).to_have_value("Hi there")
    expect(outside.chats).to_have_count(0)  # which shows that the frame's storage was its own


@pytest.mark.parametrize("allows", [HUB_ALLOWS, ""])
def test_the_camera_and_the_clipboard_are_used_as_far_as_the_frame_allows(
    context: BrowserContext, stub: Stub, allows: str
) -> None:
    chat = framed(context, allows)
    question = f"Are you {'free' if allows else 'shut in'}?"  # which the clipboard holds after this test alone
    ask(chat, stub, question)
    chat.button(texts.transcript.copy, chat.entries.first).click()
    assert copied(context) == question
    chat.add(texts.composer.camera)
    if allows:
        chat.button(texts.composer.photo).click()
        expect(chat.attached).to_have_count(1)
    else:
        expect(chat.place.get_by_text(texts.composer.camera_framed)).to_be_visible()


def test_no_other_site_can_show_it_in_a_frame(context: BrowserContext) -> None:
    context.route("https://other.example/", lambda route: route.fulfill(body=showing(), content_type="text/html"))
    page = context.new_page()
    with page.expect_event("requestfailed") as failed:
        page.goto("https://other.example/")
    assert failed.value.url.startswith(SPACE)
    assert "BLOCKED_BY_RESPONSE" in (failed.value.failure or "")
    expect(page.frame_locator("iframe").get_by_role("button", name="Login")).to_have_count(0)
