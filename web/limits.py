"""How much one visitor may ask for: requests and login attempts a minute, and bytes of a body."""

import math
import re
import time
from collections import OrderedDict
from dataclasses import dataclass, field

from starlette.datastructures import Headers

from web.requests import App, Message, Receive, Scope, Send, respond, visitor

MAX_BODY = 4_000_000  # bytes of anything that is no upload; what most events may bring is in calls.py
MAX_FILES = 12  # of one upload
# What was there before anybody came: the page's looks and scripts, of which one load takes some 150.
FILE = re.compile(r"/((assets|static|svelte|page)/.+|(gradio_api/)?theme\.css|manifest\.json|favicon\.ico|robots\.txt)")

PAGE = re.compile(r"(/config)?/?")  # written anew for each who asks, which takes some 50 ms


@dataclass(frozen=True)
class Limits:
    """What one visitor may do: bytes of an upload; and, in a minute, requests of each kind and attempts to log in."""

    upload_bytes: int = 200_000_000
    requests_per_minute: int = 3_000
    files_per_minute: int = 20_000
    pages_per_minute: int = 300
    logins_per_minute: int = 10


@dataclass
class _Bucket:
    tokens: float
    at: float = field(default_factory=time.monotonic)


class Buckets:
    """How much of each thing everyone may still do; all of it comes back within a minute, little by little."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[tuple[str, str], _Bucket] = OrderedDict()

    def wait(self, who: str, what: str, limit: int, take: int = 1) -> int:
        """Seconds until this may be done, of which there can be `limit` in a minute; 0 where it may, and is counted.

        With `take` 0 it is only looked at.
        """
        bucket = self._buckets.pop((who, what), None) or _Bucket(limit)
        self._buckets[who, what] = bucket
        if len(self._buckets) > 10_000:
            self._buckets.popitem(last=False)
        now = time.monotonic()
        bucket.tokens = min(limit, bucket.tokens + (now - bucket.at) * limit / 60)
        bucket.at = now
        if bucket.tokens < 1:
            return math.ceil((1 - bucket.tokens) * 60 / limit)
        bucket.tokens -= take
        return 0


class RateLimit:
    """So many requests, so many for files and for the page, and so many attempts to log in, a minute for each address.

    The page itself costs most. Its files cost little, and a school or an office behind one address opens many at once.
    """

    def __init__(self, app: App, limits: Limits) -> None:
        self.app = app
        self._limits = limits
        self._buckets = Buckets()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (wait := self._buckets.wait(visitor(scope), *self._counted(scope))):
            await respond(429, "Too many requests. Wait a minute.", scope, receive, send, {"Retry-After": str(wait)})
            return
        await self.app(scope, receive, send)

    def _counted(self, scope: Scope) -> tuple[str, int]:
        if _tries_password(scope):
            return "login", self._limits.logins_per_minute
        if scope["method"] in ("GET", "HEAD") and FILE.fullmatch(scope["path"]):
            return "file", self._limits.files_per_minute
        if PAGE.fullmatch(scope["path"]):
            return "page", self._limits.pages_per_minute
        return "request", self._limits.requests_per_minute


def _tries_password(scope: Scope) -> bool:
    if scope["path"].startswith("/metrics"):
        return "authorization" in Headers(scope=scope)
    return bool(scope["path"].startswith("/login") and scope["method"] == "POST")


class TooLarge(Exception):
    """A body went over its limit while it was read."""


class BodyLimit:
    """Bounds every body, whatever its length is said to be."""

    def __init__(self, app: App, limits: Limits) -> None:
        self.app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        limit = self._limits.upload_bytes if "/upload" in scope["path"] else MAX_BODY
        sentence = f"This is more than {limit // 1_000_000} MB. Send less."
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isdigit() or int(length) > limit:
            await respond(413, sentence, scope, receive, send)
            return
        counted = _Counted(receive, limit)
        started = False

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, counted, noted)
        except TooLarge:
            if not started:
                await respond(413, sentence, scope, receive, send)


class _Counted:
    """A body that raises TooLarge when it goes on beyond its limit."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive, self._left = receive, limit

    async def __call__(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise TooLarge
        return message
