"""A conversation while one reads, writes and waits: in a real Chromium."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.support.chat import SHAPES
from tests.support.stub_server import USAGE, Answer, Stub, chunk, head, sends

JOIN = "**/gradio_api/queue/join*"
LOG = "#conversation .transcript"
PENDING = "#conversation .pending"
QUESTIONS = "#conversation .entry.user:not(.pending)"
ANSWER = "#conversation .entry.assistant"
SELECT = """(paragraph) => {
  const text = paragraph.firstChild, range = document.createRange();
  range.setStart(text, 0);
  range.setEnd(text, 11);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
  window.selectedIn = paragraph;
}"""
SELECTED = "() => [getSelection().toString(), selectedIn.isConnected, selectedIn.textContent.length]"
FEW_FRAMES = "window.requestAnimationFrame = (draw) => setTimeout(draw, 400, performance.now())"  # as a busy phone's
WIDE = (
    "| " + " | ".join(f"a wide column {n}" for n in range(20)) + " |\n|" + "---|" * 20 + "\n| " + "x | " * 20 + "\n\n"
)


def said(text: str) -> Answer:
    return sends(chunk({"content": text}), chunk({}, "stop"), chunk(**USAGE), b"data: [DONE]\n\n")


class Writer:
    """An answer that is written as far as a test lets it."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._more = threading.Condition()
        self._is_over = False

    def write(self, *texts: str, ends: bool = False) -> None:
        with self._more:
            self._texts += texts
            self._is_over = ends
            self._more.notify()

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        head(handler)
        while True:
            with self._more:
                self._more.wait_for(lambda: self._texts or self._is_over, timeout=60)
                texts, self._texts, is_over = self._texts, [], self._is_over
            for text in texts:
                handler.wfile.write(chunk({"content": text}))
            if is_over:
                handler.wfile.write(chunk({}, "stop") + b"data: [DONE]\n\n")
                return
            handler.wfile.flush()


@pytest.fixture
def visitor(browser: Browser, served: tuple[Stub, str]) -> Iterator[Page]:
    """The page in front of a server."""
    page = browser.new_context(viewport={"width": 1000, "height": 700}).new_page()
    page.goto(served[1])
    page.locator("#message textarea").wait_for()
    yield page
    page.context.close()


def send(page: Page, text: str) -> None:
    page.fill("#message textarea", text)
    page.press("#message textarea", "Enter")


def held_up(page: Page) -> Callable[[], None]:
    """The server hears of nothing more until what this returns is called."""
    held: list[Route] = []
    is_open = threading.Event()
    page.route(JOIN, lambda route: route.continue_() if is_open.is_set() else held.append(route))

    def release() -> None:
        is_open.set()
        for route in held:
            route.continue_()

    return release


def answered(page: Page, stub: Stub, *texts: str) -> None:
    """Sends as many messages, each of which is answered so."""
    for number, text in enumerate(texts, 1):
        stub.answers = [said(text)]
        send(page, f"Question {number}")
        expect(page.locator(f"{ANSWER} .speed")).to_have_count(number)


