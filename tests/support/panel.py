"""The settings at the right of the page as whoever uses them sees them: see chat.py."""

import re

from playwright.sync_api import FrameLocator, Locator, Page, expect

IS_OPEN = re.compile(r"\bopen\b")
SECTIONS = {"system_prompt": "Prompt"}  # in which a field stands; others in Response
ADVANCED = {"seed", "top_k", "min_p", "repetition_penalty", "stop_texts", "json_schema"}  # folded there


class Panel:
    """They are closed at first; `place` is where the page stands."""

    def __init__(self, page: Page, place: Page | FrameLocator) -> None:
        self.page, self.place = page, place
        self.side = place.locator(".sidebar:is(#panel, :has(#panel))")
        self.changed, self.tool_note, self.prompt_note = map(place.locator, ("#changed", "#tool-note", "#prompt-note"))

    def open(self, section: str) -> None:
        """Opens them at this section."""
        if not self._is_open():
            self._button().click()
        expect(self.side).to_have_class(IS_OPEN)
        self.side.get_by_role("tab", name=section).click()

    def close(self) -> None:
        """Where there is room for more than them."""
        if self._is_open():
            self._button().click()
        expect(self.side).not_to_have_class(IS_OPEN)

    def _is_open(self) -> bool:
        return bool(IS_OPEN.search(self.side.get_attribute("class") or ""))

    def _button(self) -> Locator:
        return self.place.get_by_role("button", name="Settings", exact=True)

    def unfold(self, name: str) -> None:
        """What is folded in them."""
        self._unfold(self.side.get_by_role("button", name=name))

    @staticmethod
    def _unfold(fold: Locator) -> None:
        if not IS_OPEN.search(fold.get_attribute("class") or ""):
            fold.click()

    def field(self, name: str) -> Locator:
        """One of them, or the number of one that has a slider too."""
        return self.place.locator(f"#{name.replace('_', '-')} :is(input:not([type=range]), textarea)")

    def set(self, **values: str) -> None:
        """Fills fields."""
        for name, value in values.items():
            self.open(SECTIONS.get(name, "Response"))
            if name in ADVANCED:
                self.unfold("Advanced")
            self.field(name).fill(value)
            self.field(name).blur()

    def template(self, name: str) -> None:
        """Fills the system prompt in."""
        self.open("Prompt")
        self.place.locator("#preset input").click()
        self.place.get_by_role("option", name=name).click()

    def use_tool(self, name: str) -> None:
        """Turns one on that ships."""
        self.open("Tools")
        self.side.get_by_label(name).check()

    def describe_tools(self, schemas: str) -> None:
        """Writes one's own into the editor, in place of what is there."""
        self.open("Tools")
        self.place.locator("#tool-schemas .cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(schemas)

    def call(self, choice: str) -> None:
        """Says which tools are to be called."""
        self.open("Tools")
        self.place.locator("#tool-choice input").click()
        self.place.get_by_role("option", name=choice).click()

    def run_calls(self, how: str) -> None:
        """Says whether calls run by themselves."""
        self.open("Tools")
        self.side.get_by_label(how).check()

    def bench(self, tool: str) -> Locator:
        """Where this tool is tried by hand."""
        self.open("Tools")
        bench = self.place.locator("#bench")
        self._unfold(bench.get_by_role("button").first)
        bench.get_by_role("button", name=tool).first.click()
        return bench
