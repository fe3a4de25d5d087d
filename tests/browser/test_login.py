"""A page whose login has ended, after a logout in another tab, say, or a restart of the app."""

from playwright.sync_api import Browser, expect

from tests.browser.conftest import running_app
from tests.support.chat import SHAPES, Chat
from tests.support.events import Events
from tests.support.stub_server import WHOLE, sends, stub_server
from ui.gradio_patches.http.login import LOGGED_OUT


def logs_in(chat: Chat) -> None:
    chat.page.locator("input").first.fill("ada")
    chat.page.locator("input[type=password]").fill("secret")
    chat.page.keyboard.press("Enter")
    chat.box.wait_for()


def test_who_is_logged_out_is_told_so_and_finds_what_was_written_after_a_login(browser: Browser) -> None:
    with stub_server() as stub, running_app("--server", stub.url, "--auth", "ada:secret") as url:
        stub.answers = [sends(*WHOLE)]
        chat = Chat(browser.new_context().new_page())
        chat.page.goto(url)
        logs_in(chat)
        events = Events(chat.page)
        chat.send("Apples")
        expect(chat.answers).to_contain_text("Hello")
        events.wait_until_done()  # else Gradio finds the stream of an event refused, and loads the login by itself
        chat.page.context.clear_cookies()
        chat.send("Pears")
        chat.told(LOGGED_OUT)
        chat.close_toasts()
        chat.pick(SHAPES)
        chat.told(LOGGED_OUT)
        chat.page.reload()
        logs_in(chat)
        expect(chat.questions).to_have_text(["Apples"])
        expect(chat.box).to_have_value("Pears")
        chat.close()
