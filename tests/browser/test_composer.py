"""The message box: what is sent and when, what waits, what comes into it; nothing of it is lost. In a real Chromium."""

import base64
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Request, expect

from tests.support.stub_server import WHOLE, Answer, Stub, chunk, head, sends

EXAMPLES = Path(__file__).resolve().parents[2] / "assets" / "examples"
SHAPES, EQUATIONS = EXAMPLES / "shapes.png", EXAMPLES / "equations.png"
BOX, SEND, STOP = "#message textarea", "#message .submit-button", "#message .stop-button"
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
TRANSFER = """const transfer = (text, html, files) => {
  const data = new DataTransfer();
  if (text) data.setData("text/plain", text);
  if (html) data.setData("text/html", html);
  for (const [name, type, body] of files)
    data.items.add(new File([Uint8Array.from(atob(body), (c) => c.charCodeAt(0))], name, { type }));
  return data;
};"""
PASTE = f"""([place, text, html, files]) => {{ {TRANSFER}
  const at = document.querySelector(place);
  if (place !== "body") at.focus();
  const clipboardData = transfer(text, html, files);
  at.dispatchEvent(new ClipboardEvent("paste", {{ clipboardData, bubbles: true, cancelable: true }}));
}}"""
DROP = f"""([place, kinds, files]) => {{ {TRANSFER}
  const dataTransfer = transfer("", "", files);
  return kinds.map((kind) => {{
    const event = new DragEvent(kind, {{ dataTransfer, bubbles: true, cancelable: true }});
    document.querySelector(place).dispatchEvent(event);
    return event.defaultPrevented;
  }});
}}"""
COMPOSES = """() => {
  const box = document.querySelector("#message textarea");
  for (const composing of [{ isComposing: true }, { keyCode: 229 }])
    for (const key of ["Enter", "Escape"]) for (const kind of ["keydown", "keypress"])
      box.dispatchEvent(new KeyboardEvent(kind, { key, ...composing, bubbles: true, cancelable: true }));
}"""


def file(path: Path) -> tuple[str, str, str]:
    """As the page makes one."""
    return path.name, "image/png", base64.b64encode(path.read_bytes()).decode()


PDF = ("paper.pdf", "application/pdf", base64.b64encode(b"%PDF-1.7").decode())


