"""The API in front of what stands behind the page."""

from collections.abc import Callable
from typing import Protocol

from backend.engines.engine import Engine
from backend.runtime.model_info import ModelCapabilities
from backend.sandbox.pool import Run
from backend.storage.fetch_url import fetch_url
from backend.storage.images import ImageStore
from web.api.door import Door
from web.api.pictures import StoredImages
from web.api.services import ApiServices, Places


class Behind(Protocol):
    """Of what stands behind the page, that which programs need too."""

    @property
    def engine(self) -> Engine: ...

    @property
    def model(self) -> ModelCapabilities: ...

    @property
    def images(self) -> ImageStore: ...

    @property
    def bridge(self) -> Places: ...

    @property
    def run(self) -> Run: ...


def opened(behind: Behind, is_ready: Callable[[], bool], key: str, max_upload_mb: int, max_images: int) -> Door:
    """Whom `key` lets in, or who is here where it is "", gets as much as a visitor of the page."""
    images = StoredImages(behind.images.take_bytes, fetch_url)
    max_body = max_upload_mb * 1_400_000 + 1_000_000  # a picture in base64, and a chat beside it
    return Door(
        ApiServices(behind.engine, behind.model, images, behind.bridge, is_ready, key, max_body, max_images, behind.run)
    )
