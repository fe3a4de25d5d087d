"""A page that slept, or was cut off, while it was told what came of its message: the message is neither lost nor asked
twice. In a real Chromium.
"""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.browser.conftest import running_app
from tests.support.chat import SHAPES, Chat, opened
from tests.support.events import Events
from tests.support.stub_server import WHOLE, Stub, sends, stub_server
from web.bodies import TOO_MUCH

pytestmark = pytest.mark.timeout(300)
LONG = 90_000  # milliseconds for what takes ten seconds where nothing else runs
FORGETFUL = ("tests/support/forgetful_app.py", "1")


@pytest.fixture(scope="module", params=["browser", "history"])
def asked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stub, str]]:
    """A model's server, and the address of an app that forgets what is unread in a second."""
    file = tmp_path_factory.mktemp("kept") / "history.sqlite"
    history = ["--history", str(file)] if request.param == "history" else []
    with stub_server() as stub, running_app("--server", stub.url, *history, script=FORGETFUL) as url:
        yield stub, url


@pytest.fixture
def chat(browser: Browser, asked: tuple[Stub, str]) -> Iterator[Chat]:
    stub, url = asked
    stub.bodies.clear()
    stub.answers[:] = [sends(*WHOLE)] * 4
    made = Chat(browser.new_context().new_page())
    events = Events(made.page)
    made.go(url)
    events.wait_until_done()  # else what is written at once may not be heard by Gradio
    yield made
    made.close()


def forgotten(chat: Chat, held: Route) -> None:
    """The page wakes when what it was to be told is forgotten, as it is while others come."""
    chat.page.wait_for_timeout(1500)  # longer than the app keeps it
    for _ in range(3):
        other = opened(chat.page.context.browser, chat.page.url)  # type: ignore[arg-type]
        other.page.wait_for_timeout(500)
        other.close()
    held.continue_()


def cut_off(_: Chat, held: Route) -> None:
    held.abort()


def written(chat: Chat, text: str) -> None:
    """Writes it, and waits until the tab knows by what name its session is found, and nothing is under way."""
    events = Events(chat.page)
    events.wait_until_done()
    chat.box.fill(text)
    chat.page.wait_for_function("text => sessionStorage.draft === text && sessionStorage.page", arg=text)
    events.wait_until_done()


def sent(chat: Chat, held_up: str) -> Route:
    """Sends what is in the box; the first request for this address does not get through."""
    held: list[Route] = []
    chat.page.route(held_up, lambda route: held.append(route), times=1)
    chat.box.press("Enter")
    while not held:
        chat.page.wait_for_timeout(100)
    return held[0]


def unheard(chat: Chat, stub: Stub, wakes: Callable[[Chat, Route], None]) -> None:
    """Sends what is in the box, and is answered, but hears nothing of it until it wakes; then it is loaded anew."""
    before = len(stub.bodies)
    chat.page.evaluate("window.before = true")
    held = sent(chat, "**/queue/data*")
    while len(stub.bodies) == before:
        chat.page.wait_for_timeout(100)
    chat.page.wait_for_timeout(1000)  # for the answer's end
    wakes(chat, held)
    chat.page.wait_for_function("!window.before", timeout=LONG)
    chat.box.wait_for()


def stands(chat: Chat, *texts: str) -> None:
    """So many messages were sent, the last is answered, and nothing is left in the box, now or later."""
    expect(chat.questions).to_have_text([*texts], timeout=LONG)
    expect(chat.answers.filter(has_text="Hello")).to_have_count(len(texts), timeout=LONG)
    chat.page.wait_for_function("sessionStorage.draft === ''", timeout=LONG)
    expect(chat.box).to_have_value("")


@pytest.mark.parametrize("wakes", [forgotten, cut_off])
def test_what_was_answered_unheard_stands_in_the_conversation_and_is_not_in_the_box(
    asked: tuple[Stub, str], chat: Chat, wakes: Callable[[Chat, Route], None]
) -> None:
    stub, _ = asked
    written(chat, "Apples")
    unheard(chat, stub, wakes)
    stands(chat, "Apples")
    written(chat, "Apples")  # the same once more, in a conversation
    unheard(chat, stub, wakes)
    stands(chat, "Apples", "Apples")
    chat.page.reload()
    stands(chat, "Apples", "Apples")
    chat.send("Pears")
    chat.answered()
    assert len(stub.bodies) == 3


def test_what_was_never_answered_comes_back_to_the_box_also_where_the_same_was_said_before(
    asked: tuple[Stub, str], chat: Chat
) -> None:
    stub, _ = asked
    chat.send("Apples")
    chat.answered()
    chat.attach(SHAPES, timeout=LONG)
    written(chat, "Apples")
    sent(chat, "**/queue/join*")
    chat.page.reload()
    expect(chat.questions).to_have_text(["Apples"], timeout=LONG)
    expect(chat.box).to_have_value("Apples", timeout=LONG)
    expect(chat.attached).to_have_count(1, timeout=LONG)
    chat.box.press("Enter")
    chat.answered()
    expect(chat.questions).to_have_text(["Apples", "Apples"], timeout=LONG)
    assert len(stub.bodies) == 2


def test_what_could_not_be_sent_comes_back_also_where_a_conversation_begins_with_the_same(chat: Chat) -> None:
    chat.send("Apples")
    chat.answered()
    chat.new_chat()
    written(chat, "Apples")
    sent(chat, "**/queue/join*").fulfill(status=429, json={"detail": TOO_MUCH})
    chat.told(TOO_MUCH, timeout=LONG)
    expect(chat.box).to_have_value("Apples")
    expect(chat.pending).to_have_count(0)
    chat.open_chat("Apples")
    expect(chat.questions).to_have_text(["Apples"], timeout=LONG)
    expect(chat.box).to_have_value("")  # of each chat what was written there
    chat.page.reload()
    expect(chat.questions).to_have_text(["Apples"], timeout=LONG)
    Events(chat.page).wait_until_done()
    chat.new_chat()
    expect(chat.box).to_have_value("Apples", timeout=LONG)
    Events(chat.page).wait_until_done()
    expect(chat.box).to_have_value("Apples")


def test_what_reaches_the_app_while_the_answer_to_that_reaches_nobody_is_said_once(
    asked: tuple[Stub, str], chat: Chat
) -> None:
    stub, _ = asked
    said: list[str] = []
    for is_repeated in (True, True, False):  # by the browser, as it does by itself where a connection ends too early
        said.append("Apples")
        written(chat, "Apples")
        taken = sent(chat, "**/queue/join*")
        taken.fetch()
        while len(stub.bodies) < len(said):
            chat.page.wait_for_timeout(100)
        if is_repeated:
            taken.fulfill(response=taken.fetch())
        else:  # the page is loaded anew, and finds it in the conversation
            taken.abort()
        stands(chat, *said)
    assert len(stub.bodies) == 3
