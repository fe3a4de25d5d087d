"""Keys, and what the page asks of others."""

from playwright.sync_api import Browser, Request, expect

from tests.support.chat import SHAPES, Chat


def test_escape_stops_the_answer_and_slash_goes_to_the_box(chat: Chat) -> None:
    chat.set(temperature="1.5", max_tokens="4096", repetition_penalty="1.5")
    chat.panel.close()
    chat.send("Hello " * 1500)  # takes a while to read
    expect(chat.stop_button).to_be_visible()
    chat.page.keyboard.press("Escape")
    chat.answered()
    chat.transcript.click(position={"x": 5, "y": 5})
    chat.page.keyboard.press("/")
    expect(chat.box).to_be_focused()
    expect(chat.box).to_have_value("")


def test_shift_enter_is_a_new_line(chat: Chat) -> None:
    chat.box.fill("one")
    chat.box.press("Shift+Enter")
    chat.page.keyboard.type("two")
    expect(chat.box).to_have_value("one\ntwo")
    expect(chat.entries).to_have_count(0)


def test_the_page_asks_no_other_host_for_anything(browser: Browser, app: str) -> None:
    chat = Chat(browser.new_context().new_page())
    asked: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith((app, "data:", "blob:", app.replace("http", "ws"))):
            asked.append(request.url)

    chat.page.on("request", note)
    chat.go(app)
    chat.send("What is in the image?", SHAPES)
    chat.answered()
    chat.panel.open_tools()
    chat.close()
    assert not asked
