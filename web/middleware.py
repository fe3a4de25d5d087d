"""What stands in front of Gradio: one ASGI middleware for each promise of a public page. Gradio is told nothing of it.

https://asgi.readthedocs.io/en/latest/specs/www.html
"""

import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

# Gradio's page needs inline scripts and styles and makes functions of text; all else comes from the app itself.
# Frames: Hugging Face shows a Space inside its own page.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' blob:; "
    "worker-src 'self' blob:; object-src 'none'; frame-src 'none'; form-action 'none'; base-uri 'self'; "
    "frame-ancestors 'self' https://huggingface.co https://*.hf.space"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# The routes that the page uses; everything else of Gradio's is not offered.
READ = re.compile(
    r"/(config|theme\.css|robots\.txt|manifest\.json|favicon\.ico|pwa_icon(/\d+)?|login_check|user|logout|health|metrics"
    r"|(static|assets|svelte)/.+|page/[\w/]+\.js"
    r"|gradio_api/(startup-events|theme\.css|app_id|user|login_check|upload_progress|queue/data|heartbeat/\w+|file=/.+))?/?"
)
WRITE = re.compile(r"/(login|gradio_api/(queue/join|upload|reset|cancel))/?")
MAX_BODY = 8_000_000  # bytes of anything that is no upload
MAX_FILES = 12  # of one upload
HERE = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d+)?", re.IGNORECASE)
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
MAX_DECODED = 5  # times that a path is unescaped before it counts as hostile


@dataclass(frozen=True)
class Limits:
    """What one visitor may do: bytes of an upload, requests and login attempts a minute."""

    upload_bytes: int = 200_000_000
    requests_per_minute: int = 3_000
    logins_per_minute: int = 10


def guards(limits: Limits) -> list[Middleware]:
    """All of them, the outermost first."""
    return [
        Middleware(SecurityHeaders),
        Middleware(OnlyUsedRoutes),
        Middleware(SameOrigin),
        Middleware(RateLimit, limits=limits),
        Middleware(BodyLimit, limits=limits),
    ]


async def refuse(status: int, sentence: str, scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with one sentence."""
    await PlainTextResponse(sentence, status)(scope, receive, send)


class SecurityHeaders:
    """Adds the content security policy and its like, and takes away leave for other origins' credentials."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message.setdefault("headers", []))
                for name, value in HEADERS.items():
                    headers[name] = value
                for name in ("access-control-allow-credentials", "access-control-allow-origin", "server"):
                    if name in headers:
                        del headers[name]
            await send(message)

        await self.app(scope, receive, with_headers)


class OnlyUsedRoutes:
    """Refuses every route that the page does not use, and a file route that is given a URL in any spelling."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or (scope["type"] == "http" and is_offered(scope["method"], scope["path"])):
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await refuse(404, "There is nothing here.", scope, receive, send)


def is_offered(method: str, path: str) -> bool:
    """Whether the page uses this route. A path is unescaped until it stays as it is."""
    for _ in range(MAX_DECODED):
        plain = unquote(path)
        if plain == path:
            break
        path = plain
    else:
        return False
    if any(ord(c) < 32 for c in path) or "\\" in path or "/../" in f"{path}/":
        return False
    if method in ("GET", "HEAD"):
        file = path.partition("file=")[2]
        return bool(READ.fullmatch(path)) and "//" not in file and ":" not in file
    return method == "POST" and bool(WRITE.fullmatch(path))


class SameOrigin:
    """Refuses what another site's page sends here with the visitor's browser."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD"):
            headers = Headers(scope=scope)
            origin = headers.get("origin")
            hosts = {headers.get("host"), headers.get("x-forwarded-host")}
            if origin is not None and urlsplit(origin).netloc not in hosts:
                await refuse(403, "This request comes from another site.", scope, receive, send)
                return
        await self.app(scope, receive, send)


@dataclass
class _Bucket:
    tokens: float
    at: float = field(default_factory=time.monotonic)


class RateLimit:
    """So many requests, and so many attempts to log in, a minute for each address."""

    def __init__(self, app: App, limits: Limits) -> None:
        self.app = app
        self._limits = limits
        self._buckets: OrderedDict[tuple[str, bool], _Bucket] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._allows(scope):
            await refuse(429, "Too many requests; wait a minute.", scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _allows(self, scope: Scope) -> bool:
        login = _tries_password(scope)
        limit = self._limits.logins_per_minute if login else self._limits.requests_per_minute
        key = (visitor(scope), login)
        bucket = self._buckets.pop(key, None) or _Bucket(limit)
        self._buckets[key] = bucket
        if len(self._buckets) > 10_000:
            self._buckets.popitem(last=False)
        now = time.monotonic()
        bucket.tokens = min(limit, bucket.tokens + (now - bucket.at) * limit / 60)
        bucket.at = now
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True


def _tries_password(scope: Scope) -> bool:
    if scope["path"].startswith("/metrics"):
        return "authorization" in Headers(scope=scope)
    return scope["path"].startswith("/login") and scope["method"] == "POST"


def visitor(scope: Scope) -> str:
    """The address that asks. Behind a proxy on this machine it is the last that the proxy has added."""
    address = scope["client"][0] if scope.get("client") else ""
    forwarded = Headers(scope=scope).get("x-forwarded-for", "")
    return forwarded.rpartition(",")[2].strip() if forwarded and address in ("127.0.0.1", "::1") else address


def is_from_here(scope: Scope) -> bool:
    """Whether a request was sent to this machine by its own name, and no proxy says that it passed it on.

    A proxy that names neither who asked nor itself still has to name the host, or SameOrigin would refuse its visitors.
    """
    headers = Headers(scope=scope)
    return bool(HERE.fullmatch(headers.get("host", ""))) and not any(name in headers for name in FORWARDED)


class TooLarge(Exception):
    """A body went over its limit while it was read."""


class BodyLimit:
    """Bounds every body, whatever its length is said to be, and the files of an upload."""

    def __init__(self, app: App, limits: Limits) -> None:
        self.app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        upload = "/upload" in scope["path"]
        limit = self._limits.upload_bytes if upload else MAX_BODY
        sentence = f"This is more than {limit // 1_000_000} MB, or more than {MAX_FILES} files: send less."
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isdigit() or int(length) > limit:
            await refuse(413, sentence, scope, receive, send)
            return
        counted = _Counted(receive, limit, upload)
        started = False

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, counted, noted)
        except TooLarge:
            if not started:
                await refuse(413, sentence, scope, receive, send)


class _Counted:
    """A body that raises TooLarge when it goes on beyond its limit."""

    def __init__(self, receive: Receive, limit: int, upload: bool) -> None:
        self._receive, self._left, self._upload = receive, limit, upload
        self._files = 0
        self._end = b""

    async def __call__(self) -> Message:
        message = await self._receive()
        body = message.get("body", b"")
        self._left -= len(body)
        if self._upload:
            # A name may be cut between two pieces; what is kept of the last one is shorter than the name itself.
            self._files += (self._end + body).count(b'filename="')
            self._end = body[-9:]
        if self._left < 0 or self._files > MAX_FILES:
            raise TooLarge
        return message
