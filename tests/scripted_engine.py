"""An engine that plays back what a test wrote."""

from collections.abc import Generator, Sequence

from backend.chat import Finished, ToolCall
from backend.engine import ChatRequest, EngineError, Event

Reply = Sequence[Event | EngineError] | EngineError


class ScriptedEngine:
    """Answers each request with the next reply; an error in a reply is raised at its place.

    `requests` holds what was asked, `closed` how many streams have ended or were closed.
    """

    def __init__(self, replies: Sequence[Reply]) -> None:
        self.requests: list[ChatRequest] = []
        self.closed = 0
        self._replies = iter(replies)

    def stream(self, request: ChatRequest) -> Generator[Event, None, None]:
        """See Engine.stream. A reply without Finished gets one."""
        self.requests.append(request)
        reply = next(self._replies)
        try:
            for event in [reply] if isinstance(reply, EngineError) else reply:
                if isinstance(event, EngineError):
                    raise event
                yield event
            if not (reply and isinstance(reply[-1], Finished)):
                yield Finished("tool_calls" if any(isinstance(event, ToolCall) for event in reply) else "stop")
        finally:
            self.closed += 1
