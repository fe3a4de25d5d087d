"""The seam between the app and a model: a request goes in, events come out. `local` and `server` each implement it."""

from collections.abc import Generator
from typing import Protocol

from backend.chat.request import ChatRequest, Event


class Engine(Protocol):
    """Anything that can answer a ChatRequest."""

    def stream(self, request: ChatRequest) -> Generator[Event, None, None]:
        """Yields events; the last one is Finished. Closing the iterator ends the generation.

        Raises EngineError, and nothing else.
        """
        ...
