"""What the API is given: whoever answers, and what bounds how much programs may have."""

import secrets
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from backend.chat.messages import ToolSpec
from backend.engines.engine import Engine
from backend.extraction.schema_check import SchemaChecker
from backend.runtime.model_info import ModelCapabilities
from backend.sandbox.pool import Run, directly
from web.api.chat.defaults import Defaults, reader_of_tools
from web.api.pictures import Images


class Place(Protocol):
    """One of the answers that a visitor may have at once. `stop` is set where the app ends it."""

    stop: threading.Event


class Places(Protocol):
    """Counts the answers of each visitor, those of the page among them."""

    def reserved(self, page: str, visitor: str = "") -> AbstractContextManager[Place | None]:
        """A place until the block ends, under a name that nothing else has; None where they have all."""
        ...


@dataclass(frozen=True)
class ApiServices:
    """`is_ready` says whether the model can answer by now; `key` is what programs have to know, "" nothing where only
    this machine is answered. `max_body` is in bytes, `max_images` of one request; `run` is how tools and
    schemas are checked, see Sandbox.run. `secret` makes names that nobody can guess.
    """

    engine: Engine
    model: ModelCapabilities
    images: Images
    places: Places
    is_ready: Callable[[], bool]
    key: str = ""
    max_body: int = 28_000_000
    max_images: int = 10
    run: Run = directly
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    @cached_property
    def _schemas(self) -> SchemaChecker:
        return SchemaChecker(self.run)

    @cached_property
    def _tools(self) -> Callable[[str], tuple[ToolSpec, ...]]:
        return reader_of_tools(self.run)

    @property
    def defaults(self) -> Defaults:
        """What counts for each request at present."""
        info = self.model.info()
        names = info.names or (info.name,)
        return Defaults(names, self.model.max_new_tokens, self.max_images, self._tools, self._schema_fault)

    def _schema_fault(self, text: str) -> str:
        found = self._schemas.finding(text)
        return found.sentence if found and found.is_fault else ""
