"""Ends a stream of events that waits for none, and in order one whose session is gone.

Why: Gradio leaves a stream open until the page's next event is done, and its client opens one whenever it reads the
answer to its joining, also where the event is done by then. Where the connection breaks meanwhile (the app is started
anew, a phone changes its network) it takes the stream for open ever after, and hears nothing of what the page does from
then on. Where the session went meanwhile Gradio tells the page so and then raises into a response that has begun.
Seen with: Gradio 6.31.0; client/js/src/utils/stream.ts, whose onerror leaves `stream_status.open` as it is.
Without it: after such a break nothing on the page does anything until it is loaded anew; and whoever opens two streams
of a session and closes one has a trace of 6 kB written.
Remove when: the client opens no stream for an event that is done, or takes note of a broken one; and Gradio ends such
streams by itself.
"""

import asyncio
import logging
from collections.abc import Callable

from gradio.queueing import Queue
from gradio.server_messages import ProcessCompletedMessage
from starlette.exceptions import HTTPException

from web.liveness import STREAM, session_of
from web.requests import App, Receive, Scope, Send

IDLE_SECONDS = 1.0  # the event that a stream is opened for may be on its way
NONE = "none"  # no event's id: they have 32 digits
log = logging.getLogger(__name__)


class EndIdleStreams:
    """Has Gradio end each stream whose page waits for nothing, as it does when the last event is done."""

    def __init__(self, app: App, queue: Callable[[], Queue]) -> None:
        self.app = app
        self._queue = queue

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != STREAM:
            await self.app(scope, receive, send)
            return
        ending = asyncio.create_task(self._ends(session_of(scope)))
        try:
            await self.app(scope, receive, send)
        except RuntimeError as error:  # Starlette's, of what was raised into the response
            if not isinstance(error.__cause__, HTTPException | KeyError):
                raise
            log.warning("ended a stream whose session is gone")
            await send({"type": "http.response.body"})
        finally:
            ending.cancel()

    async def _ends(self, session: str) -> None:
        while True:
            await asyncio.sleep(IDLE_SECONDS)
            queue = self._queue()
            said = queue.pending_messages_per_session.get(session)
            waits_for = queue.pending_event_ids_session.get(session)
            if said is None or waits_for is None or not said.empty():
                continue
            waits_for.intersection_update(queue.event_ids_to_events)  # of one that broke off nothing more is said
            if not waits_for:
                said.put_nowait(ProcessCompletedMessage(event_id=NONE, output={}, success=True))
