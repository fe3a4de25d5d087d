"""What Gradio keeps for each page, made lean: by itself it takes half a megabyte, and 50 ms of the event loop.

Why: most of that is a copy of the page's whole configuration, renewed at every update. It is there for deep links,
which web/middleware.py closes. The rest is a component anew for every update of its looks, most alike on all pages.
Pages are counted and not weighed, and those used longest ago go, whoever opened the many.
Seen with: Gradio 6.31.0; the app makes a `routes.StateHolder`, and that a `state_holder.SessionState` for each page, by
those names.
Without it: MAX_PAGES pages (ui/launching.py) take a gigabyte, and each that is opened holds up all others. One visitor
who opens as many has the choices of everybody else's menus forgotten.
Remove when: Gradio keeps for a session only what differs from the page as built, and sees to whose pages go.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from types import SimpleNamespace
from typing import Any
from weakref import WeakValueDictionary

import gradio as gr
from gradio import routes, state_holder

from ui.fairness.asking import ASKING
from ui.fairness.shares import Room, Shares
from ui.fairness.weight import weight

BYTES, BYTES_OF_ONE = 400_000_000, 100_000_000  # of all pages, and of one visitor's
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
        self.weigh: Callable[[int], None] = lambda _: None  # is told the bytes of what is this page's own
        self._sizes: dict[int, int] = {}  # of what was changed, by the component's number

    def __setitem__(self, key: int, value: Any) -> None:
        block = self.blocks_config.blocks.get(key)
        if isinstance(block, gr.State):
            self._state_ttl[key] = (block.time_to_live, datetime.now())  # naive, as Gradio compares it
            self.state_data[key] = value
            self._changed(key, weight(value))
        elif value._id != key:  # a replacement; by its own number, under which it comes again, nothing is looked up
            value.temp_files = NoFiles()
            made_from = f"{key} {value.constructor_args}"
            self.blocks_config.blocks[key] = self.alike.setdefault(made_from, value)
            self._changed(key, 2 * len(made_from))

    def _changed(self, key: int, size: int) -> None:
        self._sizes[key] = size
        self.weigh(sum(self._sizes.values()))

    def _update_config(self, key: int) -> None:
        """No configuration is kept."""

    def _update_value_in_config(self, key: int, value: Any) -> None:
        """No configuration is kept."""


class PageHolder(state_holder.StateHolder):
    """The pages of all visitors, as many as Gradio was told. Where there are too many, those of whoever has most go."""

    def set_blocks(self, blocks: gr.Blocks) -> None:
        """See StateHolder."""
        super().set_blocks(blocks)
        self._shares = Shares(Room(self.capacity, BYTES, BYTES_OF_ONE))

    def update(self, session_id: str) -> None:
        """Notes that a page is used, by whoever is asking."""
        with self.lock:
            if state := self.session_data.get(session_id):
                state.weigh = partial(self._weigh, session_id, state)  # type: ignore[attr-defined]
                self._shares.use(session_id, ASKING.get())
                self._make_room(session_id)

    def _weigh(self, session_id: str, state: state_holder.SessionState, size: int) -> None:
        with self.lock:
            if self.session_data.get(session_id) is state:
                self._shares.weigh(session_id, size)
                self._make_room(session_id)

    def _make_room(self, used: str) -> None:
        while page := self._shares.next_to_go(used.__eq__):
            self._shares.drop(page)
            self.session_data.pop(page)
            self.time_last_used.pop(page, None)


def keep_pages_lean() -> None:
    """Has Gradio keep pages so from now on; it has no setting for it."""
    state_holder.SessionState = partial(PageState, WeakValueDictionary())  # type: ignore[assignment,misc]
    routes.StateHolder = PageHolder  # type: ignore[attr-defined]
