"""Whether the model answers: an engine that passes another's events on and notes when the last one was its making."""

import time
from collections.abc import Generator
from contextlib import closing

from backend.chat.request import ChatRequest, Event, Waiting
from backend.engines.engine import Engine


class HealthProbe:
    """Passes another engine's events on as they are, and knows when one last was of the model's making."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.last_event_at = float("-inf")  # by time.monotonic()

    def stream(self, request: ChatRequest) -> Generator[Event, None, None]:
        """See Engine.stream."""
        with closing(self._engine.stream(request)) as events:
            for event in events:
                if not isinstance(event, Waiting):
                    self.last_event_at = time.monotonic()
                yield event