def imported(page: Page, folder: Path, count: int) -> None:
    """A chat of so many messages."""
    file, turns = folder / "chat.json", range(count // 2)
    said = [({"role": "user", "content": f"Q{n}."}, {"role": "assistant", "content": f"Reply {n}."}) for n in turns]
    file.write_text(json.dumps([message for turn in said for message in turn]))
    page.set_input_files("input[type=file][accept*=json]", file)
    expect(page.get_by_text(f"Reply {turns[-1]}.")).to_be_visible()


def test_ones_own_message_is_there_before_the_server_has_heard_of_it_and_stands_once(
    visitor: Page, served: tuple[Stub, str]
) -> None:
    served[0].answers = [said("Yes.")]
    visitor.wait_for_timeout(1000)
    release = held_up(visitor)
    send(visitor, "Is it there?")
    expect(visitor.locator(PENDING)).to_have_text("Is it there?")
    expect(visitor.locator("#welcome")).to_be_hidden()
    release()
    expect(visitor.locator(ANSWER)).to_contain_text("Yes.")
    expect(visitor.locator(PENDING)).to_have_count(0)
    expect(visitor.locator(QUESTIONS)).to_have_count(1)


def test_what_is_typed_before_the_server_has_heard_of_a_message_is_the_next_one(
    visitor: Page, served: tuple[Stub, str]
) -> None:
    served[0].answers = [said("Yes."), said("Sure.")]
    visitor.evaluate(FEW_FRAMES)
    visitor.wait_for_timeout(1000)
    release = held_up(visitor)
    box = visitor.locator("#message textarea")
    send(visitor, "Is it there?")
    expect(box).to_have_value("")
    visitor.keyboard.type("And now?")
    visitor.keyboard.press("Enter")
    expect(visitor.locator(PENDING)).to_have_text("Is it there?")
    release()
    visitor.wait_for_timeout(1000)  # the server empties the box too, for a frame
    expect(box).to_have_value("")
    visitor.keyboard.type("half a sentence")
    expect(visitor.locator(QUESTIONS)).to_have_text(["Is it there?", "And now?"])
    expect(visitor.locator(ANSWER).last).to_contain_text("Sure.")
    expect(box).to_have_value("half a sentence")


@pytest.mark.parametrize(("text", "image"), [("Is it there?", False), ("Is it there?", True), ("", True)])
def test_what_is_typed_after_a_message_stays_when_the_server_takes_that(
    visitor: Page, served: tuple[Stub, str], text: str, image: bool
) -> None:
    served[0].answers = [said("Yes.")]
    box = visitor.locator("#message textarea")
    if image:
        visitor.set_input_files("#message input[type=file]", SHAPES)
        expect(visitor.locator("#strip li img")).to_have_count(1)
    visitor.wait_for_timeout(1000)
    release = held_up(visitor)
    send(visitor, text)
    expect(visitor.locator(PENDING)).to_be_visible()
    expect(box).to_have_value("")
    visitor.keyboard.type("half a ")
    release()
    visitor.keyboard.type("sentence")
    expect(visitor.locator(ANSWER)).to_contain_text("Yes.")
    expect(visitor.locator(QUESTIONS)).to_contain_text(text)
    expect(visitor.locator("#strip li")).to_have_count(0)
    visitor.wait_for_timeout(1500)  # longer than the page looks after it
    expect(box).to_have_value("half a sentence")


def test_a_message_that_cannot_be_sent_goes_back_into_the_box(visitor: Page) -> None:
    text = "word " * 210_000
    send(visitor, text)
    expect(visitor.locator(PENDING)).to_have_count(0)
    expect(visitor.locator("#message textarea")).to_have_value(text)
    expect(visitor.locator(QUESTIONS)).to_have_count(0)


def test_what_is_selected_or_scrolled_in_an_answer_stays_so_while_it_is_written(
    visitor: Page, served: tuple[Stub, str]
) -> None:
    writer = Writer()
    served[0].answers = [writer]
    send(visitor, "Write")
    writer.write(WIDE, "Some words that")
    growing = visitor.locator(f"{ANSWER} .block > p:not(.waiting)").last
    expect(growing).to_have_text("Some words that")
    table = visitor.locator(f"{ANSWER} figure > [tabindex]")
    table.evaluate("(scrolled) => { scrolled.scrollLeft = 150; window.table = scrolled; }")
    growing.evaluate(SELECT)
    writer.write(" go on", " and on")
    expect(growing).to_have_text("Some words that go on and on")
    assert visitor.evaluate(SELECTED)[:2] == ["Some words ", True]
    writer.write("\n\nAnother *paragraph*.", ends=True)
    expect(visitor.locator(f"{ANSWER} .speed")).to_have_count(1)
    assert visitor.evaluate(SELECTED)[:2] == ["Some words ", True]
    assert visitor.evaluate("[table.isConnected, table.scrollLeft]") == [True, 150]


def test_a_button_leads_back_to_the_end_and_is_there_only_away_from_it(visitor: Page, served: tuple[Stub, str]) -> None:
    writer = Writer()
    served[0].answers = [writer]
    send(visitor, "Write")
    writer.write(*(f"line {n}\n\n" for n in range(60)))
    expect(visitor.get_by_text("line 59")).to_be_in_viewport()
    down = visitor.get_by_label("Scroll to the latest message").first
    expect(down).to_be_hidden()
    visitor.locator(LOG).hover()
    visitor.mouse.wheel(0, -600)
    expect(down).to_be_visible()
    writer.write(*(f"line {n}\n\n" for n in range(60, 90)))
    down.click()
    expect(visitor.get_by_text("line 89")).to_be_in_viewport()
    expect(down).to_be_hidden()
    writer.write(*(f"line {n}\n\n" for n in range(90, 120)), ends=True)
    expect(visitor.get_by_text("line 119")).to_be_in_viewport()


def test_of_a_long_chat_the_end_is_there_first_and_the_rest_as_one_comes_near_it(visitor: Page, tmp_path: Path) -> None:
    imported(visitor, tmp_path, 400)
    entries = visitor.locator("#conversation .entry")
    expect(visitor.get_by_text("Reply 199.")).to_be_in_viewport()
    assert entries.count() < 250
    first = entries.first.text_content() or ""
    visitor.locator(LOG).evaluate("(log) => log.scrollTop = 0")
    expect(entries.first).not_to_have_text(first)
    assert visitor.locator(LOG).evaluate("(log) => log.scrollTop") > 500  # what was read stays where it was
    visitor.keyboard.press("Control+f")
    expect(entries).to_have_count(400)
    expect(entries.first).to_contain_text("Q0.")
    expect(visitor.get_by_text("Show earlier messages")).to_have_count(0)


def test_an_answer_is_edited_in_its_place_by_keys_alone(visitor: Page, served: tuple[Stub, str]) -> None:
    answered(visitor, served[0], "Four.")
    editor, menu = visitor.get_by_label("Edit answer"), visitor.locator(f"{ANSWER} .menu summary")

    def edit(text: str, key: str) -> None:
        menu.click()
        visitor.locator(ANSWER).get_by_role("button", name="Edit", exact=True).click()
        expect(editor).to_be_focused()
        editor.fill(text)
        editor.press(key)
        expect(editor).to_have_count(0)

    edit("Never mind.", "Escape")
    expect(visitor.locator(ANSWER)).to_contain_text("Four.")
    expect(menu).to_be_focused()
    edit("Five.", "Control+Enter")
    expect(visitor.locator(ANSWER)).to_contain_text("Five.")
    expect(visitor.locator(f"{ANSWER} .pager")).to_contain_text("2 / 2")


def stopped(page: Page, _: Writer) -> None:
    page.locator("#message .stop-button").click()


def completed(_: Page, writer: Writer) -> None:
    writer.write(ends=True)


@pytest.mark.parametrize(
    ("ends", "told", "heard", "remedies"),
    [
        (stopped, "Stopped.", "Stopped", ["Continue"]),
        (completed, "", "Answer complete", []),
    ],
    ids=["stopped", "complete"],
)
def test_how_an_answer_ends_is_seen_and_heard(
    visitor: Page,
    served: tuple[Stub, str],
    ends: Callable[[Page, Writer], None],
    told: str,
    heard: str,
    remedies: list[str],
) -> None:
    writer = Writer()
    served[0].answers = [writer]
    send(visitor, "Write")
    writer.write("Some words")
    expect(visitor.locator(ANSWER)).to_contain_text("Some words")
    ends(visitor, writer)
    expect(visitor.locator("body")).to_have_attribute("data-answers", "1")
    writer.write(ends=True)
    expect(visitor.get_by_role("status").filter(has_text=heard)).to_have_count(1)
    expect(visitor.locator("#conversation .ending span")).to_have_text([told] if told else [])
    expect(visitor.locator("#conversation .ending button")).to_have_text(remedies)
    expect(visitor).to_have_title("Write")


def test_an_image_is_enlarged_and_escape_leads_back_to_it(visitor: Page, served: tuple[Stub, str]) -> None:
    served[0].answers = [said("Nice.")]
    visitor.set_input_files("#message input[type=file]", SHAPES)
    expect(visitor.locator("#strip li img")).to_have_count(1)
    send(visitor, "Look")
    expect(visitor.locator(f"{ANSWER} .speed")).to_have_count(1)
    image = visitor.get_by_role("button", name="Image 1", exact=True)
    image.click()
    enlarged = visitor.get_by_role("dialog", name="Enlarged image")
    expect(enlarged.get_by_role("img")).to_be_visible()
    visitor.keyboard.press("Escape")
    expect(enlarged).to_have_count(0)
    expect(image).to_be_focused()


def test_an_image_stands_where_a_number_in_the_text_places_it(visitor: Page, served: tuple[Stub, str]) -> None:
    served[0].answers = [said("Yes.")]
    visitor.set_input_files("#message input[type=file]", SHAPES)
    expect(visitor.locator("#strip li img")).to_have_count(1)
    send(visitor, "Is [1] odd?")
    expect(visitor.locator(f"{ANSWER} .speed")).to_have_count(1)
    question = visitor.locator(f"{QUESTIONS} .typed")
    expect(question).to_have_text("Is 1 odd?")
    expect(question.get_by_role("button", name="Image 1", exact=True).get_by_role("img")).to_be_visible()
    sent = served[0].bodies[-1]["messages"][-1]["content"]
    assert [part.get("text", part["type"]) for part in sent] == ["Is ", "image_url", " odd?"]
    visitor.locator(QUESTIONS).hover()
    visitor.locator(QUESTIONS).get_by_role("button", name="Edit").click()
    expect(visitor.locator("#message textarea")).to_have_value("Is [1] odd?")


def test_what_is_kept_as_an_example_stands_before_a_new_chat_until_it_is_removed(
    visitor: Page, served: tuple[Stub, str]
) -> None:
    served[0].answers = [said(f"Answer {number}.") for number in range(3)]
    visitor.set_input_files("#message input[type=file]", SHAPES)
    expect(visitor.locator("#strip li img")).to_have_count(1)
    send(visitor, "Is it [1]?")
    expect(visitor.locator(f"{ANSWER} .speed")).to_have_count(1)
    visitor.locator(f"{ANSWER} summary[aria-label=More]").click()
    visitor.get_by_role("button", name="Keep as an example").click()
    expect(visitor.get_by_text("Kept. New chats")).to_be_visible()
    visitor.reload()  # the browser keeps it
    expect(visitor.locator(f"{ANSWER} .speed")).to_have_count(1)
    visitor.get_by_role("button", name="New chat").first.click()
    expect(visitor.locator("#chips")).to_contain_text("1 example")
    send(visitor, "And this?")
    expect(visitor.locator(f"{ANSWER} .speed")).to_have_count(1)  # an example tells no figures
    expect(visitor.locator(ANSWER)).to_have_count(2)
    expect(visitor.locator(QUESTIONS)).to_have_count(2)
    expect(visitor.locator(f"{QUESTIONS} .example")).to_have_text(["Example"])
    sent = served[0].bodies[-1]["messages"]
    assert [message["role"] for message in sent][-3:] == ["user", "assistant", "user"]
    assert [part["type"] for part in sent[-3]["content"]] == ["text", "image_url", "text"]
    expect(visitor.locator("#shelf-list .open")).to_have_count(2)
    visitor.locator(QUESTIONS).first.hover()
    visitor.get_by_role("button", name="Begin no new chat with it").click()
    visitor.get_by_role("button", name="New chat").first.click()
    expect(visitor.locator("#chips")).not_to_contain_text("example")
    send(visitor, "Alone?")
    expect(visitor.locator(f"{ANSWER} .speed")).to_have_count(1)
    assert served[0].bodies[-1]["messages"][-1]["content"] == "Alone?"
    assert [message["role"] for message in served[0].bodies[-1]["messages"]].count("user") == 1
