"""A page that slept, or was cut off, while it was told what came of its message: the message is neither lost nor asked
twice. In a real Chromium.
"""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import running_app
from tests.browser.test_leaving import opened
from tests.browser.test_page import EXAMPLES, answered, send
from tests.support.events import Events
from tests.support.stub_server import WHOLE, Stub, sends, stub_server
from web.bodies import TOO_MUCH

pytestmark = pytest.mark.timeout(300)
LONG = 90_000  # milliseconds for what takes ten seconds where nothing else runs
FORGETFUL = ("tests/support/forgetful_app.py", "1")
BOX = "#message textarea"


@pytest.fixture(scope="module", params=["browser", "history"])
def asked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stub, str]]:
    """A model's server, and the address of an app that forgets what is unread in a second."""
    file = tmp_path_factory.mktemp("kept") / "history.sqlite"
    history = ["--history", str(file)] if request.param == "history" else []
    with stub_server() as stub, running_app("--server", stub.url, *history, script=FORGETFUL) as url:
        yield stub, url


@pytest.fixture
def page(browser: Browser, asked: tuple[Stub, str]) -> Iterator[Page]:
    stub, url = asked
    stub.bodies.clear()
    stub.answers[:] = [sends(*WHOLE)] * 4
    made = browser.new_context().new_page()
    events = Events(made)
    made.goto(url)
    made.locator(BOX).wait_for()
    events.wait_until_done()  # else what is written at once may not be heard by Gradio
    yield made
    made.context.close()


def forgotten(page: Page, held: Route) -> None:
    """The page wakes when what it was to be told is forgotten, as it is while others come."""
    page.wait_for_timeout(1500)
    for _ in range(3):
        other = opened(page.context.browser, page.url)  # type: ignore[arg-type]
        other.wait_for_timeout(500)
        other.context.close()
    held.continue_()


def cut_off(_: Page, held: Route) -> None:
    held.abort()


def written(page: Page, text: str) -> None:
    """Writes it, and waits until the tab knows by what name its session is found, and nothing is under way."""
    events = Events(page)
    events.wait_until_done()
    page.fill(BOX, text)
    page.wait_for_function("text => sessionStorage.draft === text && sessionStorage.page", arg=text)
    events.wait_until_done()


def sent(page: Page, held_up: str) -> Route:
    """Sends what is in the box; the first request for this address does not get through."""
    held: list[Route] = []
    page.route(held_up, lambda route: held.append(route), times=1)
    page.press(BOX, "Enter")
    while not held:
        page.wait_for_timeout(100)
    return held[0]


def unheard(page: Page, stub: Stub, wakes: Callable[[Page, Route], None]) -> None:
    """Sends what is in the box, and is answered, but hears nothing of it until it wakes; then it is loaded anew."""
    before = len(stub.bodies)
    page.evaluate("window.before = true")
    held = sent(page, "**/queue/data*")
    while len(stub.bodies) == before:
        page.wait_for_timeout(100)
    page.wait_for_timeout(1000)  # for the answer's end
    wakes(page, held)
    page.wait_for_function("!window.before", timeout=LONG)
    page.locator(BOX).wait_for()


def stands(page: Page, *texts: str) -> None:
    """So many messages were sent, the last is answered, and nothing is left in the box, now or later."""
    expect(page.get_by_test_id("user")).to_have_text([*texts], timeout=LONG)
    expect(page.get_by_test_id("bot").filter(has_text="Hello")).to_have_count(len(texts), timeout=LONG)
    page.wait_for_function("sessionStorage.draft === ''", timeout=LONG)
    expect(page.locator(BOX)).to_have_value("")


@pytest.mark.parametrize("wakes", [forgotten, cut_off])
def test_what_was_answered_unheard_stands_in_the_conversation_and_is_not_in_the_box(
    asked: tuple[Stub, str], page: Page, wakes: Callable[[Page, Route], None]
) -> None:
    stub, _ = asked
    written(page, "Apples")
    unheard(page, stub, wakes)
    stands(page, "Apples")
    written(page, "Apples")  # the same once more, in a conversation
    unheard(page, stub, wakes)
    stands(page, "Apples", "Apples")
    page.reload()
    stands(page, "Apples", "Apples")
    send(page, "Pears")
    answered(page)
    assert len(stub.bodies) == 3


def test_what_was_never_answered_comes_back_to_the_box_also_where_the_same_was_said_before(
    asked: tuple[Stub, str], page: Page
) -> None:
    stub, _ = asked
    send(page, "Apples")
    answered(page)
    page.set_input_files("#message input[type=file]", str(EXAMPLES / "shapes.png"))
    expect(page.locator("#strip li img")).to_have_count(1, timeout=LONG)
    written(page, "Apples")
    sent(page, "**/queue/join*")
    page.reload()
    expect(page.get_by_test_id("user")).to_have_text(["Apples"], timeout=LONG)
    expect(page.locator(BOX)).to_have_value("Apples", timeout=LONG)
    expect(page.locator("#strip li img")).to_have_count(1, timeout=LONG)
    page.press(BOX, "Enter")
    answered(page)
    expect(page.get_by_test_id("user").filter(has_text="Apples")).to_have_count(2, timeout=LONG)
    assert len(stub.bodies) == 2


def test_what_could_not_be_sent_comes_back_also_where_a_conversation_begins_with_the_same(page: Page) -> None:
    send(page, "Apples")
    answered(page)
    page.click("#new-chat")
    expect(page.get_by_test_id("user")).to_have_count(0, timeout=LONG)
    written(page, "Apples")
    sent(page, "**/queue/join*").fulfill(status=429, json={"detail": TOO_MUCH})
    expect(page.get_by_text(TOO_MUCH).first).to_be_visible(timeout=LONG)
    page.locator("#shelf-list .open").first.click()
    expect(page.get_by_test_id("user")).to_have_text(["Apples"], timeout=LONG)
    Events(page).wait_until_done()
    expect(page.locator(BOX)).to_have_value("Apples")
    page.reload()
    expect(page.get_by_test_id("user")).to_have_text(["Apples"], timeout=LONG)
    expect(page.locator(BOX)).to_have_value("Apples", timeout=LONG)
    Events(page).wait_until_done()
    expect(page.locator(BOX)).to_have_value("Apples")


def test_what_is_sent_again_since_nothing_came_of_it_is_said_once(asked: tuple[Stub, str], page: Page) -> None:
    stub, _ = asked
    for said in (["Apples"], ["Apples", "Apples"]):
        written(page, "Apples")
        taken = sent(page, "**/queue/join*")
        taken.fetch()  # it reaches the app, and the answer to it nobody
        while len(stub.bodies) < len(said):
            page.wait_for_timeout(100)
        taken.abort()
        expect(page.locator(BOX)).to_have_value("Apples", timeout=LONG)
        page.press(BOX, "Enter")
        stands(page, *said)
    assert len(stub.bodies) == 2
