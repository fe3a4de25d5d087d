"""The views of which pictures are taken: how each comes about, on a page of its own."""

import json
import tempfile
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from playwright.sync_api import expect

from scripts.visitors import ROOT
from tests.support.batch import BatchView
from tests.support.chat import Chat
from tests.support.pdfs import pdf_of, written
from tests.support.shapes import SCHEMA, draw_all
from tests.support.stub_server import USAGE, Answer, Stub, chunk, head, refuses, sends
from ui.texts import texts

RICH = (Path(__file__).parent / "answer.md").read_text("utf-8")
EXAMPLES = sorted((ROOT / "assets" / "examples").glob("*.png"))
ASKED = "How does Quicksort work? Show me the code, and compare it with others."
COLOURS = ("A bright red", "Blue, like the sky", "White", "None: leave the wood as it is, and only varnish it")
SUM = "What is 6 + 2 * 3?"
Shot = Callable[[str], None]  # takes a picture, of the view's name and this
View = Callable[[Chat, Stub, Shot], None]


def says(text: str, reason: str = "stop", waits: threading.Event | None = None, wrote: int = 180) -> Answer:
    """Answers with this, in pieces; where it `waits`, not to the end. `wrote` is how many tokens it says it was."""
    usage = {"usage": {"prompt_tokens": 240, "completion_tokens": wrote, "total_tokens": 240 + wrote}}

    def answer(handler: BaseHTTPRequestHandler) -> None:
        head(handler)
        for at in range(0, len(text), 200):
            handler.wfile.write(chunk({"content": text[at : at + 200]}))
            handler.wfile.flush()
            time.sleep(0.1)  # a speed that is one
        if waits:
            waits.wait(60)
        handler.wfile.write(chunk({}, reason) + chunk(None, None, **usage) + b"data: [DONE]\n\n")

    return answer


def asks(question: str, *options: str) -> Answer:
    """A call by which the model asks the person."""
    arguments = json.dumps({"question": question, "options": options})
    function = {"name": "ask_person", "arguments": arguments}
    call = {"index": 0, "id": "abcdefghi", "type": "function", "function": function}
    delta = {"role": "assistant", "content": "", "tool_calls": [call]}
    return sends(chunk(delta, "tool_calls"), chunk(None, None, **USAGE), b"data: [DONE]\n\n")


# What a server answers


def answer(chat: Chat, stub: Stub, shot: Shot) -> None:
    stub.answers = [says(RICH)]
    chat.send(ASKED)
    chat.answered()
    shot("end")
    chat.answers.first.locator("table").scroll_into_view_if_needed()
    shot("middle")
    chat.questions.first.scroll_into_view_if_needed()
    shot("")
    chat.answers.first.get_by_label("More", exact=True).click()
    shot("menu")


def writing(chat: Chat, stub: Stub, shot: Shot) -> None:
    done = threading.Event()
    stub.answers = [says(RICH[:900], waits=done), says("Fine.")]
    chat.send(ASKED)
    expect(chat.answers.last).to_contain_text("Partition")
    chat.box.fill("And how does Mergesort differ?")
    shot("")
    chat.send("And how does Mergesort differ?")
    shot("queued")
    done.set()


def waiting(chat: Chat, stub: Stub, shot: Shot) -> None:
    done = threading.Event()
    stub.answers = [says("", waits=done)]
    chat.send("Hello")
    chat.page.wait_for_timeout(700)
    shot("")
    done.set()


def asking(chat: Chat, stub: Stub, shot: Shot) -> None:
    stub.answers = [asks("Which colour shall the front door be?", *COLOURS), says("Then it is blue.")]
    chat.panel.use_tool(texts.panel.ask_person)
    chat.panel.close()
    chat.send("Plan how to paint my front door.")
    expect(chat.place.locator(".ask")).to_be_visible()
    shot("")
    chat.button(COLOURS[1]).click()
    expect(chat.place.locator(".ask")).to_have_count(0)
    expect(chat.answers.last).to_contain_text("Then it is blue.")
    shot("done")


def error(chat: Chat, stub: Stub, shot: Shot) -> None:
    stub.answers = [refuses(500), sends(chunk({"role": "assistant", "content": RICH[:500]}))]
    chat.send("Hello")
    expect(chat.ending).to_be_visible()
    shot("")
    chat.button("Try again").click()
    expect(chat.answers.last).to_contain_text("Quicksort")
    expect(chat.ending).to_be_visible()
    shot("lost")


def cut_off(chat: Chat, stub: Stub, shot: Shot) -> None:
    stub.answers = [says(RICH[:500], "length", wrote=1024), says(RICH[500:900], "length")]
    chat.send("Hello")
    chat.answered()
    shot("")
    chat.ending.get_by_role("button").click()
    expect(chat.ending).to_contain_text("context")
    shot("full")


# What the demo model answers


def open_chats(chat: Chat) -> None:
    """The list of them, where it is none that stands beside all else."""
    if chat.shelf.evaluate("(shelf) => shelf.getBoundingClientRect().right < 50"):
        chat.button("Chats").click()


def start(chat: Chat, _: Stub, shot: Shot) -> None:
    shot("")
    if chat.temporary.locator("visible=true").count() == 0:
        open_chats(chat)
    chat.button("Temporary chat").locator("visible=true").first.click()
    shot("temporary")


