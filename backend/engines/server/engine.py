"""A model behind an OpenAI-compatible server, such as vLLM. Many requests at once; imports no torch.

https://docs.vllm.ai/en/latest/serving/openai_compatible_server/
"""

import contextlib
import logging
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

from backend.chat.errors import EngineError, EngineUnavailable, GenerationFailed, RequestRejected, trace
from backend.chat.messages import Finished, FinishReason, Usage
from backend.chat.request import ChatRequest, Event, TextDelta, ThoughtDelta, Waiting
from backend.engines.server.call_pieces import CallPieces
from backend.engines.server.client import (
    Chunk,
    Connection,
    Counts,
    Delta,
    ServerClient,
    ServerLost,
    ServerRefused,
    ServerTooSlow,
)
from backend.engines.server.dialects import Dialect, summary
from backend.engines.server.request_body import body

POLL_SECONDS = 0.1
BUSY = 429  # HTTP's "too many requests"
RETRY_SECONDS = 5.0  # at most, after "too many requests"
UNREACHABLE = "The model's server does not answer. Try again in a moment."
BROKEN_OFF = "The model's server broke the answer off. What came of it is kept: retry, or let it continue."
FAULT = "This app failed at the answer. Try again; its log has the reason."
CALL_MARK = "[TOOL_CALLS]"
CALL_AS_TEXT = (
    "The model's server passed a tool call on as text: whoever runs it has to start it with its tool call parser."
)
log = logging.getLogger(__name__)


class ServerEngine:
    """Asks one server. `model` is the name that it serves under; where none is given, the first that it lists."""

    def __init__(self, url: str, key: str = "", model: str = "") -> None:
        self._server = ServerClient(url, key)
        self._dialect = Dialect(url)
        self._model = model

    @property
    def model(self) -> str:
        """The name of the model that answers. Raises EngineError."""
        if not self._model:
            try:
                self._model = self._server.first_model()
            except (ServerRefused, ServerLost) as error:
                raise _translated(error) from error
        return self._model

    def close(self) -> None:
        """Closes all connections."""
        self._server.close()

    def stream(self, request: ChatRequest) -> Generator[Event, None, None]:
        """See Engine.stream. Closing the iterator closes the connection, so that the server stops too."""
        reading = _Reading(time.perf_counter())
        threading.Thread(target=self._read, args=(request, reading), name="server-stream", daemon=True).start()
        try:
            while True:
                try:
                    item = reading.items.get(timeout=POLL_SECONDS)
                except Empty:
                    yield Waiting(reading.status)
                    continue
                if item is None:
                    break
                yield item
            if reading.error:
                raise reading.error
            yield from reading.ending(offered=bool(request.tools))
        finally:
            reading.connection.abort()

    def _read(self, request: ChatRequest, reading: "_Reading") -> None:
        """Runs in a thread of its own, since reading blocks."""
        try:
            fields = body(request, self.model)
            self._ask(fields, reading)
            reading.left_out = self._dialect.missing(request, fields)
        except EngineError as error:
            reading.error = error
        except (ServerRefused, ServerLost) as error:
            if not reading.connection.aborted.is_set():  # what a cut line raises is nobody's concern
                reading.error = _translated(error, begun=reading.first_at is not None)
        except Exception as error:  # in a thread of its own nobody else would hear of it
            log.error("an answer failed: %s", trace(error))
            reading.error = GenerationFailed(FAULT)
        finally:
            reading.items.put(None)

    def _ask(self, fields: dict[str, Any], reading: "_Reading") -> None:
        """Asks once more where the server is busy, and for as long as each refusal names another field to leave out."""
        waited = False
        while not reading.connection.aborted.is_set():
            sent = self._dialect.spoken(fields)
            try:
                return self._take(sent, reading)
            except ServerRefused as error:
                if error.status == BUSY and not waited:
                    waited, reading.status = True, "The model's server is busy, trying again…"
                    reading.connection.aborted.wait(min(RETRY_SECONDS, error.retry_after))
                elif not self._dialect.learn(error, sent):
                    raise

    def _take(self, fields: dict[str, Any], reading: "_Reading") -> None:
        """One request, and all that comes of it."""
        with contextlib.closing(self._server.stream(fields, reading.connection)) as chunks:
            for chunk in chunks:
                if reading.connection.aborted.is_set():
                    return
                reading.take(chunk)


