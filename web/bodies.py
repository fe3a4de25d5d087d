"""Bodies that are no uploads: read whole, and only handed on where they are cheap to take apart.

What JSON costs is not its bytes but its values: a megabyte of text is parsed in a millisecond, one of `[],[],…` takes
the event loop for half a second, and nine of those at once for 14 s. The page sends long texts and few values.
"""

from collections import Counter
from contextlib import nullcontext

from web.incoming.turns import Turns
from web.requests import App, Message, Receive, Scope, Send, respond, visitor

MAX_VALUES = 10_000  # the page has some dozens, and about thirty for each picture in the message box
MAX_FORM = 10_000  # bytes of a login
MAX_HELD = 64_000_000  # bytes of one visitor at once
CALLS = 2  # of events, of one visitor, that are taken in at once: all others' requests wait for each of them
UNFIT = "The page sent something unexpected. Reload it, and try again."
TOO_MUCH = "Too much is being sent from your address at once. Try again in a moment."
LOGIN = "This name or password is too long."


def is_utf8(body: bytes) -> bool:
    """Whether these are whole characters in UTF-8. JSON is read in UTF-16 and 32 as well, which no page sends.

    Python's json reads halves of characters too, which cannot be sent back and tear the page's stream.
    """
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in body


def has_few_values(body: bytes) -> bool:
    """Whether JSON has about MAX_VALUES values and names at most. A megabyte of anything takes some milliseconds."""
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
        self._turns = Turns(CALLS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD") or "/upload" in scope["path"]:
            await self.app(scope, receive, send)
            return
        answer: list[Message] = []  # since who does not read it would keep a turn, and what was sent, for all that time
        await self._take(scope, receive, answer)
        for message in answer:
            await send(message)

    async def _take(self, scope: Scope, receive: Receive, answer: list[Message]) -> None:
        """Fills in the answer, which is short."""
        body, who = bytearray(), visitor(scope)

        async def note(message: Message) -> None:
            answer.append(message)

        try:
            if refusal := await self._read(body, who, scope, receive):
                await respond(*refusal, scope, receive, note)
            else:
                turn = self._turns.of(who) if "/queue/join" in scope["path"] else nullcontext()
                async with turn:
                    await self._hand_on(bytes(body), scope, receive, note)
        finally:
            self._held[who] -= len(body)
            if not self._held[who]:
                del self._held[who]

    async def _hand_on(self, body: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        if _is_login(scope) or (is_utf8(body) and has_few_values(body)):
            await self.app(scope, _read_already(body, receive), send)
        else:
            await respond(400, UNFIT, scope, receive, send)

    async def _read(self, body: bytearray, who: str, scope: Scope, receive: Receive) -> tuple[int, str] | None:
        """Fills the body. Gives a refusal, which nobody hears of who went away meanwhile."""
        is_login, more = _is_login(scope), True
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
        return None


def _is_login(scope: Scope) -> bool:
    path: str = scope["path"]
    return path.startswith("/login")


def _read_already(body: bytes, receive: Receive) -> Receive:
    """A body that has been read, in one piece, and then whatever comes after it."""
    pieces: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return pieces.pop() if pieces else await receive()

    return again
