"""A batch as whoever uses it sees it: five images of shapes become a table that is right, whatever comes between."""

import csv
import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import running_app
from tests.support.batch import SAID, BatchView
from tests.support.chat import Chat, opened
from tests.support.shapes import QUESTION, SCHEMA, SHAPES, SHOWN, draw_all
from tests.support.stub_server import Answer, Stub, chunk, head, refuses, stub_server

NAMES = [f"{number} {shape}.png" for number, shape in enumerate(SHAPES, 1)]


@pytest.fixture
def view(chat: Chat) -> BatchView:
    found = BatchView(chat)
    found.open()
    return found


@pytest.fixture
def shapes(tmp_path: Path) -> list[Path]:
    return draw_all(tmp_path)


def test_five_images_of_shapes_become_a_table_and_a_file_that_are_right(
    view: BatchView, shapes: list[Path], tmp_path: Path
) -> None:
    view.chat.panel.set(json_schema=SCHEMA, temperature="0")
    view.chat.panel.close()
    broken = tmp_path / "3 broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    view.add(*shapes[:2], broken, *shapes[2:])
    view.start()
    expect(view.state).to_have_text(f"{SAID.state_done.format(done=5, total=6)} · {SAID.bad.format(bad=1)}")
    expect(view.rows.nth(2)).to_contain_text("3 broken.png")
    expect(view.rows.nth(2)).to_contain_text("isn't a valid image")
    expect(view.place.get_by_role("columnheader", name="shows")).to_be_visible()
    assert [answer for answer in view.answers() if "valid" not in answer] == list(SHOWN.values())
    rows = list(csv.DictReader(io.StringIO(view.downloaded("CSV"), newline="")))
    assert {row["item"]: row["shows"] for row in rows if not row["error"]} == dict(
        zip(NAMES, SHOWN.values(), strict=True)
    )
    assert "3 broken.png" in view.downloaded("Markdown")
    assert len(view.downloaded("JSON Lines").splitlines()) == 6
    view.place.get_by_text(SAID.compare).click()
    wrong = [f"{NAMES[0]},{SHOWN['red circle']}", f"{NAMES[1]},something else"]
    view.place.get_by_label(SAID.compare).fill("\n".join(["item,shows", *wrong]))
    view.button(SAID.check).click()
    expect(view.place.locator("#batch-score")).to_have_text(SAID.score.format(right=1, expected=2))
    expect(view.place.locator(".wrong")).to_contain_text(SAID.meant.format(value="something else"))


def test_a_row_goes_on_as_a_chat_and_the_batch_stays(view: BatchView, shapes: list[Path]) -> None:
    view.add(*shapes[:2])
    view.start()
    expect(view.state).to_have_text(SAID.state_done.format(done=2, total=2))
    view.rows.first.get_by_role("button", name=SAID.open).click()
    expect(view.place).to_be_hidden()
    expect(view.chat.questions.first).to_have_text(QUESTION)
    expect(view.chat.images).to_have_count(1)
    expect(view.chat.answers).to_contain_text(SHOWN["red circle"])
    expect(view.chat.chats).to_have_count(1)
    view.open()
    expect(view.rows).to_have_count(2)


@pytest.fixture(scope="module")
def one_by_one() -> Iterator[tuple[Stub, str]]:
    """A server that is asked about one item at a time, and the address of the app."""
    with stub_server() as stub, running_app("--server", stub.url, "--batch-parallel", "1") as url:
        yield stub, url


def says(text: str, once: threading.Event | None = None) -> Answer:
    """Answers with this, and if there is something to wait for, not before."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        head(handler)
        if once:
            once.wait(60)
        handler.wfile.write(chunk({"content": text}) + chunk({}, "stop") + b"data: [DONE]\n\n")

    return answer


def test_it_is_paused_stopped_and_found_again_after_a_reload_while_the_chat_is_used(
    browser: Browser, one_by_one: tuple[Stub, str], shapes: list[Path]
) -> None:
    stub, url = one_by_one
    second, fourth = threading.Event(), threading.Event()
    stub.answers = [says("First."), says("Second.", second), says("Hello there."), says("Third."), says("", fourth)]
    view = BatchView(opened(browser, url, viewport={"width": 1280, "height": 860}))
    view.open()
    view.add(*shapes)
    view.start("Is it a shape?")
    expect(view.rows.nth(1)).to_contain_text(SAID.running)
    view.button(SAID.close).click()
    view.chat.send("Hello")
    expect(view.chat.answers).to_contain_text("Hello there.")
    view.open()
    view.button(SAID.pause).click()
    view.chat.reload()
    expect(view.rows).to_have_count(5)
    expect(view.prompt).to_have_value("Is it a shape?")
    second.set()
    expect(view.state).to_have_text(SAID.state_paused.format(done=2, total=5))
    view.button(SAID.resume).click()
    expect(view.rows.nth(3)).to_contain_text(SAID.running)
    view.button(SAID.stop).click()
    expect(view.state).to_have_text(SAID.state_paused.format(done=3, total=5))
    fourth.set()
    stub.answers = [says("Fourth."), says("Fifth."), says("First again.")]
    view.button(SAID.resume).click()
    expect(view.state).to_have_text(SAID.state_done.format(done=5, total=5))
    assert view.answers() == ["First.", "Second.", "Third.", "Fourth.", "Fifth."]
    view.rows.first.get_by_role("button", name=SAID.retry).click()
    expect(view.rows.first).to_contain_text("First again.")
    view.button(SAID.clear).click()
    expect(view.rows).to_have_count(0)
    view.chat.close()


def test_a_server_that_is_down_pauses_the_batch_and_says_so(
    browser: Browser, one_by_one: tuple[Stub, str], shapes: list[Path]
) -> None:
    stub, url = one_by_one
    stub.answers = [says("First."), refuses(401)]
    view = BatchView(opened(browser, url, viewport={"width": 1280, "height": 860}))
    view.open()
    view.add(*shapes[:2])
    view.start()
    expect(view.rows.first).to_contain_text("First.")
    expect(view.button(SAID.retry_failed).or_(view.button(SAID.resume))).to_be_visible()
    stub.answers = [says("Second.")]
    view.button(SAID.retry_failed).or_(view.button(SAID.resume)).click()
    expect(view.state).to_have_text(SAID.state_done.format(done=2, total=2))
    view.chat.close()
