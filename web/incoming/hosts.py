"""Whom a request is for: an app that serves its own machine answers to no other name.

A page of another site can have its own name lead here (DNS rebinding). To the browser the app is then a part of that
site, and lets the page read and write. The name is still in Host, which no page can set, and with it the port that was
asked. https://datatracker.ietf.org/doc/html/rfc9110#section-7.2
"""

import logging
import re
from collections.abc import Collection

from starlette.datastructures import Headers

from web.requests import HERE, App, Receive, Scope, Send, is_passed_on, respond

HOST = re.compile(r"(\[[0-9a-f:.]+\]|[\w.-]+)(?::(\d{1,5}))?", re.ASCII | re.IGNORECASE)
MAX_HOST = 100  # characters of a name in the log
MAX_TOLD = 20  # names that the log tells of
REFUSED = "The app doesn't answer to the name in this address. Allow it with --allowed-hosts."
TOLD = "refused a request for %r, which is no name of this machine: where it is one of yours, give --allowed-hosts"
log = logging.getLogger(__name__)


class OwnHosts:
    """Refuses requests for hosts that are not the app's.

    The names of this machine are the app's in any case. Where others are named, those are all. Where none is, an app
    that only this machine can reach takes what a proxy says that it has passed on, but not for the port that the app
    listens at itself: a page could write the proxy's headers, but had to ask for that port to get here.
    """

    def __init__(self, app: App, is_personal: bool, allowed: Collection[str]) -> None:
        """`is_personal`: only this machine can reach the app. `allowed` are names in lower case, or *.example, or *."""
        self.app = app
        self._is_personal = is_personal
        self._allowed = allowed
        self._told: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not _is_probe(scope) and not self._is_ours(scope):
            self._tell(Headers(scope=scope).get("host", "")[:MAX_HOST])
            await respond(403, REFUSED, scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        if not self._is_personal and not self._allowed:
            return True
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        found = HOST.fullmatch(host)
        if HERE.fullmatch(host) or not found:
            return bool(found)
        name, port = found[1].strip("[]").rstrip(".").lower(), int(found[2] or 80)
        if self._allowed:
            return any(name == one or one == "*" or _is_under(name, one) for one in self._allowed)
        return is_passed_on(headers) and bool(scope.get("server")) and port != scope["server"][1]

    def _tell(self, host: str) -> None:
        if host not in self._told and len(self._told) < MAX_TOLD:
            self._told.add(host)
            log.warning(TOLD, host)


def _is_probe(scope: Scope) -> bool:
    """Whether it looks for the app's health, and so names an address, or no host at all; it is told nothing else."""
    return bool(scope["path"] == "/health")


def _is_under(name: str, pattern: str) -> bool:
    return pattern.startswith("*.") and name.endswith(pattern[1:])
