"""The page with a model that runs on a server: a process without torch."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.conftest import running_app
from tests.browser.test_page import answered, send
from tests.stub_server import WHOLE, refuses, sends, stub_server


def test_the_page_talks_to_a_server_without_loading_torch_and_says_what_goes_wrong(browser: Browser) -> None:
    with stub_server() as stub, running_app("--server", stub.url) as url:
        page = browser.new_context().new_page()
        page.goto(url)
        expect(page.locator("#header h1")).to_have_text("tiny")
        stub.answers = [sends(*WHOLE), sends(WHOLE[0], WHOLE[1]), refuses(500, "Traceback /srv/x.py")]
        send(page, "Hi")
        answered(page)
        expect(page.get_by_test_id("bot").first).to_contain_text("Hello")
        send(page, "Again")
        answered(page, 2)
        expect(page.locator(".foot").last).to_contain_text("broke the answer off")
        send(page, "And again")
        answered(page, 3)
        expect(page.locator(".foot").last).to_contain_text("fault of its own")
        page.context.close()
        apps = [p for p in Path("/proc").glob("[0-9]*/cmdline") if stub.url in p.read_text().replace("\0", " ")]
        assert apps
        assert not any("libtorch" in (app.parent / "maps").read_text() for app in apps)
