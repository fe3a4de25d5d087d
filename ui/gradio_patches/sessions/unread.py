"""What pages are yet to be told, and have not read: bounded in bytes, and fairly among visitors.

Why: Gradio keeps it for the 2,000 sessions that came last, however much it is and whoever they are. Which of a
session's events are not done yet it keeps for ever.
Seen with: Gradio 6.31.0; `Queue.pending_messages_per_session` makes room when a session is put into it, and
asyncio.Queue documents that `_put` and `_get` may be overridden.
Without it: 2,000 calls of one visitor end everybody's answers, since Gradio then has nobody to tell; and a visitor who
reads nothing has gigabytes kept. Where what is unread is forgotten and nobody is told, the page waits for ever.
Remove when: Gradio bounds what it keeps of a session, and sees to whose goes.
"""

import asyncio
import time
from collections.abc import Callable
from itertools import islice
from typing import Any

import gradio as gr
from gradio.queueing import Queue
from gradio.server_messages import UnexpectedErrorMessage

from ui.fairness.asking import ASKING
from ui.fairness.shares import Room, Shares
from ui.fairness.weight import weight

ROOM = Room(count=4_000, bytes=500_000_000, bytes_of_one=125_000_000)
READ_SECONDS = 30.0  # a page that reads comes back for more every 10 s at the least
LITTLE = 4_000_000  # bytes that may wait for a page that reads
STALE_SECONDS = 900.0  # a page that nobody has looked at for so long is loaded anew when somebody does
FORGOTTEN = UnexpectedErrorMessage(message="404: Not Found", session_not_found=True)  # the page is loaded anew by it


class Mail(asyncio.Queue[Any]):
    """What one session is yet to be told. `weigh` is told how many bytes that is, whenever it changes."""

    def __init__(self, weigh: Callable[[int], None]) -> None:
        super().__init__()
        self.bytes, self.readers, self.read_at = 0, 0, -READ_SECONDS  # readers wait for what comes next
        self.used_at = time.monotonic()
        self._weigh = weigh

    async def get(self) -> Any:
        """See asyncio.Queue."""
        self.read_at = time.monotonic()
        self.readers += 1
        try:
            return await super().get()
        finally:
            self.readers -= 1
            self.used_at = time.monotonic()

    def _put(self, item: Any) -> None:
        size = weight(item)
        super()._put((size, item))
        self.bytes += size
        self.used_at = time.monotonic()
        self._weigh(self.bytes)

    def _get(self) -> Any:
        size, item = super()._get()
        self.bytes -= size
        self._weigh(self.bytes)
        return item


class Unread(dict[str, Any]):
    """The Mail of each session, in the place of Gradio's own. For want of room that of whoever has most goes.

    What nobody came back for in `stale_seconds` goes too.
    """

    def __init__(self, queue: Queue, room: Room = ROOM, stale_seconds: float = STALE_SECONDS) -> None:
        super().__init__()
        self._stale_seconds = stale_seconds
        self._queue, self._room, self._shares = queue, room, Shares(room)

    def __setitem__(self, session: str, _: Any) -> None:
        for waiting in list(islice(self, 2)):  # two for each that comes: all are looked at once in a while
            self._look_after(waiting)
        super().__setitem__(session, self._mail(session))
        self._shares.use(session, ASKING.get())
        self._make_room(session)

    def __delitem__(self, session: str) -> None:
        """Forgets a session, which may have gone before."""
        self.pop(session, None)
        self._shares.drop(session)
        self._queue.pending_event_ids_session.pop(session, None)

    def _look_after(self, session: str) -> None:
        """Forgets what is stale; whose is not is looked at again after all others."""
        mail: Mail = self[session]
        is_old = time.monotonic() - mail.used_at > self._stale_seconds
        if is_old and not (mail.readers or self._is_under_way(session)):
            del self[session]
        else:
            super().__setitem__(session, super().pop(session))

    def _is_under_way(self, session: str) -> bool:
        """Whether an event of this session is not done: of one that is Gradio knows until a page reads that."""
        ids, unfinished = self._queue.pending_event_ids_session.get(session, ()), self._queue.event_ids_to_events
        return any(id in unfinished for id in ids)

    def _mail(self, session: str) -> Mail:
        mail = Mail(lambda size: self._weigh(session, mail, size))
        return mail

    def _weigh(self, session: str, mail: Mail, size: int) -> None:
        if self.get(session) is mail:
            self._shares.use(session)
            self._shares.weigh(session, size)
            self._make_room()

    def _make_room(self, new: str = "") -> None:
        while session := self._shares.next_to_go(lambda session: session == new or self._is_spared(session)):
            self._give_up(session)

    def _is_spared(self, session: str) -> bool:
        """Whether a page takes what there is at once, or reads what comes of an event that is not done yet."""
        mail: Mail = self[session]
        is_read = time.monotonic() - mail.read_at < READ_SECONDS
        is_awaited = mail.bytes < LITTLE and bool(self._queue.pending_event_ids_session.get(session))
        return bool(mail.readers) or (is_read and is_awaited)

    def _give_up(self, session: str) -> None:
        """Nobody is told what comes of its events any more, and what has not begun is not done.

        Where it is its bytes that find no room its stream, which may be open, tells the page so.
        """
        queue = self._queue
        for id in queue.pending_event_ids_session.get(session, ()):
            if event := queue.event_ids_to_events.get(id):
                event.alive = False
        for waiting in queue.event_queue_per_concurrency_id.values():
            gone = [event for event in waiting.queue if event.session_hash == session]
            for event in gone:
                waiting.queue.remove(event)
                queue.event_ids_to_events.pop(event._id, None)
        if len(self) > self._room.count:
            del self[session]
            return
        mail = self._mail(session)
        mail.put_nowait(FORGOTTEN)  # which weighs nothing, as long as this mail is not there
        super().__setitem__(session, mail)
        self._shares.weigh(session, 0)


def bound_what_is_unread(blocks: gr.Blocks) -> None:
    """Has the queue of a page, which is there by now, keep so what is unread."""
    unread = Unread(blocks._queue, stale_seconds=STALE_SECONDS)
    blocks._queue.pending_messages_per_session = unread  # type: ignore[assignment]
