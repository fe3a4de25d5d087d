"""What the server keeps for each page: small, and never mixed up with another page's."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakValueDictionary

import gradio as gr
import pytest

from ui.page_state import PageState


@dataclass(frozen=True)
class Pages:
    """A page with a menu and a memory; `open` opens it once more."""

    menu: gr.Dropdown
    memory: gr.State
    open: Callable[[], PageState]

    def update(self, page: PageState, *entries: str) -> None:
        """As Gradio does where a handler changes the menu."""
        page[self.menu._id] = gr.Dropdown(list(entries), label="Menu", render=False)
        page._update_config(self.menu._id)
        page._update_value_in_config(self.menu._id, entries[0])

    def entries(self, page: PageState) -> list[str]:
        return [name for name, _ in page[self.menu._id].choices]


@pytest.fixture
def pages() -> Pages:
    async def build() -> Pages:  # inside a loop, since Gradio would otherwise make some and never close them
        with gr.Blocks() as blocks:
            menu, memory = gr.Dropdown(["a", "b"], label="Menu"), gr.State([])
        alike: WeakValueDictionary = WeakValueDictionary()
        return Pages(menu, memory, lambda: PageState(alike, blocks))

    return asyncio.run(build())


def test_what_changes_on_one_page_changes_on_no_other(pages: Pages) -> None:
    first, second = pages.open(), pages.open()
    pages.update(first, "mine")
    assert pages.entries(first) == ["mine"]
    assert pages.entries(second) == pages.entries(pages.open()) == ["a", "b"]
    pages.update(second, "yours")
    assert pages.entries(first) == ["mine"]
    assert pages.entries(second) == ["yours"]


def test_a_hundred_pages_that_look_alike_keep_one_menu_as_long_as_they_are_kept(pages: Pages) -> None:
    opened = [pages.open() for _ in range(100)]
    for page in opened:
        pages.update(page, "a", "b", "c")
    assert len({id(page[pages.menu._id]) for page in opened}) == 1
    alike = opened[0].alike
    del page
    opened.clear()
    assert not alike


def test_what_one_page_remembers_is_not_seen_by_another(pages: Pages) -> None:
    first, second = pages.open(), pages.open()
    first[pages.memory._id] = ["secret"]
    assert first[pages.memory._id] == ["secret"]
    assert second[pages.memory._id] == []


def test_no_page_holds_a_copy_of_the_configuration(pages: Pages) -> None:
    page = pages.open()
    pages.update(page, "mine")
    page[pages.memory._id] = ["secret"]
    assert not list(page.components)
