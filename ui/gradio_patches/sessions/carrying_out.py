"""How events are carried out: a few of one visitor begin at a time, and none keeps its place, however it ends.

Why: Gradio begins as many events at once as it has places. Of one that is cancelled before it has begun, or once more
while it ends, it gives the place not back, nor forgets what else it has noted of it.
Seen with: Gradio 6.31.0; `Queue.process_events` makes what a task is made of, which notes the end of its events last.
Without it: a crowd of one visitor's events, which begin at once, has all others wait; and an address at which somebody
cancels events twice is refused for ever.
Remove when: Gradio has visitors take turns, and notes the end of each event.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

import gradio as gr
from gradio.queueing import Queue

from ui.gradio_patches.sessions.unfinished import Unfinished
from web.incoming.turns import Turns

BEGINNINGS, BEGINNING_SECONDS = 2, 0.1  # of one visitor at a time, and how long an event counts as beginning


class CarryingOut:
    """Carries events out in the place of a queue's own, and leaves none of their places taken, however they end.

    A few of one visitor begin at a time, since a beginning is what takes the processor: most are done with it, and what
    goes on then, like an answer that a page watches, mostly waits.
    """

    def __init__(self, queue: Queue, unfinished: Unfinished) -> None:
        self._queue, self._carry_out, self._unfinished = queue, queue.process_events, unfinished
        self._turns = Turns(BEGINNINGS)
        self._under_way = set[asyncio.Future[None]]()  # which would not be held by the event loop alone

    def __call__(self, events: list[Any], *given: Any) -> Coroutine[Any, Any, None]:
        """What a task is to be made of at once."""
        has_begun = False

        def look() -> None:
            if not has_begun:
                self._drop(events, *given)

        async def carried_out() -> None:
            nonlocal has_begun
            has_begun = True
            work: asyncio.Future[None] | None = None
            try:
                async with self._turns.of(self._unfinished.visitor(events[0]._id)):
                    work = self._begin(events, *given)
                    await asyncio.wait({work}, timeout=BEGINNING_SECONDS)
                await asyncio.shield(work)
            except asyncio.CancelledError:  # passed on once, however often it comes: the work ends in order
                if work is None:
                    work = self._drop(events, *given)
                else:
                    work.cancel()
                await asyncio.wait({work})
                raise

        loop = asyncio.get_running_loop()
        loop.call_soon(loop.call_soon, look)  # after the task's first step
        return carried_out()

    def _begin(self, events: list[Any], *given: Any) -> asyncio.Future[None]:
        work = asyncio.ensure_future(self._carry_out(events, *given))
        self._under_way.add(work)
        work.add_done_callback(self._under_way.discard)
        work.add_done_callback(lambda _: self._give_back(events))
        return work

    def _drop(self, events: list[Any], *given: Any) -> asyncio.Future[None]:
        """Has the queue note the end of what has not begun, as of what nobody waits for: nothing is done for it."""
        for event in events:
            event.alive = False
        return self._begin(events, *given)

    def _give_back(self, events: list[Any]) -> None:
        """What the queue has not given back by itself."""
        places = self._queue.active_jobs
        if events in places:
            places[places.index(events)] = None
        for event in events:
            self._unfinished.pop(event._id, None)
            if self._queue.server_app:
                self._queue.server_app.iterators.pop(event._id, None)
                self._queue.server_app.iterators_to_reset.discard(event._id)  # noted while it took its last step


def carry_out_in_turn(blocks: gr.Blocks) -> None:
    """Has the queue of a page, whose events are counted by now, carry them out so."""
    queue = blocks._queue
    assert isinstance(queue.event_ids_to_events, Unfinished)
    queue.process_events = CarryingOut(queue, queue.event_ids_to_events)  # type: ignore[method-assign,assignment]
