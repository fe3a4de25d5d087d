"""The bodies of requests: whole, of bounded size, and so many of one visitor's at once."""

from collections import Counter

from starlette.datastructures import Headers

from web.api.errors import ApiError
from web.requests import Receive, Scope, visitor

HELD = 3  # largest bodies of one visitor that are held at once
NOT_JSON = "Send JSON, with Content-Type: application/json."
GONE = "The connection ended before the request did."
TOO_MUCH = "Too much is being sent from your address at once. Try again in a moment."


class Bodies:
    """Reads them. Without JSON's content type nothing is read: no page can send that to another site unasked (CORS)."""

    def __init__(self, most: int) -> None:
        """`most` is in bytes, of one."""
        self._most = most
        self._held: Counter[str] = Counter()  # bytes that come in, by address

    async def read(self, scope: Scope, receive: Receive) -> bytes:
        """The body of a request. Raises ApiError."""
        headers, who, body = Headers(scope=scope), visitor(scope), bytearray()
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise ApiError(415, NOT_JSON)
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > self._most:
            raise self._too_large()
        try:
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ApiError(400, GONE)
                piece = message.get("body", b"")
                body += piece
                self._held[who] += len(piece)
                if len(body) > self._most:
                    raise self._too_large()
                if self._held[who] > HELD * self._most:
                    raise ApiError(429, TOO_MUCH, retry_after=2)
                if not message.get("more_body", False):
                    return bytes(body)
        finally:
            self._held[who] -= len(body)
            if not self._held[who]:
                del self._held[who]

    def _too_large(self) -> ApiError:
        return ApiError(413, f"The request is larger than {self._most // 1_000_000} MB.", code="request_too_large")
