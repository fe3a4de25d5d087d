"""What the server keeps for each page: small, and never mixed up with another page's."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakValueDictionary

import gradio as gr
import pytest
from gradio import routes, state_holder

from ui.gradio_patches.sessions.lean_sessions import PageState, keep_pages_lean


@dataclass(frozen=True)
class Pages:
    """A page with a menu and a memory; `open` opens it once more."""

    blocks: gr.Blocks
    menu: gr.Dropdown
    memory: gr.State
    open: Callable[[], PageState]

    def update(self, page: PageState, *entries: str) -> None:
        """As Gradio does where a handler changes the menu."""
        function = next(iter(self.blocks.fns.values()))
        asyncio.run(self.blocks.postprocess_data(function, gr.update(choices=list(entries)), page))

    def choose(self, page: PageState, entry: str) -> None:
        """As Gradio does where a person chose it."""
        function = next(iter(self.blocks.fns.values()))
        asyncio.run(self.blocks.preprocess_data(function, [entry], page))

    def entries(self, page: PageState) -> list[str]:
        return [name for name, _ in page[self.menu._id].choices]


@pytest.fixture
def pages() -> Pages:
    async def build() -> Pages:  # inside a loop, since Gradio would otherwise make some and never close them
        with gr.Blocks() as blocks:
            menu, memory = gr.Dropdown(["a", "b"], label="Menu"), gr.State([])
            menu.change(lambda chosen: chosen, menu, menu)
        alike: WeakValueDictionary = WeakValueDictionary()
        return Pages(blocks, menu, memory, lambda: PageState(alike, blocks))

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


def test_a_menu_that_is_replaced_is_let_go(pages: Pages) -> None:
    page = pages.open()
    for number in range(20):
        pages.update(page, f"entry {number}")
        pages.choose(page, f"entry {number}")
    assert len(page.alike) == 1


def test_a_menu_of_many_pages_notes_no_files_of_any(pages: Pages) -> None:
    page = pages.open()
    pages.update(page, "mine")
    page[pages.menu._id].temp_files.add("/tmp/medical.png")
    assert not page[pages.menu._id].temp_files


def test_gradio_keeps_pages_so(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_holder, "SessionState", state_holder.SessionState)  # put back afterwards
    monkeypatch.setattr(routes, "StateHolder", state_holder.StateHolder)
    keep_pages_lean()
    holder = state_holder.StateHolder()
    holder.set_blocks(pages.blocks)
    assert isinstance(holder["a session"], PageState)
