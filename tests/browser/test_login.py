"""A page whose login has ended, after a logout in another tab, say, or a restart of the app."""

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import running_app
from tests.browser.test_page import EXAMPLES, send
from tests.support.events import Events
from tests.support.stub_server import WHOLE, sends, stub_server
from ui.gradio_patches.http.login import LOGGED_OUT


def logs_in(page: Page) -> None:
    page.locator("input").first.fill("ada")
    page.locator("input[type=password]").fill("secret")
    page.keyboard.press("Enter")
    page.locator("#message textarea").wait_for()


def test_who_is_logged_out_is_told_so_and_finds_what_was_written_after_a_login(browser: Browser) -> None:
    with stub_server() as stub, running_app("--server", stub.url, "--auth", "ada:secret") as url:
        stub.answers = [sends(*WHOLE)]
        page = browser.new_context().new_page()
        page.goto(url)
        logs_in(page)
        events = Events(page)
        send(page, "Apples")
        expect(page.get_by_test_id("bot").first).to_contain_text("Hello")
        events.wait_until_done()  # else Gradio finds the stream of an event refused, and loads the login by itself
        page.context.clear_cookies()
        told = page.get_by_text(LOGGED_OUT, exact=True).first
        send(page, "Pears")
        expect(told).to_be_visible()
        page.get_by_test_id("toast-close").click()
        expect(told).to_be_hidden()
        page.set_input_files("#message input[type=file]", str(EXAMPLES / "shapes.png"))
        expect(told).to_be_visible()
        page.reload()
        logs_in(page)
        expect(page.get_by_test_id("user")).to_have_text(["Apples"])
        expect(page.locator("#message textarea")).to_have_value("Pears")
        page.context.close()
