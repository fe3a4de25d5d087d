"""The pictures of a request: what its addresses are -> images that the store has checked."""

import base64
import binascii
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from backend.chat.errors import FetchRefused, ImageRefused, ImageWaits
from backend.chat.parts import Image
from web.api.errors import ApiError, invalid

FETCH_SECONDS = 30.0  # for the pictures of one request
SLICE = 262_144  # characters that are decoded at a time: all else waits for each
LATE = "The images took too long to download. Send them as data: URLs."


class Images(Protocol):
    """Takes pictures in. Both may take seconds: they are called in threads."""

    def take(self, data: bytes) -> Image:
        """The bytes of a picture file as an image that is kept. Raises ImageRefused."""

    def fetch(self, url: str) -> Image:
        """The picture at an http or https URL. Raises FetchRefused and ImageRefused."""


@dataclass(frozen=True)
class StoredImages:
    """Keeps pictures in a store: `keep` is its take_bytes; `download` gives the bytes at a URL."""

    keep: Callable[[bytes, str], Image]
    download: Callable[[str], bytes]

    def take(self, data: bytes) -> Image:
        """See Images."""
        return self.keep(data, "")

    def fetch(self, url: str) -> Image:
        """See Images."""
        return self.keep(self.download(url), "")


@dataclass
class RequestImages:
    """The pictures of one request: at most `most`, and each address is taken once. After `seconds` none is fetched."""

    images: Images
    most: int
    seconds: float = FETCH_SECONDS
    _begun: float = field(default_factory=time.monotonic)
    _taken: dict[str, Image] = field(default_factory=dict)
    _count: int = 0

    def at(self, url: str, param: str) -> Image:
        """The picture at this address. Raises ApiError, which names the parameter."""
        self._count += 1
        if self._count > self.most:
            raise invalid(param, f"{param}: there can be {self.most} images in a request.", "too_many_images")
        if url not in self._taken:
            try:
                self._taken[url] = self._new(url.strip(), param)
            except ImageWaits as error:
                raise ApiError(503, str(error), param, "overloaded", retry_after=2) from error
            except (ImageRefused, FetchRefused) as error:
                raise invalid(param, f"{param}: {error}", "invalid_image") from error
        return self._taken[url]

    def _new(self, url: str, param: str) -> Image:
        if url[:8].lower().startswith(("http://", "https://")):
            if time.monotonic() - self._begun > self.seconds:
                raise invalid(param, f"{param}: {LATE}", "invalid_image")
            return self.images.fetch(url)
        head, comma, body = url.partition(",") if url[:5].lower() == "data:" else ("", "", "")
        if not comma or not head.lower().endswith(";base64"):
            raise invalid(
                param, f"{param} must be a data: URL in base64, or start with https:// or http://.", "invalid_image"
            )
        try:
            return self.images.take(_decoded(body))
        except (binascii.Error, UnicodeEncodeError, ValueError) as error:
            raise invalid(param, f"{param} isn't valid base64.", "invalid_image") from error


def _decoded(body: str) -> bytes:
    pieces = (body[start : start + SLICE] for start in range(0, len(body), SLICE))
    return b"".join(base64.b64decode(piece, validate=True) for piece in pieces)
