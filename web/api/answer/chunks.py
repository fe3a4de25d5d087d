"""The events of an answer -> what a program reads of it: chunks as they come, or the whole at its end.

https://platform.openai.com/docs/api-reference/chat/object and …/chat-streaming/streaming
"""

import json
import math
import secrets
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from backend.chat.messages import Finished, ToolCall, Usage
from backend.chat.request import Event, Logprobs, TextDelta, ThoughtDelta, Waiting
from backend.chat.scores import TokenLogprob
from web.api.errors import ApiError, invalid
from web.api.translation import ReplyOptions

DONE = b"data: [DONE]\n\n"
LEAST = -9999.0  # of a logarithm: JSON has no infinity
NOT_TOLD = "The model's server doesn't tell how likely its tokens are."


def chunks(events: Iterable[Event], options: ReplyOptions) -> Iterator[bytes]:
    """The answer as server-sent events; b"" while there is nothing to tell, so that it can be closed.

    Raises what the events raise, and ApiError where the engine leaves out what was asked for.
    """
    answer, is_begun = _Answer(options), False
    for event in events:
        if isinstance(event, Waiting):
            yield b""
            continue
        first = b"" if is_begun else answer.chunk({"role": "assistant", "content": ""})
        piece = answer.told(event)
        is_begun = True
        yield first + piece


def whole(events: Iterable[Event], options: ReplyOptions) -> Iterator[bytes]:
    """b"" while the answer is written, and then all of it, as one JSON object. Raises as `chunks`."""
    answer = _Answer(options)
    for event in events:
        answer.told(event)
        yield b""
    yield answer.completion()


def as_event(error: ApiError) -> bytes:
    """An error in the place of the rest of a stream."""
    return b"data: " + _json(error.body) + b"\n\n"


def usage_of(usage: Usage) -> dict[str, Any]:
    """What an answer took."""
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.new_tokens,
        "total_tokens": usage.prompt_tokens + usage.new_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.reused_tokens},
        "completion_tokens_details": {"reasoning_tokens": usage.thought_tokens},
    }


@dataclass
class _Answer:
    """One answer, as far as it has come."""

    options: ReplyOptions
    id: str = field(default_factory=lambda: f"chatcmpl-{secrets.token_hex(12)}")
    created: int = field(default_factory=lambda: int(time.time()))
    texts: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    finished: Finished | None = None
    logprobs: list[dict[str, Any]] = field(default_factory=list)
    aligned: "_Aligned" = field(default_factory=lambda: _Aligned())

    def told(self, event: Event) -> bytes:
        """Takes the next event; returns it as chunks of a stream. Raises ApiError."""
        match event:
            case TextDelta(text):
                return self._text(text)
            case ThoughtDelta(text):
                self.thoughts.append(text)
                return self.chunk({"reasoning_content": text, "reasoning": text})
            case Logprobs(tokens):
                self.aligned.add(tokens)
            case ToolCall() if self.options.parallel_tool_calls or not self.calls:
                call = _call(event)
                self.calls.append(call)
                return self.chunk({"tool_calls": [{"index": len(self.calls) - 1} | call]})
            case Finished():
                self.finished = event
                return self._ending(event)
        return b""

    def chunk(self, delta: dict[str, Any], reason: str | None = None, told: Any = None) -> bytes:
        """An event with what is new."""
        choice = {"index": 0, "delta": delta, "logprobs": told, "finish_reason": reason}
        return self._event({"choices": [choice]})

    def completion(self) -> bytes:
        """All of the answer, once it is finished."""
        assert self.finished
        message: dict[str, Any] = {"role": "assistant", "content": "".join(self.texts), "refusal": None}
        if self.calls:
            message |= {"content": message["content"] or None, "tool_calls": self.calls}
        if thought := "".join(self.thoughts):
            message |= {"reasoning_content": thought, "reasoning": thought}
        choice = {
            "index": 0,
            "message": message,
            "logprobs": {"content": self.logprobs, "refusal": None} if self.options.logprobs else None,
            "finish_reason": self._reason(self.finished),
        }
        fields = self._fields("chat.completion") | {"choices": [choice]} | _note(self.finished)
        if self.finished.usage:
            fields["usage"] = usage_of(self.finished.usage)
        return _json(fields)

    def _text(self, text: str) -> bytes:
        self.texts.append(text)
        if not self.options.logprobs:
            return self.chunk({"content": text})
        if not self.aligned.has_any:
            raise invalid("logprobs", NOT_TOLD)
        told = [_logprob(token) for token in self.aligned.of(text)]
        self.logprobs += told
        return self.chunk({"content": text}, told={"content": told, "refusal": None})

    def _ending(self, finished: Finished) -> bytes:
        choice = {"index": 0, "delta": {}, "logprobs": None, "finish_reason": self._reason(finished)}
        ending = self._event({"choices": [choice]} | _note(finished))
        if self.options.include_usage and finished.usage:
            ending += self._event({"choices": [], "usage": usage_of(finished.usage)})
        return ending + DONE

    def _event(self, fields: dict[str, Any]) -> bytes:
        without = {"usage": None} if self.options.include_usage else {}
        return b"data: " + _json(self._fields("chat.completion.chunk") | without | fields) + b"\n\n"

    def _fields(self, kind: str) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.options.model}

    def _reason(self, finished: Finished) -> str:
        """Why it ended, as the protocol has it: one that loops, takes too long or fills the context is cut."""
        return finished.reason if finished.reason in ("stop", "tool_calls") else "length"


class _Aligned:
    """Tokens beside the text that is theirs: some of it is held back, and of that some never comes."""

    def __init__(self) -> None:
        self.has_any = False
        self._tokens: list[tuple[int, TokenLogprob]] = []  # with where each begins, in bytes
        self._end = self._told = 0

    def add(self, tokens: Sequence[TokenLogprob]) -> None:
        self.has_any = True
        for token in tokens:
            self._tokens.append((self._end, token))
            self._end += len(token.data)

    def of(self, text: str) -> list[TokenLogprob]:
        """Those that begin within the text that has come so far, and have not been given yet."""
        self._told += len(text.encode())
        count = sum(start < self._told for start, _ in self._tokens)
        given, self._tokens = self._tokens[:count], self._tokens[count:]
        return [token for _, token in given]


def _call(call: ToolCall) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _logprob(token: TokenLogprob) -> dict[str, Any]:
    return _token(token.data, token.logprob) | {"top_logprobs": [_token(*likely) for likely in token.top]}


def _token(data: bytes, logprob: float) -> dict[str, Any]:
    number = max(LEAST, logprob) if math.isfinite(logprob) else LEAST
    return {"token": data.decode("utf-8", "replace"), "logprob": number, "bytes": list(data)}


def _note(finished: Finished) -> dict[str, str]:
    """What the app has to say of the answer, such as that a schema could not be enforced; no field of the protocol."""
    return {"note": finished.note} if finished.note else {}


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