def composer(chat: Chat, _: Stub, shot: Shot) -> None:
    chat.attach(*EXAMPLES[:3])
    chat.box.fill("What do these have in common?\nAnswer in one sentence.")
    shot("")
    chat.composer.locator("details.menu > summary").first.click()
    shot("menu")


def documents(chat: Chat, _: Stub, shot: Shot) -> None:
    with tempfile.TemporaryDirectory() as folder:
        report, notes, broken = (Path(folder) / name for name in ("report.pdf", "notes.md", "scan.pdf"))
        report.write_bytes(pdf_of(*[written(f"Section {number}", 190, 600, 44) for number in range(1, 25)]))
        notes.write_text("# Notes\n\nTo be read beside the report.\n")
        broken.write_bytes(b"%PDF-1.7\n1 0 obj\n")
        chat.pick(report, notes, EXAMPLES[0], broken)
        expect(chat.pages).to_have_count(24)
        expect(chat.refused).to_have_count(1)
        shot("all")
        chat.refused.get_by_role("button").click()
        expect(chat.refused).to_have_count(0)
        chat.choose_pages("3-16")
        shot("")
        chat.card.click()
        expect(chat.file_text).to_be_visible()
        shot("text")
        chat.page.keyboard.press("Escape")
        chat.send("What is on these pages?")
        chat.answered()
        expect(chat.place.locator("#strip .following")).to_be_visible()
        shot("sent")


def tools(chat: Chat, _: Stub, shot: Shot) -> None:
    chat.panel.use_tool("Calculator")
    chat.place.get_by_label(texts.panel.run_ask).check()
    chat.panel.close()
    chat.send(SUM)
    expect(chat.place.locator(".ask")).to_be_visible()
    shot("pending")
    chat.button("Allow once").click()
    expect(chat.done_calls).to_have_count(1)
    chat.answered()
    shot("done")
    chat.place.locator(".calls summary").first.click()
    shot("open")


def settings(chat: Chat, _: Stub, shot: Shot) -> None:
    chat.panel.open()
    shot("")
    chat.panel.unfold("Advanced")
    chat.panel.field("seed").scroll_into_view_if_needed()
    shot("advanced")
    chat.place.locator("#approval").scroll_into_view_if_needed()
    shot("end")
    chat.panel.open_tools()
    shot("tools")


def model(chat: Chat, _: Stub, shot: Shot) -> None:
    chat.open_models()
    shot("")


def inspector(chat: Chat, _: Stub, shot: Shot) -> None:
    chat.send("What is in the image?", EXAMPLES[-1])
    chat.answered()
    chat.inspect()
    expect(chat.inspector).to_be_visible()
    shot("")


def compare(chat: Chat, _: Stub, shot: Shot) -> None:
    chat.box.fill("Hello")
    chat.panel.open()
    chat.panel.side.get_by_role("button", name="Compare two answers").click()
    chat.place.get_by_label("System prompt B").fill("Answer in French.")
    shot("begin")
    chat.place.locator("#compare-start").click()
    expect(chat.place.locator("#take-right")).to_be_visible()
    shot("")


def chats(chat: Chat, _: Stub, shot: Shot) -> None:
    for text in ("Hello", "Count from 3 to 9.", SUM):
        chat.send(text)
        expect(chat.speed).to_have_count(1)
        chat.new_chat()
    open_chats(chat)
    shot("")
    chat.place.get_by_label(texts.chats.more.format(title="Hello"), exact=True).click()
    shot("menu")
    chat.button("Delete").locator("visible=true").first.click()
    shot("delete")


def editing(chat: Chat, _: Stub, shot: Shot) -> None:
    chat.send("What is in the image?", EXAMPLES[-1])
    chat.answered()
    shot("image")
    chat.edit_question()
    expect(chat.editing).to_be_visible()
    expect(chat.drafts.locator("img")).to_have_count(1)
    shot("")


def header(chat: Chat, _: Stub, shot: Shot) -> None:
    if share := chat.place.get_by_label("Share and export").locator("visible=true").all():
        share[0].click()
        shot("share")
        chat.page.keyboard.press("Escape")
    chat.page.keyboard.press("?")
    shot("shortcuts")


def batch(chat: Chat, _: Stub, shot: Shot) -> None:
    chat.panel.set(json_schema=SCHEMA, temperature="0")
    chat.panel.close()
    view = BatchView(chat)
    view.open()
    shot("begin")
    with tempfile.TemporaryDirectory() as folder:
        broken = Path(folder) / "6 broken.png"
        broken.write_bytes(b"\x89PNG\r\n\x1a\nbroken")
        view.add(*draw_all(Path(folder)), broken)
        view.start()
        expect(view.state).to_contain_text(texts.batch.state_done.format(done=5, total=6))
    shot("")
    view.place.get_by_text(texts.batch.compare).click()
    expected = "item,shows\n1 red circle.png,The image shows a red circle.\n2 red square.png,A square"
    view.place.get_by_label(texts.batch.compare).fill(expected)
    view.button(texts.batch.check).click()
    expect(view.place.locator("#batch-score")).not_to_be_empty()
    shot("compared")


SERVED: tuple[View, ...] = (answer, writing, waiting, error, cut_off, asking)
DEMO: tuple[View, ...] = (
    start, composer, documents, tools, settings, model, inspector, compare, chats, editing, header, batch,
)  # fmt: skip
