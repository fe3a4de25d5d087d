"""/health: whether the model answers. One token is generated where nobody has had an answer lately."""

import asyncio
import time

from backend.chat import Finished, Text, UserMessage
from backend.engine import ChatRequest, Engine, EngineError
from backend.settings import GenerationSettings
from ui.guard import App, Receive, Scope, Send, refuse

FRESH_SECONDS = 30.0
PATIENCE_SECONDS = 20.0
PROBE = ChatRequest(messages=(UserMessage((Text("."),)),), settings=GenerationSettings(temperature=0.0, max_tokens=1))


class Health:
    """Answers /health: 200 where a token was generated in the last FRESH_SECONDS, else 503."""

    def __init__(self, app: App, engine: Engine) -> None:
        self.app = app
        self._engine = engine
        self._healthy_at = -FRESH_SECONDS
        self._asking = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/health":
            await self.app(scope, receive, send)
            return
        healthy = await self._is_healthy()
        await refuse(200 if healthy else 503, "ok" if healthy else "no answer", scope, receive, send)

    async def _is_healthy(self) -> bool:
        async with self._asking:  # many who ask at once share one token
            if time.monotonic() - self._healthy_at > FRESH_SECONDS and await asyncio.to_thread(self._probe):
                self._healthy_at = time.monotonic()
        return time.monotonic() - self._healthy_at <= FRESH_SECONDS

    def _probe(self) -> bool:
        deadline = time.monotonic() + PATIENCE_SECONDS
        events = self._engine.stream(PROBE)
        try:
            for event in events:
                if isinstance(event, Finished):
                    return True
                if time.monotonic() > deadline:
                    return False
        except EngineError:
            return False
        finally:
            events.close()
        return False
