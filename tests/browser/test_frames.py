"""The app as a Space: in a frame within the hub's page, which is another site, in a browser that keeps sites apart."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Locator, Page, expect

from tests.browser.conftest import ARGUMENTS, CHROMIUM, running_app
from tests.support.reverse_proxy import reverse_proxy
from tests.support.stub_server import WHOLE, Stub, sends, stub_server

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


def framed(context: BrowserContext, allows: str = HUB_ALLOWS) -> tuple[Page, FrameLocator]:
    """The hub's page and the app within, where the visitor has logged in."""
    context.route(f"{HUB}*", lambda route: route.fulfill(body=showing(allows), content_type="text/html"))
    page = context.new_page()
    page.goto(HUB)
    frame = page.frame_locator("iframe")
    log_in(frame)
    return page, frame


def log_in(place: Page | FrameLocator) -> None:
    place.get_by_label("username").fill("ada")
    place.get_by_label("password").fill("secret")
    place.get_by_role("button", name="Login").click()
    place.locator("#message textarea").wait_for()


def ask(frame: FrameLocator, stub: Stub, question: str = "Hi there") -> Locator:
    """Gives the conversation when the question has been answered."""
    stub.answers = [sends(*WHOLE)]
    frame.locator("#message textarea").fill(question)
    frame.locator("#message textarea").press("Enter")
    conversation = frame.locator("#conversation")
    expect(conversation).to_contain_text("Hello")
    return conversation


def copied(context: BrowserContext) -> str:
    """What is in the clipboard, as the hub's page may read it."""
    context.grant_permissions(["clipboard-read"], origin=urlsplit(HUB)._replace(path="").geturl())
    page = context.new_page()
    page.goto(HUB)
    text = str(page.evaluate("navigator.clipboard.readText()"))
    page.close()
    return text


def test_a_conversation_is_kept_and_its_link_opens_it_outside(context: BrowserContext, stub: Stub) -> None:
    page, frame = framed(context)
    ask(frame, stub)
    expect(frame.locator("#shelf-list")).to_contain_text("Hi there")
    page.reload()
    expect(frame.locator("#conversation")).to_contain_text("Hello")
    frame.locator("#new-chat").click()
    expect(frame.locator("#conversation")).not_to_contain_text("Hello")
    frame.locator("#shelf-list").get_by_text("Hi there").click()
    expect(frame.locator("#conversation")).to_contain_text("Hello")

    frame.get_by_text("Export, import, share").click()
    frame.locator("#link").click()
    link = frame.locator("#link-text :is(textarea, input)").first
    expect(link).to_have_value(re.compile(rf"{re.escape(SPACE)}\?q=Hi\+there&"))
    address = link.input_value()
    frame.locator("#link-text").get_by_role("button", name="Copy").click()
    assert copied(context) == address
    outside = context.new_page()
    outside.goto(address)
    log_in(outside)
    expect(outside.locator("#message textarea")).to_have_value("Hi there")
    expect(outside.locator("#shelf-list li")).to_have_count(0)  # which shows that the frame's storage was its own


@pytest.mark.parametrize("allows", [HUB_ALLOWS, ""])
def test_the_camera_and_the_clipboard_are_used_as_far_as_the_frame_allows(
    context: BrowserContext, stub: Stub, allows: str
) -> None:
    _, frame = framed(context, allows)
    question = f"Are you {'free' if allows else 'shut in'}?"  # which the clipboard holds after this test alone
    ask(frame, stub, question).get_by_role("button", name="Copy message").first.click()
    expect(frame.get_by_role("button", name="Copied message")).to_be_visible()
    assert copied(context) == question
    frame.get_by_text("Picture from an address or the camera").click()
    camera = frame.get_by_text("Click to Access Webcam")
    camera.click()
    if allows:
        expect(frame.get_by_title("capture photo")).to_be_visible()
    else:
        refused = frame.get_by_text("may not use the camera")
        expect(refused).to_have_count(1)
        expect(refused).to_be_visible()
        expect(camera).to_be_visible()


def test_no_other_site_can_show_it_in_a_frame(context: BrowserContext) -> None:
    context.route("https://other.example/", lambda route: route.fulfill(body=showing(), content_type="text/html"))
    page = context.new_page()
    with page.expect_event("requestfailed") as failed:
        page.goto("https://other.example/")
    assert failed.value.url.startswith(SPACE)
    assert "BLOCKED_BY_RESPONSE" in (failed.value.failure or "")
    expect(page.frame_locator("iframe").get_by_role("button", name="Login")).to_have_count(0)
