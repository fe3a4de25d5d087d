"""The events of an answer -> what each adds to it.

A field that is not listed here, or is of another type than it should be, is passed over; so is an event that is no
JSON: servers differ in all that an answer can do without.
https://platform.openai.com/docs/api-reference/chat-streaming
"""

import json
import logging
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import Any

from backend.engines.server.events import events
from backend.engines.server.limits import read_json
from backend.engines.server.scores.logprobs import Told, told

DONE = "[DONE]"
log = logging.getLogger(__name__)


@dataclass
class CallPiece:
    """A call as far as it came. What tells calls apart, servers leave out, or give to all alike."""

    index: int | None = None
    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(frozen=True)
class Counts:
    """Tokens of the prompt, those of it that the server had kept, tokens of the answer, and those of its thoughts."""

    prompt: int = 0
    kept: int = 0
    new: int = 0
    thought: int = 0


@dataclass(frozen=True)
class Chunk:
    """What an event adds. `is_end` says that nothing follows; `error` is what the server says in place of an answer;
    `tokens` are of the text, or of what a server makes thoughts and calls of.
    """

    text: str = ""
    thought: str = ""
    calls: tuple[CallPiece, ...] = ()
    reason: str = ""
    usage: Counts | None = None
    error: Any = None
    is_end: bool = False
    tokens: tuple[Told, ...] = ()


def chunks(pieces: Iterable[bytes]) -> Generator[Chunk, None, None]:
    """What the bytes of an answer add to it, piece by piece. Raises Unbounded."""
    passed_over = 0
    try:
        for event in events(pieces):
            if event.data.strip() == DONE:
                yield Chunk(is_end=True)
                return
            chunk = _error(event.data) if event.is_error else _chunk(event.data)
            if chunk:
                yield chunk
            elif event.data.strip():
                passed_over += 1
            if event.is_whole and chunk:
                yield Chunk(is_end=True)
    finally:
        if passed_over:  # without what they held, which may be the answer's words
            log.warning("of an answer %d events were passed over, which are not of the protocol", passed_over)


def paired(text: str) -> str:
    """The text with the two halves of a character joined that JSON writes as two, and a lone half replaced."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _error(data: str) -> Chunk:
    value = _json(data)
    return Chunk(error=(value.get("error") or value) if value else data)


def _chunk(data: str) -> Chunk | None:
    """What an event holds, or None where it is no JSON object."""
    value = _json(data)
    if value is None:
        return None
    if error := value.get("error") or (value if value.get("object") == "error" else None):
        return Chunk(error=error)
    choices = [choice for choice in _list(value.get("choices")) if isinstance(choice, dict)]
    # A server that does not stream has a whole message in place of a piece.
    parts = [_object(choice["delta"] if "delta" in choice else choice.get("message")) for choice in choices]
    return Chunk(
        "".join(_text(part) for part in parts),
        "".join(_thought(part) for part in parts),
        tuple(call for part in parts for call in _calls(part)),
        next((reason for choice in choices if (reason := _string(choice.get("finish_reason")))), ""),
        _counts(value.get("usage")),
        tokens=tuple(token for choice in choices for token in told(choice)),
    )


def _json(text: str) -> dict[str, Any] | None:
    try:
        value = read_json(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _text(part: dict[str, Any]) -> str:
    return _joined(part.get("content"), "text") or _string(part.get("refusal"))


def _thought(part: dict[str, Any]) -> str:
    """Thoughts come under one of two names, or as parts of the content.

    https://docs.vllm.ai/en/latest/features/reasoning_outputs/
    https://docs.mistral.ai/capabilities/reasoning/
    """
    content = part.get("content")
    named = _string(part.get("reasoning_content")) or _string(part.get("reasoning"))
    return named or ("" if isinstance(content, str) else _joined(content, "thinking"))


def _joined(content: object, kind: str) -> str:
    """The text of all parts of this kind. A thinking part holds a text, or parts of text in its turn."""
    if isinstance(content, str):
        return content
    found = [part.get(kind) for part in _list(content) if isinstance(part, dict) and part.get("type") == kind]
    return "".join(_joined(inner, "text") if kind == "thinking" else _string(inner) for inner in found)


def _calls(part: dict[str, Any]) -> list[CallPiece]:
    """The pieces of calls; or of the only call, in the form that came before them."""
    calls = [call for call in _list(part.get("tool_calls")) if isinstance(call, dict)]
    function = _object(part.get("function_call"))
    return [_call(call) for call in calls or ([{"function": function}] if function else [])]


def _call(call: dict[str, Any]) -> CallPiece:
    index, function = call.get("index"), _object(call.get("function"))
    arguments = function.get("arguments")
    if not isinstance(arguments, str):
        arguments = "" if arguments is None else json.dumps(arguments, ensure_ascii=False)
    name = _string(function.get("name")).strip()
    return CallPiece(index if isinstance(index, int) else None, _string(call.get("id")), name, arguments)


def _counts(value: object) -> Counts | None:
    usage = _object(value)
    kept = _count(_object(usage.get("prompt_tokens_details")).get("cached_tokens"))
    thought = _count(_object(usage.get("completion_tokens_details")).get("reasoning_tokens"))
    counts = Counts(_count(usage.get("prompt_tokens")), kept, _count(usage.get("completion_tokens")), thought)
    return counts if counts != Counts() else None


def _count(value: object) -> int:
    """A number of tokens, of which some servers make a float."""
    return int(value) if isinstance(value, int | float) and 0 <= value < 1_000_000_000 else 0


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
