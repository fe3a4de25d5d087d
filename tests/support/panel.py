"""The settings at the right of the page as whoever uses them sees them: see chat.py."""

import re

from playwright.sync_api import FrameLocator, Locator, Page, expect

from ui.texts import texts

IS_OPEN = re.compile(r"\bopen\b")
# What is folded in them.
ADVANCED = {"top_p", "top_k", "min_p", "repetition_penalty", "seed", "stop_texts"}


class Panel:
    """They are closed at first; `place` is where the page stands."""

    def __init__(self, page: Page, place: Page | FrameLocator) -> None:
        self.page, self.place = page, place
        self.side, self.tools_dialog = place.locator("#panel"), place.locator("#tools-dialog")
        self.changed, self.tool_note, self.prompt_note = map(place.locator, ("#changed", "#tool-note", "#prompt-note"))

    def open(self) -> None:
        """Opens them."""
        if self.side.is_hidden():
            self.place.get_by_role("button", name=texts.header.settings, exact=True).click()
        expect(self.side).to_be_visible()

    def close(self) -> None:
        """Closes them."""
        if self.side.is_visible():
            self.side.get_by_role("button", name=texts.header.close, exact=True).click()
        expect(self.side).to_be_hidden()

    def unfold(self, name: str) -> None:
        """What is folded in them."""
        self.open()
        _unfold(self.side.get_by_role("button", name=name))

    def field(self, name: str) -> Locator:
        """One of them, or the number of one that has a slider too."""
        return self.place.locator(f"#{name.replace('_', '-')} :is(input:not([type=range]), textarea)")

    def set(self, **values: str) -> None:
        """Fills fields."""
        for name, value in values.items():
            self.open()
            if name in ADVANCED:
                self.unfold(texts.panel.advanced)
            if name == "json_schema":
                self.unfold(texts.panel.structured)
            self.field(name).fill(value)
            self.field(name).blur()

    def tool(self, name: str) -> Locator:
        """The switch of one that ships."""
        return self.side.get_by_role("switch", name=name)

    def use_tool(self, name: str) -> None:
        """Turns it on."""
        self.open()
        self.tool(name).check()

    def call(self, choice: str) -> None:
        """Says which tools are to be called."""
        self.open()
        self.place.locator("#tool-choice input").click()
        self.place.get_by_role("option", name=choice, exact=True).click()

    def open_tools(self) -> None:
        """Opens the dialog with the person's own tools, and where each is tried by hand."""
        self.open()
        self.side.get_by_role("button", name=texts.panel.edit_custom_tools).click()
        expect(self.tools_dialog).to_be_visible()

    def close_tools(self) -> None:
        """Closes it."""
        self.page.keyboard.press("Escape")
        expect(self.tools_dialog).to_be_hidden()

    def describe_tools(self, schemas: str) -> None:
        """Writes one's own into the editor, in place of what is there."""
        self.open_tools()
        self.tools_dialog.locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(schemas)
        self.close_tools()

    def bench(self, tool: str) -> Locator:
        """Where this tool is tried by hand."""
        self.open_tools()
        _unfold(self.tools_dialog.get_by_role("button", name=texts.panel.test_tool))
        _unfold(self.tools_dialog.get_by_role("button", name=tool))
        return self.tools_dialog


def _unfold(fold: Locator) -> None:
    if not IS_OPEN.search(fold.get_attribute("class") or ""):
        fold.click()
