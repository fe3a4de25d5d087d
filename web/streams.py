"""How many streams one address may hold open, of each kind: each is a connection, and tasks of the event loop."""

from collections import Counter

from web.requests import App, Receive, Scope, Send, respond, visitor

STREAMS = ("/gradio_api/queue/data", "/gradio_api/heartbeat/", "/gradio_api/upload_progress")
CROWDED = "Too many pages of this app are open at your address. Close some, and reload this one."


class StreamLimit:
    """So many at once for each address and kind. Of an address that has too many pages the newest get no answers; one
    without a heartbeat works, and is forgotten later than others."""

    def __init__(self, app: App, most: int) -> None:
        self.app = app
        self._most = most
        self._open: Counter[tuple[str, str]] = Counter()  # by address and kind

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = next((kind for kind in STREAMS if scope["type"] == "http" and scope["path"].startswith(kind)), None)
        if kind is None:
            await self.app(scope, receive, send)
            return
        key = visitor(scope), kind
        if self._open.get(key, 0) >= self._most:
            await respond(429, CROWDED, scope, receive, send)
            return
        self._open[key] += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._open[key] -= 1
            if not self._open[key]:
                del self._open[key]
