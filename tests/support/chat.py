"""The page as whoever uses it sees it, in a real Chromium: the one place that knows by what its parts are found."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Download, FrameLocator, Locator, Page, expect

from tests.support.panel import Panel
from ui.texts import texts

EXAMPLES = Path(__file__).resolve().parents[2] / "assets" / "examples"
SHAPES = EXAMPLES / "shapes.png"  # the demo model describes it
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
TOUCHED = "matchMedia('(pointer: coarse) and (hover: none)').matches"
# What of an entry was written, without what stands under it.
WRITTEN = """(entry) => [...entry.querySelectorAll(":scope > .content > .block")]
  .filter((block) => !block.querySelector(".actions, .ending, .waiting"))
  .map((block) => block.innerText).join("\\n").trim()"""


def opened(browser: Browser, url: str, heard: Callable[[str], object] = str, **context: Any) -> "Chat":
    """A visitor of their own on the loaded page. Of errors that it throws is heard."""
    chat = Chat(browser.new_context(**context).new_page())
    chat.page.on("pageerror", lambda error: heard(str(error)))
    chat.go(url)
    return chat


class Chat:
    """One tab; what it names are locators. `place` is where the page stands, if not in a tab of its own."""

    def __init__(self, page: Page, place: FrameLocator | None = None) -> None:
        self.page, self.place = page, place or page
        find = self.place.locator
        self.title, self.welcome = find("#header h1"), find("#welcome")

        self.conversation, self.transcript = find("#conversation"), find("#conversation .transcript")
        self.entries = find("#conversation .entry:not(.pending)")
        self.pending = find("#conversation .entry.pending")  # not heard of by the server yet
        self.questions = find("#conversation .entry.user:not(.pending) .typed")  # as the server has them
        self.images = find("#conversation .entry.user:not(.pending) img")
        self.answers = find("#conversation .entry.assistant")
        self.ending = find("#conversation .ending")  # why an answer did not end as usual
        self.speed = find("#conversation .speed")
        self.pager = find("#conversation .pager")
        self.made = find("#conversation .made img")  # by tools
        self.calls, self.done_calls = find("#conversation .call"), find("#conversation .call.done")
        self.editor = self.place.get_by_label("Edit answer")

        self.composer, self.box = find("#composer"), find("#message textarea")
        self.send_button, self.stop_button = find("#message .submit-button"), find("#message .stop-button")
        self.attached, self.refused = find("#strip .drafts > li"), find("#strip .refused")
        self.pages, self.card = find("#strip .page > .do"), find("#strip .card")  # of documents; a file of text
        self.page_numbers = self.place.get_by_label(texts.documents.pages_field, exact=True)
        self.file_text = find(".file-text textarea")
        self.drafts, self.notices = find("#strip .drafts"), find("#notices .notice")
        self.tight, self.meter = find("#strip .tight"), find("#meter")
        self.editing = self.place.get_by_label(texts.composer.cancel_edit)  # there while an earlier message is edited

        self.chats, self.search = find("#shelf-list .open"), find("#shelf-search")
        self.models = find("#model-dialog")
        self.inspector = find("#inspector")
        self.shelf, self.panel = find("#shelf"), Panel(page, self.place)
        self.toasts = self.place.get_by_test_id("toast-body")

    def go(self, url: str) -> None:
        """Loads the page."""
        self.page.goto(url)
        self.box.wait_for()

    def reload(self) -> None:
        """The same anew."""
        self.page.reload()
        self.box.wait_for()

    def close(self) -> None:
        """The visitor is gone."""
        self.page.context.close()

    def button(self, name: str, within: Locator | None = None) -> Locator:
        """That of this name."""
        return (within or self.place).get_by_role("button", name=name, exact=True)

    # The message

    def send(self, text: str, *images: Path) -> None:
        """Sends a message with images, once all of them are there."""
        if images:
            self.attach(*images)
        self.box.fill(text)
        if self.page.evaluate(TOUCHED):  # there Enter begins a line
            self.send_button.click()
        else:
            self.box.press("Enter")

    def pick(self, *images: Path) -> None:
        """Picks images to go with the message."""
        self.place.locator("#message input[type=file]").set_input_files(list(images))

    def attach(self, *images: Path, timeout: float | None = None) -> None:
        """The same, and waits until they stand at the box, which has no others."""
        self.pick(*images)
        expect(self.attached).to_have_count(len(images), timeout=timeout)

    def add(self, how: str) -> None:
        """Adds an image in another way, by what the menu at the box has."""
        self.place.get_by_label(texts.composer.add).click()
        self.button(how).click()

    def choose_pages(self, numbers: str) -> None:
        """Of the one document in the box, by their numbers, and waits until the strip has them."""
        self.page_numbers.fill(numbers)
        self.page_numbers.press("Enter")
        expect(self.page_numbers).to_have_attribute("value", numbers)

    def chosen_pages(self, *numbers: int) -> None:
        """Waits until these are."""
        labels = [re.compile(rf"^Page {number}\b") for number in numbers]
        chosen = self.place.locator("#strip .page > .do[aria-pressed=true]")
        expect(chosen).to_have_count(len(numbers))
        for at, label in enumerate(labels):
            expect(chosen.nth(at)).to_have_attribute("aria-label", label)

    def remove_image(self, number: int) -> None:
        """One in the box."""
        self.attached.nth(number - 1).get_by_label(re.compile(f"^{texts.composer.remove}")).click()

    def answered(self, count: int = 1, timeout: float = 60_000) -> None:
        """Waits until so many answers are done since the page was loaded."""
        expect(self.place.locator("body")).to_have_attribute("data-answers", str(count), timeout=timeout)
        expect(self.stop_button).to_be_hidden()

    def used(self) -> int:
        """Tokens of the next request, as the ring tells them to a screen reader."""
        return int(self.meter.get_by_role("meter").get_attribute("aria-valuenow") or 0)

    def show_all(self) -> None:
        """Also the beginning of a long conversation, as for a search in the page."""
        self.transcript.focus()
        self.page.keyboard.press("Control+f")

    # What is done with a message

    def written(self, answer: Locator) -> str:
        """What it says."""
        return str(answer.evaluate(WRITTEN))

    def choose(self, entry: Locator, what: str) -> None:
        """From the menu under a message."""
        entry.get_by_label(texts.transcript.more, exact=True).click()
        self.button(what, entry).click()

    def regenerate(self) -> None:
        """The last answer once more."""
        self.button(texts.transcript.again, self.answers.last).click()

    def undo(self) -> None:
        """The last turn."""
        self.choose(self.answers.last, texts.transcript.undo)

    def inspect(self) -> None:
        """The prompt of the last answer."""
        self.choose(self.answers.last, texts.transcript.prompt)

    def edit_question(self) -> None:
        """Puts the last one into the box."""
        self.button(texts.transcript.edit, self.place.locator("#conversation .entry.user").last).click()

    def edit_answer(self, text: str | None = None) -> None:
        """Opens the editor of the last answer; with a text it says that from now on."""
        self.choose(self.answers.last, texts.transcript.edit)
        expect(self.editor).to_be_focused()
        if text is not None:
            self.editor.fill(text)
            self.button("Save").click()
            expect(self.editor).to_have_count(0)

    def copied(self, entry: Locator) -> str:
        """What the button under a message copies."""
        return self._clipboard(self.button(texts.transcript.copy, entry.locator(".actions")).click)

    def _clipboard(self, copies: Callable[[], object]) -> str:
        self.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.page.evaluate("navigator.clipboard.writeText('')")
        copies()
        for _ in range(300):  # what the server is asked for comes a moment later
            if copied := str(self.page.evaluate("navigator.clipboard.readText()")):
                return copied
            self.page.wait_for_timeout(100)
        raise AssertionError("nothing was copied")

    # Chats

    def new_chat(self) -> None:
        """Begins one."""
        self.button(texts.chats.new).locator("visible=true").first.click()
        expect(self.place.locator("#conversation .entry")).to_have_count(0)

    def open_chat(self, title: str) -> None:
        """One of the list."""
        self.chats.filter(has_text=title).first.click()

    def rename(self, title: str, new: str) -> None:
        """Gives one in the list another title."""
        self.in_list(title, texts.chats.rename)
        field = self.place.get_by_label(texts.chats.title)
        field.fill(new)
        field.press("Enter")

    def delete(self, title: str) -> None:
        """One of the list."""
        self.in_list(title, texts.chats.delete)
        self.button(texts.chats.delete, self.place.get_by_role("alertdialog")).click()

    def in_list(self, title: str, what: str) -> None:
        """From the menu of one in the list."""
        label = texts.chats.more.format(title=title)
        self.place.get_by_label(label, exact=True).click()
        self.button(what, self.place.locator("#shelf-list li").filter(has=self.place.get_by_label(label))).click()

    @property
    def temporary(self) -> Locator:
        """The button that says whether this chat is kept."""
        return self.button(texts.header.temporary)

    def be_temporary(self, wanted: bool = True) -> None:
        """Has this chat kept, or not."""
        if (self.temporary.get_attribute("aria-pressed") == "true") != wanted:
            self.temporary.click()
        expect(self.temporary).to_have_attribute("aria-pressed", str(wanted).lower())

    def open_models(self) -> None:
        """The dialog in which another is chosen."""
        self.title.get_by_role("button").click()
        expect(self.models).to_be_visible()

    def share(self, what: str) -> None:
        """From the menu in the header."""
        self.place.get_by_label(texts.header.share).click()
        self.button(what).click()

    def export(self, form: str) -> Download:
        """The chat as "json", "openai" or "markdown"."""
        with self.page.expect_download() as download:
            self.share(getattr(texts.header, form))
        return download.value

    def import_file(self, file: Path) -> None:
        """Chats from a file."""
        self.place.locator("input[type=file][accept*=json]").set_input_files(file)

    def copy_link(self) -> None:
        """To the question."""
        self.share(texts.header.link)
        expect(self.place.get_by_text(texts.header.copied)).to_be_visible()

    def link(self) -> str:
        """The same, as the clipboard has it."""
        return self._clipboard(self.copy_link)

    def told(self, sentence: str, timeout: float | None = None) -> None:
        """Waits until it is said somewhere."""
        expect(self.place.get_by_text(sentence).first).to_be_visible(timeout=timeout)

    def close_toasts(self) -> None:
        """Those that stand over the page."""
        for close in self.place.get_by_test_id("toast-close").all():
            close.click()
        expect(self.toasts).to_have_count(0)

    def set(self, **values: str) -> None:
        """Fills fields of the settings."""
        self.panel.set(**values)
