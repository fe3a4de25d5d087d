"""An engine that plays back what a test wrote."""

from collections.abc import Generator, Sequence

from backend.chat.errors import EngineError
from backend.chat.messages import Finished, ToolCall
from backend.chat.request import ChatRequest, Event

Reply = Sequence[Event | EngineError] | EngineError


class ScriptedEngine:
    """Answers each request with the next reply; an error in a reply is raised at its place.

    `requests` holds what was asked, `closed` how many streams have ended or were closed.
    """

    def __init__(self, replies: Sequence[Reply]) -> None:
        self.requests: list[ChatRequest] = []
        self.closed = 0
        self._replies = iter(replies)
        self._streams: list[Generator[Event, None, None]] = []  # kept, so that no stream is closed by being forgotten

    def stream(self, request: ChatRequest) -> Generator[Event, None, None]:
        """See Engine.stream. A reply without Finished gets one."""
        self.requests.append(request)
        self._streams.append(self._played(next(self._replies)))
        return self._streams[-1]

    def _played(self, reply: Reply) -> Generator[Event, None, None]:
        events = [reply] if isinstance(reply, EngineError) else reply
        try:
            for event in events:
                if isinstance(event, EngineError):
                    raise event
                yield event
            if not any(isinstance(event, Finished) for event in events):
                yield Finished("tool_calls" if any(isinstance(event, ToolCall) for event in events) else "stop")
        finally:
            self.closed += 1
