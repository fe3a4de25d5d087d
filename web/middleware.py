"""What stands in front of Gradio, which is told nothing of it: one ASGI middleware for each of a page's promises."""

import re
from urllib.parse import unquote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware

from web.limits import BodyLimit, Limits, RateLimit
from web.requests import App, Message, Receive, Scope, Send, respond

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
MAX_DECODED = 5  # times that a path is unescaped before it counts as hostile


def guards(limits: Limits) -> list[Middleware]:
    """All of them, the outermost first."""
    return [
        Middleware(SecurityHeaders),
        Middleware(OnlyUsedRoutes),
        Middleware(SameOrigin),
        Middleware(RateLimit, limits=limits),
        Middleware(BodyLimit, limits=limits),
    ]


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
            await respond(404, "There is nothing here.", scope, receive, send)


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
                await respond(403, "This request comes from another site.", scope, receive, send)
                return
        await self.app(scope, receive, send)
