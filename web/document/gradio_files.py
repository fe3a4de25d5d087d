"""Gradio's own files: packed once and kept by the server, and by browsers, of which Gradio says nothing."""

import asyncio
import re
from collections import OrderedDict

from starlette.datastructures import Headers, MutableHeaders

from web.document.packing import Packed
from web.document.page_files import FOR_GOOD
from web.requests import App, Message, Receive, Scope, Send

HASHED = re.compile(r"/assets/[\w.-]+-[\w-]{8,12}\.(\w+)")  # as Vite names what it has built
NEVER_NEW = re.compile(r"/static/.+")  # but with another Gradio
TEXTS = {"js": "text/javascript", "css": "text/css"}
MOST = 16_000_000  # bytes that are held: a page takes about 2 million
LONGEST = 1_000_000  # of one file: larger ones are for what this page has not


class GradioFiles:
    """Has browsers keep them, for good where a hash is in the name; of those the texts are packed once, and held.

    Gradio looks for a file anew for each who asks, and packs it again: of a hundred files that one page takes that is
    a quarter of a second of a processor.
    """

    def __init__(self, app: App) -> None:
        self.app = app
        self._held: OrderedDict[str, Packed] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        hashed = HASHED.fullmatch(path)
        kept = FOR_GOOD if hashed else "public, max-age=86400" if NEVER_NEW.fullmatch(path) else ""
        if not kept:
            await self.app(scope, receive, send)
            return
        if not hashed or hashed[1] not in TEXTS or scope["method"] != "GET" or "range" in Headers(scope=scope):
            await self.app(scope, receive, _marked(send, kept))
            return
        if path not in self._held:
            read = _Read(_marked(send, kept))
            await self.app(_plain(scope), receive, read)
            if read.body is None:
                return
            self._hold(path, read.body)
        packed, asked = self._held[path], Headers(scope=scope)
        await asyncio.to_thread(packed.taken, asked)
        await packed.response(asked, TEXTS[hashed[1]], {"Cache-Control": kept})(scope, receive, send)

    def _hold(self, path: str, body: bytes) -> None:
        self._held[path] = Packed(body)
        while sum(len(packed.body) for packed in self._held.values()) > MOST:
            self._held.popitem(last=False)


class _Read:
    """Reads an answer that is whole and short, and hands on any other."""

    def __init__(self, send: Send) -> None:
        self._send, self._read = send, bytearray()
        self._start: Message | None = None
        self.body: bytes | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 200:
            length = Headers(raw=message.get("headers", [])).get("content-length", "")
            if length.isdigit() and int(length) <= LONGEST:
                self._start = message
                return
        if self._start is None:
            await self._send(message)
            return
        self._read += message.get("body", b"")
        if not message.get("more_body", False):
            self.body = bytes(self._read)


def _marked(send: Send, kept: str) -> Send:
    async def marked(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] in (200, 206):
            MutableHeaders(raw=message.setdefault("headers", [])).setdefault("Cache-Control", kept)
        await send(message)

    return marked


def _plain(scope: Scope) -> Scope:
    """The same request for the whole file, whatever the browser has of it."""
    left_out = (b"if-none-match", b"if-modified-since", b"if-range")
    return {**scope, "headers": [(name, value) for name, value in scope["headers"] if name.lower() not in left_out]}
