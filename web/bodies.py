"""Bodies that are no uploads: read whole, and only handed on where they are cheap to take apart.

What JSON costs is not its bytes but its values: a megabyte of text is parsed in a millisecond, one of `[],[],…` takes
the event loop for half a second, and nine of those at once for 14 s. The page sends long texts and few values.
"""

from collections import Counter

from web.requests import App, Message, Receive, Scope, Send, respond, visitor

MAX_VALUES = 10_000  # the page has some dozens, and about thirty for each picture in the message box
MAX_FORM = 10_000  # bytes of a login
MAX_HELD = 64_000_000  # bytes of one visitor at once
TOO_MANY = "The page sent something that does not fit its fields. Reload the page and try again."
TOO_MUCH = "Too much is being sent from your address at once: try again in a moment."
LOGIN = "A name and a password are shorter than this."


def has_few_values(body: bytes) -> bool:
    """Whether JSON has about MAX_VALUES values and names at most. A megabyte of anything takes some milliseconds."""
    if b"\0" in body:  # JSON in UTF-16 or UTF-32, which no page sends
        return False
    bare = body.replace(rb"\\", b"").replace(rb"\"", b"")  # without what is escaped a quote begins or ends a text
    if bare.count(b'"') > 2 * MAX_VALUES:
        return False
    between = b"".join(bare.split(b'"')[::2])
    return sum(map(between.count, (b"[", b"{", b","))) <= MAX_VALUES


class SmallBodies:
    """Reads bodies before what is behind it does, and refuses those that would cost much."""

    def __init__(self, app: App) -> None:
        self.app = app
        self._held: Counter[str] = Counter()  # bytes, by address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD") or "/upload" in scope["path"]:
            await self.app(scope, receive, send)
            return
        body, who = bytearray(), visitor(scope)
        try:
            if refusal := await self._read(body, who, scope, receive):
                await respond(*refusal, scope, receive, send)
            else:
                await self.app(scope, _read_already(bytes(body), receive), send)
        finally:
            self._held[who] -= len(body)
            if not self._held[who]:
                del self._held[who]

    async def _read(self, body: bytearray, who: str, scope: Scope, receive: Receive) -> tuple[int, str] | None:
        """Fills the body. Gives a refusal, which nobody hears of who went away meanwhile."""
        is_login, more = scope["path"].startswith("/login"), True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return 400, ""
            piece = message.get("body", b"")
            body += piece
            self._held[who] += len(piece)
            if is_login and len(body) > MAX_FORM:
                return 413, LOGIN
            if self._held[who] > MAX_HELD:
                return 429, TOO_MUCH
            more = message.get("more_body", False)
        return None if is_login or has_few_values(bytes(body)) else (400, TOO_MANY)


def _read_already(body: bytes, receive: Receive) -> Receive:
    """A body that has been read, in one piece, and then whatever comes after it."""
    pieces: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return pieces.pop() if pieces else await receive()

    return again
