"""The vLLM that this process started, as an Engine: requests wait while it loads, and while it comes back."""

import time
from collections.abc import Generator
from contextlib import closing

from backend.chat.errors import EngineUnavailable, ServerDown
from backend.chat.request import ChatRequest, Event, Waiting
from backend.engines.engine import Engine
from backend.engines.server.vllm.process import VllmProcess

POLL_SECONDS = 0.1
TRIES = 2


class VllmEngine:
    """Asks `engine`, whose server `process` is."""

    def __init__(self, engine: Engine, process: VllmProcess) -> None:
        self._engine, self._process = engine, process

    def stream(self, request: ChatRequest) -> Generator[Event, None, None]:
        """See Engine.stream. Where vLLM ended before it began with the answer, the next one is asked."""
        for left in reversed(range(TRIES)):
            yield from self._until_ready()
            try:
                with closing(self._engine.stream(request)) as events:
                    yield from events
                return
            except ServerDown:
                if not left:
                    raise
                self._process.doubt()

    def _until_ready(self) -> Generator[Event, None, None]:
        """Raises EngineUnavailable where it never will be."""
        while not self._process.ready.is_set():
            if self._process.failure:
                raise EngineUnavailable(self._process.failure)
            yield Waiting(self._process.progress)
            time.sleep(POLL_SECONDS)
