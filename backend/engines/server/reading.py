"""What one stream of a server's brought so far, and how long it may be silent."""

import logging
import time
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from queue import Empty, SimpleQueue

from backend.chat.errors import EngineError, EngineUnavailable, GenerationFailed
from backend.chat.messages import Finished, FinishReason, Usage
from backend.chat.request import Event, Logprobs, Scored, TextDelta, ThoughtDelta, Waiting
from backend.engines.server.call_pieces import CallPieces
from backend.engines.server.chunks import Chunk, Counts, paired
from backend.engines.server.client import Connection
from backend.engines.server.limits import MAX_TEXT, Unbounded
from backend.engines.server.refusals import BROKEN_OFF, FAILED_MIDWAY, FAULT, NOTHING_CAME, TOO_SLOW
from backend.engines.server.scores.placing import Placing

POLL_SECONDS = 0.1
SILENCE_SECONDS = 600.0  # without a byte, once there was a word
LONGEST_SECONDS = 86_400.0  # of an answer, however steadily it comes
ENDING_SECONDS = 10.0  # without anything, once the reason for the end was there
LENGTHS = ("length", "model_length", "max_tokens")  # the second is Mistral's own
FAILURES = ("error", "abort")
WAITING = "Waiting for the server…"
CALL_MARK = "[TOOL_CALLS]"
CALL_AS_TEXT = "The server returned a tool call as text. Start the server with its tool call parser."
FILTERED = "The server's content filter ended this answer. Try rephrasing."
log = logging.getLogger(__name__)


@dataclass
class Reading:
    """One answer as it comes, filled by one thread and read by another.

    `timeout` is in seconds, for its first word and between any two.
    """

    timeout: float
    items: "SimpleQueue[Event | None]" = field(default_factory=SimpleQueue)
    connection: Connection = field(default_factory=Connection)
    error: EngineError | None = None
    status: str = WAITING
    too_slow: str = TOO_SLOW  # what the person is told where the first word does not come
    asked_at: float = field(default_factory=time.monotonic)
    first_at: float | None = None  # when the first word came
    last_at: float | None = None
    reason_at: float | None = None
    reason: str = ""
    is_ended: bool = False  # the server said so
    usage: Counts | None = None
    calls: CallPieces = field(default_factory=CallPieces)
    texts: list[str] = field(default_factory=list)
    size: int = 0  # characters of text and thoughts
    left_out: str = ""  # what the person is told of the fields that the server did not take
    half: str = ""  # of a character
    placing: Placing = field(default_factory=Placing)
    tells_all: bool = False  # of every token how likely it was

    @property
    def begun(self) -> bool:
        """Whether there is a word of the answer."""
        return self.first_at is not None

    def take(self, chunk: Chunk) -> None:
        """What an event adds: text and thoughts go out at once, calls are put together. Raises Unbounded."""
        self.usage = chunk.usage or self.usage
        self.is_ended = self.is_ended or chunk.is_end
        if chunk.reason:
            self.reason, self.reason_at = chunk.reason, time.monotonic()
        if chunk.text or chunk.thought or chunk.calls:
            self.last_at = time.monotonic()
            self.first_at = self.first_at or self.last_at
        self.size += len(chunk.text) + len(chunk.thought)
        if self.size > MAX_TEXT:
            raise Unbounded("its text")
        if chunk.thought:
            self.status = ""  # that it thinks is said where its thought stands
            self.items.put(ThoughtDelta(paired(chunk.thought)))
        if self.tells_all and chunk.text and (known := tuple(one.told for one in chunk.tokens if one.told)):
            self.items.put(Logprobs(known))
        elif chunk.text:
            self.status = WAITING
        text = self._add(chunk.text) if chunk.text else ""
        if (chunk.text or not chunk.thought) and (scores := self.placing.add(chunk.tokens, text)):
            self.items.put(Scored(scores))
        for piece in chunk.calls:
            self.status = "Writing a tool call…"
            self.calls.add(piece)

    def _add(self, piece: str) -> str:
        """The next text, which is returned; the first half of a character waits for the other."""
        text = self.half + piece
        self.half = text[-1] if "\ud800" <= text[-1] <= "\udbff" else ""
        if text := paired(text.removesuffix(self.half)):
            self.texts.append(text)
            self.items.put(TextDelta(text))
        return text

    def events(self) -> Generator[Event, None, None]:
        """What comes, until all has come or it takes too long. Raises EngineError.

        What came while the last event was dealt with comes as one: each makes a new whole of all that was written.
        """
        came: list[Event | None] = []
        while None not in came:
            try:
                came = [self.items.get(timeout=POLL_SECONDS)]
            except Empty:
                if self._is_over():
                    return
                yield Waiting(self.status)
                continue
            came += [self.items.get() for _ in range(self.items.qsize())]
            yield from _joined(event for event in came if event is not None)
        if self.error:
            raise self.error

    def _is_over(self) -> bool:
        """Whether a server that neither sends nor hangs up has sent all. Raises EngineError where it takes too long."""
        now = time.monotonic()
        if self.reason_at is not None and now - self.reason_at > ENDING_SECONDS:
            return True
        if now - (self.last_at or self.asked_at) > self.timeout:
            raise self._early("no word in time", BROKEN_OFF, self.too_slow)
        if now - self.asked_at > LONGEST_SECONDS:
            raise self._early("no end within a day", BROKEN_OFF, self.too_slow)
        if self.begun and now - self.connection.heard_at > SILENCE_SECONDS:
            raise self._early("silence", BROKEN_OFF, self.too_slow)
        return False

    def _early(self, what: str, midway: str, before: str) -> EngineError:
        """The error of an answer that ends too early: with a word of it, or before there is any."""
        log.warning("the model's server: %s", what)
        return GenerationFailed(midway) if self.begun else EngineUnavailable(before)

    def ending(self, offered: bool) -> Generator[Event, None, None]:
        """The calls, and why the answer ended; `offered` says whether there were tools to be called.

        An end of which the server says nothing is a cut. Raises EngineError.
        """
        if self.reason in FAILURES:
            raise self._early(f"an end for the reason {self.reason}", FAILED_MIDWAY, FAULT)
        if not self.reason and not self.is_ended:
            raise self._early("no end", BROKEN_OFF, NOTHING_CAME)
        yield from self.calls.calls()
        # Servers were seen to say "stop" after calls, and "tool_calls" where there were none.
        reason: FinishReason = "length" if self.reason in LENGTHS else "tool_calls" if self.calls else "stop"
        notes = (
            self.left_out,
            CALL_AS_TEXT if offered and CALL_MARK in "".join(self.texts) else "",
            FILTERED if self.reason == "content_filter" else "",
        )
        yield Finished(reason, self._usage(), " ".join(filter(None, notes)))

    def _usage(self) -> Usage | None:
        if self.usage is None:
            return None
        first = None if self.first_at is None else self.first_at - self.asked_at
        rate = None
        if self.first_at and self.last_at and self.last_at > self.first_at and self.usage.new > 1:
            rate = (self.usage.new - 1) / (self.last_at - self.first_at)
        return Usage(self.usage.prompt, 0, self.usage.new, first, rate, self.usage.kept, self.usage.thought)


def _joined(events: Iterable[Event]) -> Iterator[Event]:
    """The events, texts and thoughts that follow each other as one."""
    for kind, alike in groupby(events, type):
        if issubclass(kind, TextDelta | ThoughtDelta):
            yield kind("".join(event.text for event in alike if isinstance(event, TextDelta | ThoughtDelta)))
        else:
            yield from alike
