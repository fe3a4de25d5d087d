"""What Gradio keeps for each page, made lean: by itself it takes half a megabyte, and 50 ms of the event loop.

Why: most of that is a copy of the page's whole configuration, renewed at every update. It is there for deep links,
which web/middleware.py closes. The rest is a component anew for every update of its looks, most alike on all pages.
Seen with: Gradio 6.31.0; the holder of sessions makes a `state_holder.SessionState` for each, by that name.
Without it: MAX_PAGES pages (ui/launching.py) take a gigabyte, and each that is opened holds up all others.
Remove when: Gradio keeps for a session only what differs from the page as built.
"""

from datetime import datetime
from functools import partial
from types import SimpleNamespace
from typing import Any
from weakref import WeakValueDictionary

import gradio as gr
from gradio import state_holder

Alike = WeakValueDictionary[str, gr.Component]  # components by what they are made from: plain values, in this page


class NoFiles(set[str]):
    """Where Gradio notes a visitor's files, in a component of many pages. Only those of the page as built are swept."""

    def add(self, path: str, /) -> None:
        """Forgets it."""


class PageState(state_holder.SessionState):
    """A page's components, and what its States hold. Components that are `alike` are one for all pages."""

    def __init__(self, alike: Alike, blocks: gr.Blocks) -> None:
        bare: Any = SimpleNamespace(default_config=blocks.default_config, blocks={})  # with nothing to copy
        super().__init__(bare)
        self.alike = alike

    def __setitem__(self, key: int, value: Any) -> None:
        block = self.blocks_config.blocks.get(key)
        if isinstance(block, gr.State):
            self._state_ttl[key] = (block.time_to_live, datetime.now())  # naive, as Gradio compares it
            self.state_data[key] = value
        elif value._id != key:  # a replacement; by its own number, under which it comes again, nothing is looked up
            value.temp_files = NoFiles()
            self.blocks_config.blocks[key] = self.alike.setdefault(f"{key} {value.constructor_args}", value)

    def _update_config(self, key: int) -> None:
        """No configuration is kept."""

    def _update_value_in_config(self, key: int, value: Any) -> None:
        """No configuration is kept."""


def keep_pages_lean() -> None:
    """Has Gradio keep pages so from now on; it has no setting for it."""
    state_holder.SessionState = partial(PageState, WeakValueDictionary())  # type: ignore[assignment,misc]
