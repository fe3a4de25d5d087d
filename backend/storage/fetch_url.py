"""Fetching a picture by its URL, from public addresses only.

The host is resolved once and that very address is connected to, so that a second answer of a name server cannot lead
elsewhere; every redirect is checked anew. What comes back are bytes: the image store decides what they are.
"""

import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx2

from backend.chat.errors import FetchRefused

MAX_BYTES = 10_000_000
MAX_SECONDS = 10.0
MAX_REDIRECTS = 3
TOO_SLOW = f"The image took over {MAX_SECONDS:.0f} s to download. Upload it instead."
PORTS = {"http": 80, "https": 443}


def fetch_url(url: str) -> bytes:
    """The bytes at an http or https URL. Raises FetchRefused."""
    deadline = time.monotonic() + MAX_SECONDS
    for _ in range(MAX_REDIRECTS + 1):
        body, following = _get(url.strip(), deadline)
        if following is None:
            return body
        url = following
    raise FetchRefused("Too many redirects. Use the image's direct URL.")


def _get(url: str, deadline: float) -> tuple[bytes, str | None]:
    """The body, or where it is instead."""
    try:
        parts = urlsplit(url)
        host, port = _ascii(parts.hostname or ""), parts.port or PORTS.get(parts.scheme, 0)
    except ValueError as error:
        raise FetchRefused("Enter a valid URL.") from error
    if parts.scheme not in PORTS or not host:
        raise FetchRefused("Enter a URL that starts with https:// or http://.")
    if "@" in parts.netloc or port != PORTS[parts.scheme]:
        raise FetchRefused("Use a URL without a port or password.")
    address = _public_address(host, port)
    literal = f"[{address}]" if ":" in address else address
    target = f"{parts.scheme}://{literal}{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    headers = {"Host": host, "Accept": "image/*", "User-Agent": "mistral-chat"}
    left = deadline - time.monotonic()
    try:
        with (
            httpx2.Client(timeout=5.0, trust_env=False) as client,
            _closed_after(left, client),
            client.stream("GET", target, headers=headers, extensions={"sni_hostname": host}) as response,
        ):
            if response.is_redirect:
                return b"", str(httpx2.URL(url).join(response.headers.get("location", "")))
            response.raise_for_status()
            return _body(response, deadline), None
    except httpx2.HTTPStatusError as error:
        raise FetchRefused(f"This URL returned status {error.response.status_code}. Check it.") from error
    except (httpx2.HTTPError, httpx2.InvalidURL, RuntimeError) as error:  # the last: the client was closed
        if time.monotonic() > deadline:
            raise FetchRefused(TOO_SLOW) from error
        raise FetchRefused("Can't reach this URL. Check it, or upload the image.") from error


@contextmanager
def _closed_after(seconds: float, client: httpx2.Client) -> Iterator[None]:
    """Closes the client's connections when the time is over: a server may send single bytes, in its headers too."""
    timer = threading.Timer(max(0.0, seconds), client.close)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _ascii(host: str) -> str:
    """The host as it stands in DNS. Raises UnicodeError, a ValueError."""
    return host if host.isascii() else host.encode("idna").decode()


def _public_address(host: str, port: int) -> str:
    """The first address of the host, if all of them are public."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise FetchRefused("This URL's site doesn't exist. Check it.") from error
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(_is_public(address) for address in addresses):
        raise FetchRefused("Only public URLs can be added.")
    return addresses[0]


def _is_public(address: str) -> bool:
    """Whether this is an address of the public internet. Older Pythons' own lists have gaps, closed here."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv4Address):
        return ip.is_global and not ip.is_multicast and ip not in _SPECIAL
    if ip in _NAT64:  # how a network without IPv4 reaches it
        return _is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
    # Only global unicast, and none of it that stands for another address (Teredo, 6to4, documentation).
    return ip in _UNICAST and ip.is_global and not any(ip in network for network in _TRANSLATED)


_SPECIAL = ipaddress.ip_network("192.0.0.0/24")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_UNICAST = ipaddress.ip_network("2000::/3")
_TRANSLATED = [ipaddress.ip_network(text) for text in ("2001::/23", "2002::/16", "2001:db8::/32", "3fff::/20")]


def _body(response: httpx2.Response, deadline: float) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MAX_BYTES:
            raise FetchRefused(f"The image is over {MAX_BYTES // 1_000_000} MB. Use a smaller one.")
        if time.monotonic() > deadline:
            raise FetchRefused(TOO_SLOW)
    return bytes(body)
