"""Headers that no browser sends this page, and that cost more to read than to write, end here.

Python's and Starlette's readers of them take time that grows with the square, raise, or pass on what others trip over.
"""

import re
from collections.abc import Iterator

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse

from web.requests import App, Receive, Scope, Send, respond

# Bytes of one, and of all: a browser sends 1,000; a proxy that has people log in may add a token of some thousand.
MAX_HEADER, MAX_HEADERS = 16_000, 32_000
# Bytes and lines of all that comes before a body, with cookies: see web/connections.py.
MAX_HEAD, MAX_LINES = 64_000, 200
TOO_LARGE = "The headers of this request are too large."
NO_CONTENT = "The app doesn't accept this kind of content."
NO_SOCKET = "The app doesn't use WebSockets."
# A kind with what a browser writes after it: a form's limits, of which RFC 2046 has the letters, or UTF-8. Others have
# Gradio decode a form by a code of the visitor's choice, some of which take hours.
CONTENT = re.compile(
    r"[\w.+-]+/[\w.+-]+( ?; ?(boundary=(\"[\w'()+,./:=?-]{1,70}\"|[\w'()+,./:=?-]{1,70})|charset=\"?utf-8\"?))?",
    re.ASCII | re.IGNORECASE,
)
# One part of a file. Several, and some that are none, fail in Gradio; a server need not heed the header
# (https://datatracker.ietf.org/doc/html/rfc9110#section-14.2).
RANGE = re.compile(rb"bytes=(?:(\d{1,15})-(\d{0,15})|-\d{1,15})")


class KnownHeaders:
    """Refuses headers of a size or kind that the app has no use for, and leaves out ranges that are none."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if "websocket" in headers.get("upgrade", "").lower():  # and the connection with it: it is of no use for more
            await PlainTextResponse(NO_SOCKET, 400, {"Connection": "close"})(scope, receive, send)
        elif not _is_small(scope):
            await respond(431, TOO_LARGE, scope, receive, send)
        elif not CONTENT.fullmatch(headers.get("content-type", "text/plain")):
            await respond(415, NO_CONTENT, scope, receive, send)
        else:
            await self.app({**scope, "headers": list(_read(scope))}, receive, send)


def _is_small(scope: Scope) -> bool:
    """Cookies are not counted, since those of all apps of this machine come along: cookies.py leaves them out."""
    sizes = [len(name) + len(value) for name, value in scope["headers"] if name != b"cookie"]
    return max(sizes, default=0) <= MAX_HEADER and sum(sizes) <= MAX_HEADERS


def _read(scope: Scope) -> Iterator[tuple[bytes, bytes]]:
    for name, value in scope["headers"]:
        if name != b"range" or _is_range(value):
            yield name, value


def _is_range(value: bytes) -> bool:
    found = RANGE.fullmatch(value)
    return found is not None and not (found[2] and int(found[1]) > int(found[2]))