def until(end: threading.Event) -> Answer:
    """An answer that is written until then."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        head(handler)
        handler.wfile.write(WHOLE[0])
        for _ in range(600):
            handler.wfile.write(chunk({"content": "word "}))
            handler.wfile.flush()
            if end.wait(0.1):
                break
        for piece in WHOLE[2:]:
            handler.wfile.write(piece)

    return answer


class Talk:
    """A visitor on a page whose model writes until the test ends its answer."""

    def __init__(self, browser: Browser, served: tuple[Stub, str], **context: Any) -> None:
        self.stub, self.url = served
        self.stub.bodies.clear()
        self.page = browser.new_context(**({"viewport": {"width": 1280, "height": 860}} | context)).new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.load()

    def load(self) -> None:
        self.page.goto(self.url)
        self.page.locator(BOX).wait_for()

    def box(self, text: str) -> None:
        expect(self.page.locator(BOX)).to_have_value(text)

    def says(self, text: str, end: threading.Event | None = None) -> threading.Event:
        """Sends a message, whose answer has begun then. What ends it."""
        end = end or threading.Event()
        self.stub.answers.append(until(end))
        self.page.fill(BOX, text)
        self.page.press(BOX, "Enter")
        expect(self.page.locator("#conversation .entry.assistant").last).to_contain_text("word")
        return end

    def queues(self, text: str) -> None:
        self.page.fill(BOX, text)
        self.page.press(BOX, "Enter")
        expect(self.page.locator("#queue")).to_contain_text(text)
        self.box("")

    def asked(self, *texts: str) -> None:
        """Waits until these are the messages of the chat, and the answer to each is done."""
        expect(self.page.locator("#conversation .entry.user:not(.pending) .typed")).to_have_text(list(texts))
        expect(self.page.locator(STOP)).to_be_hidden()

    def images(self, count: int) -> None:
        expect(self.page.locator("#strip li")).to_have_count(count)

    def paste(self, text: str = "", html: str = "", *files: tuple[str, str, str], place: str = BOX) -> None:
        self.page.evaluate(PASTE, [place, text, html, files])

    def picks(self, what: str) -> None:
        """From the menu at the box."""
        self.page.get_by_label("Add files").click()
        self.page.get_by_role("button", name=what).click()


@pytest.fixture
def talk(browser: Browser, served: tuple[Stub, str]) -> Iterator[Talk]:
    visitor = Talk(browser, served)
    yield visitor
    visitor.page.context.close()
    assert not [error for error in visitor.errors if "abort" not in error.lower()]


@pytest.fixture
def phone(browser: Browser, served: tuple[Stub, str]) -> Iterator[Talk]:
    visitor = Talk(browser, served, **PHONE)
    yield visitor
    visitor.page.context.close()


@pytest.mark.parametrize("blank", ["", "   \n "])
def test_an_empty_box_cannot_be_sent_and_says_nothing(talk: Talk, blank: str) -> None:
    talk.page.fill(BOX, blank)
    expect(talk.page.locator(SEND)).to_be_disabled()
    talk.page.press(BOX, "Enter")
    talk.page.wait_for_timeout(500)
    expect(talk.page.locator(".toast-body, #toast:not(:empty)")).to_have_count(0)
    expect(talk.page.locator("#conversation .entry")).to_have_count(0)
    talk.box(blank)


def test_the_next_message_waits_for_the_end_of_the_answer_and_is_sent_by_itself(talk: Talk) -> None:
    end = talk.says("One")
    talk.page.set_input_files("#message input[type=file]", SHAPES)
    talk.images(1)
    talk.queues("Two")
    talk.images(0)
    expect(talk.page.locator("#queue img")).to_have_count(1)
    talk.page.fill(BOX, "half a sentence")
    talk.stub.answers.append(sends(*WHOLE))
    end.set()
    talk.asked("One", "Two")
    expect(talk.page.locator("#queue")).to_be_hidden()
    expect(talk.page.locator("#conversation .entry.user").last.locator("img")).to_have_count(1)
    talk.box("half a sentence")
    assert [body["messages"][-1]["role"] for body in talk.stub.bodies] == ["user", "user"]


def test_what_waits_can_be_edited_deleted_had_back_and_sent_at_once(talk: Talk) -> None:
    talk.says("One")
    talk.queues("Two")
    talk.page.fill(BOX, "half a sentence")
    talk.page.locator("#queue").get_by_role("button", name="Edit").click()
    talk.box("half a sentence\n\nTwo")
    talk.queues("Two and a half")
    talk.page.locator("#queue").get_by_role("button", name="Delete").click()
    expect(talk.page.locator("#queue")).to_be_hidden()
    talk.page.get_by_role("button", name="Undo", exact=True).click()
    expect(talk.page.locator("#queue")).to_contain_text("Two and a half")
    talk.stub.answers.append(sends(*WHOLE))
    talk.page.locator("#queue").get_by_role("button", name="Send now").click()
    talk.asked("One", "Two and a half")


def test_whoever_stops_the_answer_has_what_waited_in_the_box(talk: Talk) -> None:
    talk.says("One")
    talk.queues("Two")
    talk.page.locator(STOP).click()
    talk.asked("One")
    talk.box("Two")
    talk.page.wait_for_timeout(1500)
    talk.asked("One")


def test_what_waits_is_there_after_a_reload_and_goes_when_the_answer_ends(talk: Talk) -> None:
    end = talk.says("One")
    talk.queues("Two")
    talk.load()
    expect(talk.page.locator("#queue")).to_contain_text("Two")
    talk.stub.answers.append(sends(*WHOLE))
    expect(talk.page.locator("#conversation .entry.user")).to_have_count(1)
    end.set()
    talk.asked("One", "Two")


def test_each_chat_has_its_draft_and_what_waits_in_it_back(talk: Talk) -> None:
    talk.says("One")
    talk.queues("Two")
    talk.page.set_input_files("#message input[type=file]", SHAPES)
    talk.images(1)
    talk.page.fill(BOX, "draft of the first")
    talk.page.locator('[data-act="new"]').locator("visible=true").first.click()
    talk.box("")
    talk.images(0)
    expect(talk.page.locator("#queue")).to_be_hidden()
    talk.page.fill(BOX, "draft of a new one")
    talk.page.locator("#shelf-list .open", has_text="One").click()
    talk.box("draft of the first")
    talk.images(1)
    expect(talk.page.locator("#queue")).to_contain_text("Two")
    expect(talk.page.locator("#queue")).to_contain_text("Not sent yet")
    talk.load()
    talk.box("draft of the first")
    talk.images(1)
    talk.page.locator('[data-act="new"]').locator("visible=true").first.click()
    talk.box("draft of a new one")
    talk.images(0)


def test_a_click_on_stop_that_comes_too_late_sends_nothing(talk: Talk) -> None:
    end = talk.says("One")
    talk.page.fill(BOX, "half a sentence")
    place = talk.page.locator(STOP).bounding_box()
    assert place
    middle = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    talk.page.mouse.move(*middle)
    end.set()
    talk.page.locator(STOP).wait_for(state="hidden")
    talk.page.mouse.click(*middle)
    talk.page.wait_for_timeout(800)
    talk.asked("One")
    talk.box("half a sentence")


def test_keys_of_an_input_method_send_stop_and_end_nothing(talk: Talk) -> None:
    talk.says("One")
    talk.page.fill(BOX, "にほん")
    talk.page.evaluate(COMPOSES)
    talk.page.wait_for_timeout(500)
    expect(talk.page.locator(STOP)).to_be_visible()
    expect(talk.page.locator("#queue")).to_be_hidden()
    talk.box("にほん")


def test_on_a_phone_enter_breaks_a_line_and_the_button_sends_and_queues(phone: Talk) -> None:
    page = phone.page
    assert page.evaluate("document.activeElement?.tagName") != "TEXTAREA"
    page.fill(BOX, "One")
    page.press(BOX, "Enter")
    page.keyboard.type("and a half")
    phone.box("One\nand a half")
    end = threading.Event()
    phone.stub.answers += [until(end), sends(*WHOLE)]
    page.locator(SEND).tap()
    expect(page.locator("#conversation .entry.assistant").last).to_contain_text("word")
    expect(page.locator(SEND)).to_be_hidden()
    page.fill(BOX, "Two")
    page.locator(SEND).tap()
    expect(page.locator("#queue")).to_contain_text("Two")
    end.set()
    phone.asked("One\nand a half", "Two")


def test_images_are_dropped_anywhere_and_the_page_stays(talk: Talk) -> None:
    page = talk.page
    for at, place in enumerate(("#header", "#shelf-list", "#conversation, #welcome", BOX), 1):
        assert page.evaluate(DROP, [place, ["dragenter", "dragover"], [file(SHAPES)]]) == [True, True]
        expect(page.locator("#drop")).to_be_visible()
        assert page.evaluate(DROP, [place, ["drop"], [file(SHAPES)]]) == [True]
        expect(page.locator("#drop")).to_be_hidden()
        talk.images(at)
    link = """() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.setData("text/uri-list", "https://a.example");
      return ["dragover", "drop"].map((kind) => {
        const event = new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true });
        document.querySelector("#header").dispatchEvent(event);
        return event.defaultPrevented;
      });
    }"""
    assert page.evaluate(link) == [True, True]


def test_text_and_images_are_pasted_together_also_beside_the_box(talk: Talk) -> None:
    talk.paste("Look at ", "", file(SHAPES))
    talk.images(1)
    talk.box("Look at ")
    talk.paste("these", "<b>these</b>", file(EQUATIONS), place="body")
    talk.images(2)
    talk.box("Look at these")
    talk.paste("1\t2", '<html xmlns:x="urn:schemas-microsoft-com:office:excel">', file(SHAPES))
    talk.box("Look at these1\t2")
    talk.images(2)


def test_a_file_of_another_kind_is_one_sentence_and_all_else_goes_on(talk: Talk) -> None:
    page = talk.page
    talk.paste("", "", PDF)
    refused = page.locator("#strip .refused")
    expect(refused).to_contain_text("paper.pdf")
    page.fill(BOX, "One")
    expect(page.locator(SEND)).to_be_disabled()
    page.press(BOX, "Enter")
    talk.box("One")
    page.set_input_files("#message input[type=file]", SHAPES)
    talk.images(1)
    refused.get_by_role("button").click()
    expect(refused).to_have_count(0)
    talk.stub.answers.append(sends(*WHOLE))
    page.press(BOX, "Enter")
    talk.asked("One")


def test_more_files_than_fit_keep_no_others_out(talk: Talk, tmp_path: Path) -> None:
    large = tmp_path / "film.mov"
    with large.open("wb") as film:
        film.truncate(21_000_000)
    talk.page.set_input_files("#message input[type=file]", [large, *[SHAPES] * 12])
    notices = talk.page.locator("#notices .notice")
    expect(notices).to_have_text([
        "“film.mov” is too large. Files can have up to 20 MB.✕",
        "You can attach up to 10 images. Not added yet: 2.Add the rest✕",
    ])  # fmt: skip
    talk.images(10)
    notices.first.get_by_role("button").click()
    expect(notices).to_have_count(1)


def test_of_an_image_that_did_not_get_through_a_sentence_says_so(talk: Talk) -> None:
    uploads = "**/gradio_api/upload*"
    talk.page.route(uploads, lambda route: route.abort())
    talk.page.set_input_files("#message input[type=file]", SHAPES)
    expect(talk.page.locator("#notices .notice")).to_contain_text("“shapes.png” couldn't be uploaded.")
    expect(talk.page.get_by_test_id("toast-body")).to_have_count(0)
    talk.page.unroute(uploads)
    talk.page.set_input_files("#message input[type=file]", EQUATIONS)
    talk.images(1)


def test_a_photo_can_be_taken_as_soon_as_the_camera_shows_something_and_not_before(talk: Talk) -> None:
    page = talk.page
    page.evaluate("""() => {
      const start = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      const asked = new Promise((allow) => (window.allow = allow));
      navigator.mediaDevices.getUserMedia = async (wanted) => (await asked, start(wanted));
    }""")
    talk.picks("Take a photo")
    button = page.get_by_role("button", name="Take photo")
    expect(button).to_be_disabled()
    page.evaluate("allow()")
    button.click()
    talk.images(1)


def test_images_come_from_the_camera_the_screen_and_an_address(talk: Talk) -> None:
    page = talk.page
    talk.picks("Take a photo")
    page.get_by_role("button", name="Take photo").click()
    talk.images(1)
    expect(page.locator("#camera-dialog")).to_be_hidden()
    page.wait_for_function("document.querySelector('#camera-dialog video').srcObject === null")
    page.evaluate("""() => {
      const canvas = document.createElement("canvas");
      setInterval(() => canvas.getContext("2d").fillRect(0, 0, 9 * Math.random(), 9), 50);
      navigator.mediaDevices.getDisplayMedia = async () => canvas.captureStream(5);
    }""")
    talk.picks("Capture screen")
    talk.images(2)
    talk.picks("Paste image URL")
    page.fill("#picture-url", "http://127.0.0.1:9/a.png")
    page.press("#picture-url", "Enter")
    expect(page.locator("#notices .notice")).to_have_count(1)
    talk.images(2)
    talk.picks("Paste image URL")
    expect(page.locator("#picture-url")).to_have_value("http://127.0.0.1:9/a.png")


def test_images_are_made_smaller_and_take_another_order(talk: Talk) -> None:
    page = talk.page
    page.set_input_files("#message input[type=file]", [SHAPES, EQUATIONS])
    talk.images(2)
    first, second = (item.get_attribute("data-mark") for item in page.locator("#strip li").all())
    page.locator("#strip .thumbnail").nth(1).click()
    page.locator("#strip :popover-open").get_by_role("button", name="512 px").click()
    expect(page.locator(f'#strip [value="detail {second} 512"]')).to_have_attribute("aria-pressed", "true")
    page.locator("#strip li").first.drag_to(page.locator("#strip li").nth(1), target_position={"x": 60, "y": 30})
    expect(page.locator("#strip li").last).to_have_attribute("data-mark", str(first))


def test_what_is_on_is_a_chip_that_takes_it_off_and_gives_it_back(talk: Talk) -> None:
    page = talk.page
    field, chip = page.locator("#json-schema textarea"), page.locator("#chips .chip", has_text="JSON")
    page.get_by_role("button", name="Settings", exact=True).first.click()
    page.locator("#structured-output button").first.click()
    field.fill('{"type": "object"}')
    expect(chip).to_be_visible()
    chip.get_by_label("Turn off structured output").click()
    expect(chip).to_have_count(0)
    expect(field).to_have_value("")
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(chip).to_be_visible()
    expect(field).to_have_value('{"type": "object"}')


def test_an_edit_is_a_chip_that_leads_back_to_the_draft(talk: Talk) -> None:
    page = talk.page
    talk.says("One").set()
    talk.asked("One")
    page.fill(BOX, "half a sentence")
    page.wait_for_timeout(1500)
    page.locator("#conversation .entry.user").hover()
    page.locator("#conversation .entry.user").get_by_label("Edit").click()
    talk.box("One")
    page.locator("#chips").get_by_label("Cancel editing").click()
    talk.box("half a sentence")


def test_an_answer_takes_one_request_until_its_end(talk: Talk) -> None:
    end = threading.Event()
    talk.stub.answers.append(until(end))
    talk.page.fill(BOX, "Go")
    talk.page.wait_for_timeout(1500)
    asked: list[str] = []
    talk.page.on("request", lambda sent: asked.append(sent.url) if "/queue/join" in sent.url else None)
    talk.page.keyboard.press("Enter")
    expect(talk.page.locator(".entry.assistant")).to_contain_text("word")
    talk.page.wait_for_timeout(1500)
    assert len(asked) == 1
    end.set()
    talk.asked("Go")


def test_while_an_answer_is_written_the_meter_asks_nothing_and_while_one_types_once(talk: Talk) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST" and "/queue/join" in request.url:
            asked.append(request.url)

    end = talk.says("One")
    talk.page.wait_for_timeout(1500)
    talk.page.on("request", note)
    talk.page.wait_for_timeout(2000)
    assert not asked
    talk.page.locator(BOX).press_sequentially("ten letters", delay=60)
    deadline = time.monotonic() + 10
    while not asked and time.monotonic() < deadline:
        talk.page.wait_for_timeout(100)
    talk.page.wait_for_timeout(1000)
    assert len(asked) <= 2
    end.set()
    talk.asked("One")
