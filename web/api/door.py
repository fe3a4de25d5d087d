"""Who is let in at /v1, and how a refusal is told there.

It stands before the page, and a page's rules are not for it: programs name no origin and have no login. With a key,
whoever knows it is let in. Without one only programs of this machine are: not what comes through a proxy, and no other
site's page, by whatever name it reaches this machine.
"""

import hmac

from starlette.datastructures import Headers

from web.api.errors import ApiError
from web.api.failures import as_response, told
from web.api.routes import Routes
from web.api.services import ApiServices
from web.limits import Buckets, Limits, RateLimit
from web.requests import TOLD, App, Receive, Scope, Send, is_from_here, visitor

GUESSES = 10  # wrong keys of one address in a minute
NO_KEY = "Give the API's key, as in Authorization: Bearer KEY."
WRONG_KEY = "This isn't the API's key."
GUESSED = "Too many wrong keys came from your address. Wait a minute."
NOT_HERE = (
    "Without a key, the API answers programs on this machine alone, at 127.0.0.1 or localhost. "
    "To let others in, start the app with --api-key-env."
)


class Door:
    """See web.middleware.Programs."""

    def __init__(self, services: ApiServices) -> None:
        self._key = services.key.encode()
        self._guesses = Buckets()
        self._routes = Routes(services)

    def marked(self, app: App, root_path: str) -> App:
        """See Programs."""

        async def marking(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and _is_for_programs(scope["path"], root_path):
                scope = {**scope, TOLD: told}
            await app(scope, receive, send)

        return marking

    def answered(self, app: App) -> App:
        """See Programs."""
        limited = RateLimit(self._answer, Limits())

        async def answering(scope: Scope, receive: Receive, send: Send) -> None:
            await (limited if TOLD in scope else app)(scope, receive, send)

        return answering

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self._let_in(scope)
        except ApiError as error:
            await as_response(error)(scope, receive, send)
        else:
            await self._routes(scope, receive, send)

    def _let_in(self, scope: Scope) -> None:
        """Raises ApiError where this is nobody who may ask."""
        headers = Headers(scope=scope)
        if not self._key:
            if not is_from_here(scope) or headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
                raise ApiError(403, NOT_HERE)
            return
        who = visitor(scope)
        if wait := self._guesses.wait(who, "key", GUESSES, take=0):
            raise ApiError(429, GUESSED, retry_after=wait)
        scheme, _, key = headers.get("authorization", "").partition(" ")
        if hmac.compare_digest(key.strip().encode("latin-1"), self._key) and scheme.lower() == "bearer":
            return
        if key:
            self._guesses.wait(who, "key", GUESSES)
        raise ApiError(401, WRONG_KEY if key else NO_KEY, code="invalid_api_key")


def _is_for_programs(path: str, root_path: str) -> bool:
    inner = path.removeprefix(root_path) if path.startswith(f"{root_path}/") else path
    return inner == "/v1" or inner.startswith("/v1/")