@dataclass
class _Reading:
    """What one stream brought so far; filled by the reading thread."""

    asked_at: float
    items: "SimpleQueue[Event | None]" = field(default_factory=SimpleQueue)
    connection: Connection = field(default_factory=Connection)
    error: EngineError | None = None
    status: str = "Waiting for the model's server…"
    first_at: float | None = None
    last_at: float | None = None
    reason: str | None = None
    usage: Counts | None = None
    calls: CallPieces = field(default_factory=CallPieces)
    texts: list[str] = field(default_factory=list)
    left_out: str = ""  # what the person is told of the fields that the server did not take

    def take(self, chunk: Chunk) -> None:
        """One chunk: text and thoughts go out at once, calls are put together."""
        self.usage = chunk.usage or self.usage
        for choice in chunk.choices or ():
            self.reason = choice.finish_reason or self.reason
            if delta := choice.delta:
                self._add(delta)

    def _add(self, delta: Delta) -> None:
        text, thought, pieces = delta.text, delta.thought, delta.call_pieces
        if text or thought or pieces:
            self.last_at = time.perf_counter()
            self.first_at = self.first_at or self.last_at
        if thought:
            self.items.put(ThoughtDelta(thought))
        if text:
            self.texts.append(text)
            self.items.put(TextDelta(text))
        for piece in pieces:
            self.status = "Writing a tool call…"
            self.calls.add(piece)

    def ending(self, offered: bool) -> Generator[Event, None, None]:
        """The calls, and why the answer ended; `offered` says whether there were tools to be called.

        A clean end without a reason is a cut.
        """
        if self.reason is None:
            raise GenerationFailed(BROKEN_OFF)
        yield from self.calls.calls()
        # Servers were seen to say "stop" after calls, and "tool_calls" where there were none.
        reason: FinishReason = "length" if self.reason == "length" else "tool_calls" if self.calls else "stop"
        notes = [self.left_out, CALL_AS_TEXT if offered and CALL_MARK in "".join(self.texts) else ""]
        yield Finished(reason, self._usage(), " ".join(filter(None, notes)))

    def _usage(self) -> Usage | None:
        if self.usage is None:
            return None
        first = None if self.first_at is None else self.first_at - self.asked_at
        new, rate = self.usage.completion_tokens or 0, None
        if self.first_at and self.last_at and self.last_at > self.first_at and new > 1:
            rate = (new - 1) / (self.last_at - self.first_at)
        details = self.usage.prompt_tokens_details
        reused = (details.cached_tokens if details else 0) or 0
        return Usage(self.usage.prompt_tokens or 0, 0, new, first, rate, reused)


def _translated(error: Exception, begun: bool = False) -> EngineError:
    """The error as a sentence for the person who asked. The server's words may repeat theirs, and are not logged."""
    what = f"{error.status} {summary(error.words)}" if isinstance(error, ServerRefused) else str(error)
    log.warning("the model's server: %s: %s", type(error).__name__, what)
    match error:
        case ServerRefused(status=status):
            return _refused(status, error.words)
        case ServerTooSlow() if not begun:
            return EngineUnavailable("The model's server takes too long. Try again later.")
    return GenerationFailed(BROKEN_OFF) if begun else EngineUnavailable(UNREACHABLE)


def _refused(status: int, words: str) -> EngineError:
    if status == BUSY:
        return EngineUnavailable("The model's server is busy. Try again in a moment.")
    if status in (401, 403):
        return EngineUnavailable("The model's server does not accept this app's key; whoever runs it has to set it.")
    if status in (400, 422) and "context length" in words:
        return RequestRejected("The conversation is longer than the model reads. Shorten it, or undo a turn.")
    if status < 500:
        return RequestRejected("The model's server does not take this request: change it, or start a new chat.")
    return EngineUnavailable("The model's server has a fault of its own. Try again in a moment.")
