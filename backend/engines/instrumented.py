"""What requests come to: an engine that measures the events of another as they pass, and tells whoever watches.

Numbers and the names of tools only: nothing that a person or the model wrote, no picture, no address.
"""

import time
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Literal, Protocol

from backend.chat.errors import EngineError, EngineUnavailable, RequestRejected
from backend.chat.messages import Finished, FinishReason, ToolCall, Usage, UserMessage
from backend.chat.request import ChatRequest, Event, TextDelta, ThoughtDelta, Waiting
from backend.engines.engine import Engine

Stage = Literal["waiting", "running"]  # for the model, or answered by it
End = FinishReason | Literal["failed"]
Kind = Literal["unavailable", "rejected", "failed", "unexpected"]


@dataclass(frozen=True)
class Outcome:
    """What one request came to: `error` says why it failed, `tools` names the offered tools that were called.

    An answer that was stopped or broke off has no usage: nobody counted its tokens.
    """

    end: End
    seconds: float
    pictures: int = 0
    error: Kind | None = None
    usage: Usage | None = None
    seconds_to_first_token: float | None = None
    tools: tuple[str, ...] = ()


class Watcher(Protocol):
    """Whoever wants to know what requests come to. Called from several threads."""

    def moved(self, before: Stage | None, after: Stage | None) -> None:
        """A request came (from None), went on to another stage, or left (to None)."""
        ...

    def ended(self, outcome: Outcome) -> None:
        """A request is over."""
        ...


class InstrumentedEngine:
    """Passes another engine's events on as they are."""

    def __init__(self, engine: Engine, watchers: Sequence[Watcher]) -> None:
        self._engine = engine
        self._watchers = watchers

    def stream(self, request: ChatRequest) -> Generator[Event, None, None]:
        """See Engine.stream."""
        measured = _Instrumented(request, self._watchers)
        try:
            with closing(self._engine.stream(request)) as events:
                for event in events:
                    measured.take(event)
                    yield event
        except GeneratorExit:
            measured.stop()
            raise
        except EngineError as error:
            measured.fail(_kind(error))
            raise
        finally:
            measured.leave()


class _Instrumented:
    """One request under way. As long as nothing else is known of its end, something unexpected has ended it."""

    def __init__(self, request: ChatRequest, watchers: Sequence[Watcher]) -> None:
        self._watchers = watchers
        self._offered = {tool.name for tool in request.tools}
        self._pictures = sum(len(m.images) for m in request.messages if isinstance(m, UserMessage))
        self._begun = time.perf_counter()
        self._first: float | None = None
        self._usage: Usage | None = None
        self._tools: tuple[str, ...] = ()
        self._end: End = "failed"
        self._error: Kind | None = "unexpected"
        self._stage: Stage | None = None
        self._move("waiting")

    def take(self, event: Event) -> None:
        """Notes what an event tells."""
        self._move("waiting" if isinstance(event, Waiting) and event.queued else "running")
        match event:
            case TextDelta() | ThoughtDelta():
                self._first = self._first or self._seconds()
            case ToolCall(_, name) if name in self._offered:  # a made-up name may hold anything
                self._tools = (*self._tools, name)
            case Finished(reason, usage):
                self._end, self._error, self._usage = reason, None, usage

    def stop(self) -> None:
        """Whoever asked went away; after its last event an answer is complete all the same."""
        if self._error == "unexpected":
            self._end, self._error = "cancelled", None

    def fail(self, kind: Kind) -> None:
        """The engine gave up."""
        self._end, self._error = "failed", kind

    def leave(self) -> None:
        """The request is over."""
        self._move(None)
        usage = self._usage
        first = usage.seconds_to_first_token if usage and usage.seconds_to_first_token is not None else self._first
        outcome = Outcome(self._end, self._seconds(), self._pictures, self._error, usage, first, self._tools)
        for watcher in self._watchers:
            watcher.ended(outcome)

    def _seconds(self) -> float:
        return time.perf_counter() - self._begun

    def _move(self, stage: Stage | None) -> None:
        if stage == self._stage:
            return
        for watcher in self._watchers:
            watcher.moved(self._stage, stage)
        self._stage = stage


def _kind(error: EngineError) -> Kind:
    if isinstance(error, EngineUnavailable):
        return "unavailable"
    return "rejected" if isinstance(error, RequestRejected) else "failed"
