"""What a request is, who sent it, and an answer of one sentence: what all that stands in front of the page shares.

https://asgi.readthedocs.io/en/latest/specs/www.html
"""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from ipaddress import IPv4Address, IPv6Network, ip_address
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, PlainTextResponse, Response

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Told = Callable[[int, str, dict[str, str] | None], Response]
TOLD = "told"  # in a scope

HERE = re.compile(r"(127(\.\d{1,3}){3}|localhost\.?|\[::1\])(:\d{1,5})?", re.ASCII | re.IGNORECASE)
WITH_PORT = re.compile(r"\[([^\]]+)\](?::\d+)?|([\d.]+):\d+", re.ASCII)  # as some proxies name an address
WITHIN_A_SITE = IPv6Network("fc00::/7")  # https://www.rfc-editor.org/rfc/rfc4193
MAX_ADDRESS = 64  # characters of what a proxy names and is none
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")


async def respond(
    status: int, sentence: str, scope: Scope, receive: Receive, send: Send, headers: dict[str, str] | None = None
) -> None:
    """Answers with one sentence, in the form that Gradio's page shows: as text, and to JSON as FastAPI's errors are.

    What is for programs has a form of its own in the scope, under TOLD: (status, sentence, headers) -> the response.
    """
    told: Told = scope.get(TOLD) or partial(_told, Headers(scope=scope).get("content-type", ""))
    await told(status, sentence, headers)(scope, receive, send)


def _told(content_type: str, status: int, sentence: str, headers: dict[str, str] | None) -> Response:
    if content_type.startswith("application/json"):
        return JSONResponse({"detail": sentence}, status, headers)
    return PlainTextResponse(sentence, status, headers)


def visitor(scope: Scope) -> str:
    """Who asks, as one to be counted. Behind a proxy on this machine it is the last that the proxy has added."""
    address = scope["client"][0] if scope.get("client") else ""
    forwarded = listed(Headers(scope=scope), "x-forwarded-for")
    if forwarded and counted_as(address) in ("127.0.0.1", "::/64"):
        address = forwarded[-1]
    return counted_as(address)


def listed(headers: Headers, name: str) -> list[str]:
    """What a header lists: several lines of it are one list, in their order.

    https://www.rfc-editor.org/rfc/rfc9110#section-5.3
    """
    parts = ",".join(headers.getlist(name)).split(",")
    return [part.strip() for part in parts if part.strip()]


def counted_as(text: str) -> str:
    """An address, of IPv6 the network that is given to one household or one server: it has 2**64 of them.

    https://www.rfc-editor.org/rfc/rfc6177#section-2. What is none is one by itself.
    """
    with_port = WITH_PORT.fullmatch(text)
    try:
        address = ip_address(with_port[1] or with_port[2] if with_port else text)
    except ValueError:
        return text[:MAX_ADDRESS]
    if isinstance(address, IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    if address.is_link_local or address in WITHIN_A_SITE:  # of machines in one house, where each is a visitor
        return str(address).partition("%")[0]
    return str(IPv6Network((int(address) >> 64 << 64, 64)))


def is_from_here(scope: Scope) -> bool:
    """Whether a page on this machine sent a request to it by its own name, and no proxy says that it passed it on.

    Of a proxy that names neither who asked nor itself, the visitors' browsers name another page. Who is no browser can
    claim to be here through such a proxy; SameOrigin tells whoever runs the app of it.
    """
    headers = Headers(scope=scope)
    host = headers.get("host", "")
    is_here = bool(HERE.fullmatch(host)) and page_host(headers) in ("", host)
    return is_here and not is_passed_on(headers)


def page_host(headers: Headers) -> str:
    """The host whose page asks, with its port, as the browser names it; "" where it does not. Whoever asks made it up.

    https://www.rfc-editor.org/rfc/rfc6454#section-7, which urlsplit does not take all of: it raises at a bracket.
    """
    return re.sub(r"^[a-z][a-z0-9+.-]*://", "", headers.get("origin", ""))


def linking_host(headers: Headers) -> str:
    """The host of the page with the link that was followed; "" where that does not say it, or there is none."""
    return re.sub(r"^[a-z][a-z0-9+.-]*://", "", headers.get("referer", "")).partition("/")[0]


def is_passed_on(headers: Headers) -> bool:
    """Whether a proxy says that it passed a request on."""
    return any(name in headers for name in FORWARDED)
