"""What ends the app or a page in the middle of an answer: it ends soon, and what was written is kept."""

import subprocess
import sys
from pathlib import Path

import PIL.Image
from playwright.sync_api import Browser, expect

from backend.chat.messages import AssistantMessage, UserMessage
from backend.storage.images import ImageStore
from backend.storage.sqlite import Archive
from tests.browser.conftest import ROOT, free_port, wait_for
from tests.support.chat import Chat, opened
from tests.support.events import Events
from tests.support.processes import end


def test_sigterm_in_mid_stream_ends_the_app_and_keeps_the_partial_answer(browser: Browser, tmp_path: Path) -> None:
    port, file = free_port(), tmp_path / "history.sqlite"
    command = [sys.executable, "app.py", "--port", str(port), "--history", str(file)]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        wait_for(f"http://127.0.0.1:{port}/", process)
        chat = opened(browser, f"http://127.0.0.1:{port}/")
        chat.set(temperature="1.5", max_tokens="4096")
        chat.send("Hello")
        expect(chat.answers.locator("p").first).to_contain_text(" ")
    finally:
        end(process)  # by SIGTERM, and within half a minute
    assert process.returncode == 0
    chat.close()
    archive = Archive(file, ImageStore(tmp_path / "store"))
    document = archive.load(archive.entries()[0].id)
    assert document
    kinds = [type(node.message) for node in document.history.nodes.values()]
    assert kinds == [UserMessage, AssistantMessage]


def test_pictures_of_other_hosts_and_forms_in_an_answer_are_not_even_asked_for(chat: Chat) -> None:
    asked: list[str] = []
    chat.page.on("request", lambda request: asked.append(request.url))
    chat.set(max_tokens="4")
    chat.send("Hello")
    chat.answered()
    events = Events(chat.page)
    text = '![a](http://evil.example/a.png) <img src="http://evil.example/b.png"> '
    chat.edit_answer(text + '<b style="background:url(//evil.example/c)">b</b>')
    expect(chat.answers.get_by_role("link", name="image: a")).to_be_visible()
    events.wait_until_done()
    assert not [url for url in asked if "evil" in url]


def test_a_picture_bomb_is_refused_in_one_sentence(chat: Chat, tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.png"
    PIL.Image.new("1", (20_000, 20_000)).save(bomb)
    chat.pick(bomb)
    expect(chat.refused).to_contain_text("megapixels")
