"""Events that are not done yet: more at once than pages can watch, and of one visitor a part of them.

Why: Gradio carries out as many events at once as it has threads, and each page that watches an answer is one of them.
Seen with: Gradio 6.31.0; `Queue.active_jobs` has a place for each, made at the start, and `Queue.event_ids_to_events`
gains an event in the course of its request, and loses it by `pop`.
Without it: 128 watched answers, or 128 events of one visitor, have everybody else wait until one of them ends.
Remove when: the places are set apart from the threads, and shared fairly among visitors.
"""

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr
from fastapi import HTTPException
from starlette.requests import Request

from ui.fairness.asking import ASKING
from web.requests import visitor

PLACES, OF_ONE = 4_000, 256  # of all visitors, and of one: a page at rest has none, one that watches an answer has one
CROWDED = "You have too much in progress. Wait for some of it to finish, or stop an answer."


class Unfinished(dict[str, Any]):
    """Events by id, in the place of Gradio's own, counted by visitor."""

    def __init__(self) -> None:
        super().__init__()
        self._visitors: dict[str, str] = {}
        self.count: Counter[str] = Counter()

    def __setitem__(self, id: str, event: Any) -> None:
        super().__setitem__(id, event)
        self._visitors[id] = ASKING.get()
        self.count[ASKING.get()] += 1

    def visitor(self, id: str) -> str:
        """Whose an event is; "" where there is none."""
        return self._visitors.get(id, "")

    def pop(self, id: str, *default: Any) -> Any:
        """See dict."""
        if (visitor := self._visitors.pop(id, None)) is not None:
            self.count[visitor] -= 1
            if not self.count[visitor]:
                del self.count[visitor]
        return super().pop(id, *default)


class Places:
    """A dependency of all routes. Refuses an event of a visitor who has OF_ONE that are not done yet."""

    def __init__(self) -> None:
        self._coming: Counter[str] = Counter()  # by visitor, requests for one that is not among them yet

    async def __call__(self, request: Request) -> AsyncIterator[None]:
        """Raises HTTPException."""
        if not request.scope["path"].rstrip("/").endswith("/queue/join"):
            yield
            return
        who, unfinished = visitor(request.scope), request.app.get_blocks()._queue.event_ids_to_events
        if unfinished.count[who] + self._coming[who] >= OF_ONE:
            raise HTTPException(429, CROWDED)
        self._coming[who] += 1
        try:
            yield
        finally:
            self._coming[who] -= 1
            if not self._coming[who]:
                del self._coming[who]


def count_unfinished(blocks: gr.Blocks) -> None:
    """Has the queue of a page, which is there by now, count so."""
    blocks._queue.event_ids_to_events = Unfinished()


def make_places(blocks: gr.Blocks) -> None:
    """Has the queue of a page, which is served by now, carry out PLACES events at once."""
    places = blocks._queue.active_jobs
    places.extend([None] * (PLACES - len(places)))
