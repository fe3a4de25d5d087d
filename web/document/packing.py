"""Answers that are packed: once for what stays the same, and small ones not at all.

Who can have a text of theirs written into a packed answer beside a secret, and see how long it is, finds the secret
(BREACH, https://www.breachattack.com). So nothing is packed here but files, which are the same for everybody, and the
document, which holds nothing of the request and no secret: the page's name for its session is made in the browser.
"""

import gzip

import brotli
from starlette.datastructures import Headers
from starlette.responses import Response

LEAST = 1_000  # bytes that are worth it
GOOD, QUICK = 9, 4  # of brotli: 11 takes twenty times as long as 9 for a tenth less


class Packed:
    """A body, packed once in each way that a browser takes."""

    def __init__(self, body: bytes, quality: int = GOOD) -> None:
        self.body = body
        self._quality = quality
        self._packed: dict[str, bytes] = {}

    def taken(self, asked: Headers) -> tuple[bytes, str]:
        """What is sent to who asks so, and what it is packed with: "" where it is not."""
        way = way_of(asked) if len(self.body) >= LEAST else ""
        if not way:
            return self.body, ""
        if way not in self._packed:
            self._packed[way] = self._pack(way)
        return self._packed[way], way

    def _pack(self, way: str) -> bytes:
        if way == "br":
            return bytes(brotli.compress(self.body, mode=brotli.MODE_TEXT, quality=self._quality))
        return gzip.compress(self.body, 6, mtime=0)

    def response(self, asked: Headers, kind: str, headers: dict[str, str] | None = None) -> Response:
        """It as an answer."""
        body, way = self.taken(asked)
        packed = {"Content-Encoding": way} if way else {}
        return Response(body, headers={**(headers or {}), **packed, "Vary": "Accept-Encoding"}, media_type=kind)


def way_of(asked: Headers) -> str:
    """The best that a browser takes: "br", "gzip" or "". Over plain HTTP browsers take gzip alone."""
    offered = {}
    for part in asked.get("accept-encoding", "").lower().split(","):
        name, _, weight = part.partition(";")
        offered[name.strip()] = weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return next((way for way in ("br", "gzip") if offered.get(way)), "")
