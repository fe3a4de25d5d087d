"""The view of a batch as whoever uses it sees it: see chat.py."""

from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.support.chat import Chat
from tests.support.shapes import QUESTION
from ui.texts import texts

SAID = texts.batch


class BatchView:
    """The view, on an open page."""

    def __init__(self, chat: Chat) -> None:
        self.chat, self.page = chat, chat.page
        self.place = chat.page.locator("#batch")
        self.state, self.rows = self.place.locator("#batch-state"), self.place.locator("tbody tr")
        self.prompt = self.place.get_by_label(SAID.prompt)

    def open(self) -> None:
        """Opens it, with the chats where they lie over the page."""
        if self.chat.shelf.evaluate("(shelf) => shelf.getBoundingClientRect().right < 50"):
            self.chat.button("Chats").click()
        self.page.locator('#shelf [data-act="batch"]').click()
        expect(self.place).to_be_visible()

    def button(self, name: str) -> Locator:
        """That of this name."""
        return self.place.get_by_role("button", name=name, exact=True)

    def add(self, *files: Path) -> None:
        """Picks files, each of which is an item."""
        before = self.rows.count()
        with self.page.expect_file_chooser() as chooser:
            self.button(SAID.files).click()
        chooser.value.set_files(files)
        expect(self.rows).to_have_count(before + len(files))

    def start(self, prompt: str = QUESTION) -> None:
        """Asks about each item."""
        self.prompt.fill(prompt)
        self.button(SAID.start).click()

    def answers(self) -> list[str]:
        """What stands in the first column after the items."""
        return self.rows.locator("td:first-of-type").all_inner_texts()

    def downloaded(self, name: str) -> str:
        """The text of a file of results."""
        with self.page.expect_download() as download:
            self.button(name).click()
        return download.value.path().read_text("utf-8-sig")
