"""Who reads what the server writes: a job that nobody reads is ended after a while."""

import time
from urllib.parse import parse_qs

from web.requests import App, Receive, Scope, Send

STREAM = "/gradio_api/queue/data"


class Liveness:
    """The open event streams of each page."""

    def __init__(self) -> None:
        self._open: dict[str, int] = {}
        self._closed: dict[str, float] = {}

    def unread_for(self, session: str) -> float:
        """Seconds for which no stream of this page has been open, at first since this was asked."""
        if self._open.get(session):
            return 0.0
        since = self._closed.setdefault(session, time.monotonic())
        self._trim()
        return time.monotonic() - since

    def opened(self, session: str) -> None:
        """A stream of this page was opened."""
        self._open[session] = self._open.get(session, 0) + 1
        self._closed.pop(session, None)

    def closed(self, session: str) -> None:
        """A stream of this page ended."""
        self._open[session] -= 1
        if not self._open[session]:
            del self._open[session]
            self._closed[session] = time.monotonic()
        self._trim()

    def _trim(self) -> None:
        if len(self._closed) > 10_000:  # the oldest are of pages long gone
            del self._closed[next(iter(self._closed))]


def session_of(scope: Scope) -> str:
    """The session that a stream is for, as Gradio's page names it; "" where it names none."""
    query: bytes = scope["query_string"]
    return parse_qs(query.decode("ascii", "replace")).get("session_hash", [""])[0]


class TrackLiveness:
    """Notes each stream's beginning and end."""

    def __init__(self, app: App, liveness: Liveness) -> None:
        self.app = app
        self._liveness = liveness

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != STREAM:
            await self.app(scope, receive, send)
            return
        session = session_of(scope)
        self._liveness.opened(session)
        try:
            await self.app(scope, receive, send)
        finally:
            self._liveness.closed(session)
