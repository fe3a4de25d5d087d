"""What ends the app or a page in the middle of an answer: it ends soon, and what was written is kept."""

import subprocess
import sys
from pathlib import Path

import PIL.Image
from playwright.sync_api import Browser, Page, expect

from backend.chat.messages import AssistantMessage, UserMessage
from backend.storage.images import ImageStore
from backend.storage.sqlite import Archive
from tests.browser.conftest import ROOT, free_port, wait_for
from tests.browser.test_page import answered, send, settings
from tests.support.processes import end


def test_sigterm_in_mid_stream_ends_the_app_and_keeps_the_partial_answer(browser: Browser, tmp_path: Path) -> None:
    port, file = free_port(), tmp_path / "history.sqlite"
    command = [sys.executable, "app.py", "--port", str(port), "--history", str(file)]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        wait_for(f"http://127.0.0.1:{port}/", process)
        page = browser.new_context().new_page()
        page.goto(f"http://127.0.0.1:{port}/")
        page.locator("#message textarea").wait_for()
        settings(page, temperature="1.5", max_tokens="4096")
        send(page, "Hello")
        expect(page.get_by_test_id("bot").first).to_contain_text(" ")
    finally:
        end(process)  # by SIGTERM, and within half a minute
    assert process.returncode == 0
    page.context.close()
    archive = Archive(file, ImageStore(tmp_path / "store"))
    document = archive.load(archive.entries()[0].id)
    assert document
    kinds = [type(node.message) for node in document.history.nodes.values()]
    assert kinds == [UserMessage, AssistantMessage]


def test_pictures_of_other_hosts_and_forms_in_an_answer_are_neither_loaded_nor_sent(page: Page) -> None:
    ends: list[tuple[str, str]] = []
    page.on("requestfinished", lambda request: ends.append((request.url, "loaded")))
    page.on("requestfailed", lambda request: ends.append((request.url, request.failure or "")))
    settings(page, max_tokens="4")
    send(page, "Hello")
    answered(page)
    page.get_by_role("button", name="Edit").nth(1).click()
    text = '![a](http://evil.example/a.png) <img src="http://evil.example/b.png"> '
    text += '<b style="background:url(//evil.example/c)">b</b>'
    page.locator("#conversation textarea").fill(text)
    page.get_by_role("button", name="Submit").first.click()
    expect(page.get_by_test_id("bot").first.get_by_role("link", name="picture: a")).to_be_visible()
    page.wait_for_timeout(1000)
    # What the browser's own preview of the edit would ask for is stopped by the content security policy.
    assert {end for url, end in ends if "evil" in url} <= {"csp"}


def test_a_picture_bomb_is_refused_in_one_sentence(page: Page, tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.png"
    PIL.Image.new("1", (20_000, 20_000)).save(bomb)
    page.set_input_files("#message input[type=file]", str(bomb))
    expect(page.locator("#strip .warning")).to_contain_text("megapixels")
