"""/health: whether the model answers. One token is generated where nobody has had one lately."""

import asyncio
import time
from contextlib import closing

from starlette.concurrency import run_in_threadpool

from backend.chat.errors import EngineError
from backend.chat.messages import UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest
from backend.chat.settings import GenerationSettings
from backend.engines.health_probe import HealthProbe
from web.requests import App, Receive, Scope, Send, respond

FRESH_SECONDS = 30.0
PATIENCE_SECONDS = 20.0
FAILED_SECONDS = 5.0  # for which a failed attempt stands, so that those who waited for it do not each try anew
PROBE = ChatRequest(messages=(UserMessage((Text("."),)),), settings=GenerationSettings(temperature=0.0, max_tokens=1))


class Health:
    """Answers /health: 200 where a token was generated in the last FRESH_SECONDS, for whomever, else 503."""

    def __init__(self, app: App, probe: HealthProbe) -> None:
        self.app = app
        self._probe = probe
        self._failed_at = float("-inf")
        self._asking = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/health":
            await self.app(scope, receive, send)
            return
        healthy = await self._is_healthy()
        await respond(200 if healthy else 503, "ok" if healthy else "no answer", scope, receive, send)

    async def _is_healthy(self) -> bool:
        async with self._asking:  # many who ask at once share one token
            if not self._is_fresh() and time.monotonic() - self._failed_at > FAILED_SECONDS:
                await run_in_threadpool(self._ask)
                if not self._is_fresh():
                    self._failed_at = time.monotonic()
        return self._is_fresh()

    def _is_fresh(self) -> bool:
        return time.monotonic() - self._probe.last_event_at <= FRESH_SECONDS

    def _ask(self) -> None:
        """Asks for a token, until one comes: in a queue, that of whoever is ahead will do."""
        begun = time.monotonic()
        try:
            with closing(self._probe.stream(PROBE)) as events:
                for _ in events:
                    if self._probe.last_event_at >= begun or time.monotonic() - begun > PATIENCE_SECONDS:
                        return
        except EngineError:
            return
