"""What stands in front of Gradio, which is told nothing of it: one ASGI middleware for each of a page's promises."""

import logging
import re
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import unquote

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware

from web.incoming.cookies import LoginCookies
from web.incoming.forms import PlainForms
from web.incoming.headers import KnownHeaders
from web.incoming.hosts import OwnHosts
from web.incoming.names import NAME, PlainNames
from web.incoming.turns import Beginnings
from web.limits import PAGE, BodyLimit, Limits, RateLimit
from web.requests import App, Message, Receive, Scope, Send, is_passed_on, linking_host, listed, page_host, respond
from web.under_path import UnderPath

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
    r"|document-page|(static|assets|svelte)/.+|page/[\w/-]+\.(js|css|svg|png)|page/[\w/]+/app\.webmanifest"
    r"|gradio_api/(startup-events|theme\.css|app_id|user|login_check|upload_progress|queue/data"
    rf"|heartbeat/{NAME.pattern}|file=/.+))?/?"
)
WRITE = re.compile(r"/(login|gradio_api/(queue/join|upload|reset|cancel))/?")
SOURCE = ".source"  # of an image, as it was uploaded: with the place where a photo was taken; it is for the app alone
MAX_PATH, MAX_STEP = 4_000, 255  # bytes of a path, and of a name in it: a disk refuses longer ones, and Gradio raises
MAX_STEPS = 64  # names in a path: Gradio asks the disk for each, several times, while nobody else is answered
MAX_DECODED = 5  # times that a path is unescaped before it counts as hostile
MAX_HOST = 100  # characters of a host in the log
MAX_TOLD = 20  # pairs of hosts that the log tells of
ELSEWHERE = "This request seems to come from another site. The app's log has both addresses."
NO_LINK = "To log out, use the link on the page itself."
REFUSED = (
    "refused a request of a page at %r, which asked for %r: behind a proxy, have it pass the name that the browser "
    "asked for (nginx: proxy_set_header Host $http_host;)"
)
UNNAMED = (
    "the proxy that serves the page at %r asked for %r and did not say for whom, so that all visitors share the limits "
    "of one: have it add X-Forwarded-For (nginx: proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;)"
)
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Standing:
    """Where visitors find the app: whether only this machine reaches it, under which names, and whether in frames.

    `hosts` are the names that it goes by, all where it is not personal and there are none.
    """

    is_personal: bool = False
    hosts: tuple[str, ...] = ()
    in_frames: bool = False


class Programs(Protocol):
    """What answers programs, in two places: where a request comes in, and where it has been looked at."""

    def marked(self, app: App, root_path: str) -> App:
        """Notes of requests that are for it how their refusals are told."""
        ...

    def answered(self, app: App) -> App:
        """Answers those; all others go on to `app`."""
        ...


def guards(
    limits: Limits, root_path: str = "", standing: Standing = Standing(), programs: Programs | None = None
) -> list[Middleware]:
    """All of them, the outermost first. `root_path` is that which a proxy serves the app under, such as "/chat".

    `programs` is what answers programs, where anything does: what is for them goes no further.
    """
    return [
        *([Middleware(programs.marked, root_path=root_path)] if programs else []),
        Middleware(Beginnings),
        Middleware(SecurityHeaders),
        Middleware(KnownHeaders),
        Middleware(OwnHosts, is_personal=standing.is_personal, allowed=standing.hosts),
        Middleware(LoginCookies, in_frames=standing.in_frames),
        *([Middleware(UnderPath, prefix=root_path)] if root_path else []),
        *([Middleware(programs.answered)] if programs else []),
        Middleware(OnlyUsedRoutes),
        Middleware(PlainNames),
        Middleware(SameOrigin),
        Middleware(RateLimit, limits=limits),
        Middleware(Beginnings, of_one=1, seconds=None, paths=PAGE),
        Middleware(BodyLimit, limits=limits),
        Middleware(PlainForms),
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
            await respond(404, "There's nothing here.", scope, receive, send)


def is_offered(method: str, path: str) -> bool:
    """Whether the page uses this route. A path is unescaped until it stays as it is, which makes it no longer."""
    if len(path.encode()) > MAX_PATH:  # and not only then: to unescape 64 kB takes milliseconds each time
        return False
    for _ in range(MAX_DECODED):
        plain = unquote(path)
        if plain == path:
            break
        path = plain
    else:
        return False
    if any(ord(c) < 32 for c in path) or "\\" in path or "/../" in f"{path}/":
        return False
    steps = path.split("/")
    if len(steps) > MAX_STEPS or any(len(step.encode()) > MAX_STEP for step in steps):
        return False
    if method in ("GET", "HEAD"):
        file = path.partition("file=")[2]
        if any(step.lower().endswith(SOURCE) for step in steps):  # Gradio reads "x/" and "x/." as "x"
            return False
        return bool(READ.fullmatch(path)) and "//" not in file and ":" not in file
    return method == "POST" and bool(WRITE.fullmatch(path))


class SameOrigin:
    """Refuses what another site's page sends here with the visitor's browser.

    A browser says itself whether it is (Sec-Fetch-Site, https://www.w3.org/TR/fetch-metadata/), whatever name a proxy
    calls this app by. One that does not, as over plain HTTP outside this machine, names its page in Origin: that has to
    be the host that was asked. X-Forwarded-Host is believed from everybody, since no page can send it to another site:
    a browser would first ask for leave (CORS), which nobody gets here; and who is no browser can name any Origin too.
    """

    def __init__(self, app: App) -> None:
        self.app = app
        self._told: set[tuple[str, str]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _changes_something(scope):
            headers = Headers(scope=scope)
            page, host = page_host(headers), headers.get("host", "")
            if not _is_ours(headers):
                self._tell(page, host, REFUSED)
                await respond(403, ELSEWHERE, scope, receive, send)
                return
            if _logs_out(scope) and not _is_by_our_link(headers):
                await respond(403, NO_LINK, scope, receive, send)
                return
            if page and page != host and not is_passed_on(headers):
                self._tell(page, host, UNNAMED)
        await self.app(scope, receive, send)

    def _tell(self, page: str, host: str, what: str) -> None:
        """One line for each pair of hosts, without a password, so that whoever set up a proxy finds out."""
        pair = page.rpartition("@")[2][:MAX_HOST], host[:MAX_HOST]
        if pair not in self._told and len(self._told) < MAX_TOLD:
            self._told.add(pair)
            log.warning(what, *pair)


def _changes_something(scope: Scope) -> bool:
    return scope["method"] not in ("GET", "HEAD") or _logs_out(scope)


def _logs_out(scope: Scope) -> bool:
    """A logout is of all who have logged in, and Gradio takes it as a link: nothing else of ours is done by one."""
    return bool(scope["path"].startswith("/logout"))


def _is_by_our_link(headers: Headers) -> bool:
    """Whether the page's own link was followed, or an address that a person wrote.

    Not one in an answer, which says nothing of where it stands (`noreferrer`, ui/render/answer/markdown.py): a model
    writes what somebody else may have had it write.
    """
    page, site = linking_host(headers), headers.get("sec-fetch-site")
    if site is not None:
        return site == "none" or bool(page)
    return page in (headers.get("host"), *listed(headers, "x-forwarded-host"))


def _is_ours(headers: Headers) -> bool:
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    return page_host(headers) in ("", headers.get("host"), *listed(headers, "x-forwarded-host"))
