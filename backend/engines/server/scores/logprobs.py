"""The log probabilities in an event of an answer -> tokens with their probabilities.

https://platform.openai.com/docs/api-reference/chat-streaming, `choices[].logprobs.content`. Servers leave out any of
it, write null, or have another form there: what is not of this one is passed over. Theirs are mostly of the model's
whole distribution, with a schema too: vLLM's and llama.cpp's are taken before the grammar.
"""

import math
from dataclasses import dataclass
from typing import Any

from backend.chat.scores import ALTERNATIVES, LEAST, MAX_TEXT, TokenLogprob

MAX_TOP = 20  # of the likeliest at a token's place, as the protocol has it
MAX_TOKENS = 4_096  # of one event; a server that does not stream has a whole answer in one


@dataclass(frozen=True)
class Told:
    """A token's bytes, its probability, and the likeliest others with theirs; None where there is no number.

    `told` is the same as the server has it.
    """

    data: bytes
    probability: float | None
    others: tuple[tuple[str, float], ...] = ()
    told: TokenLogprob | None = None


def told(choice: dict[str, Any]) -> tuple[Told, ...]:
    """The tokens that a choice of an event tells of."""
    logprobs = choice.get("logprobs")
    content = logprobs.get("content") if isinstance(logprobs, dict) else None
    entries = content[:MAX_TOKENS] if isinstance(content, list) else ()
    return tuple(_token(entry) for entry in entries if isinstance(entry, dict) and isinstance(entry.get("token"), str))


def _token(entry: dict[str, Any]) -> Told:
    data, top = _data(entry), entry.get("top_logprobs")
    others = []
    for other in top[: 2 * ALTERNATIVES] if isinstance(top, list) else ():
        probability = _probability(other.get("logprob")) if isinstance(other, dict) else None
        if probability is None or probability < LEAST or not isinstance(other.get("token"), str):
            continue
        text = _whole(_data(other))
        if text and _data(other) != data:
            others.append((text, round(probability, 4)))
    return Told(data, _probability(entry.get("logprob")), tuple(others[:ALTERNATIVES]), _told(data, entry))


def _told(data: bytes, entry: dict[str, Any]) -> TokenLogprob | None:
    """The entry in its own numbers; None where it has none."""
    given, top = _number(entry.get("logprob")), entry.get("top_logprobs")
    likely = [one for one in (top[:MAX_TOP] if isinstance(top, list) else ()) if isinstance(one, dict)]
    named = [(_data(one), _number(one.get("logprob"))) for one in likely if isinstance(one.get("token"), str)]
    return None if given is None else TokenLogprob(data, given, tuple((d, n) for d, n in named if n is not None))


def _number(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if is_number else None  # type: ignore[arg-type]


def _data(entry: dict[str, Any]) -> bytes:
    """The bytes of a token, which may be a part of a character; those of its text where no bytes are given."""
    given = entry.get("bytes")
    is_bytes = isinstance(given, list) and all(isinstance(each, int) and 0 <= each < 256 for each in given)
    if is_bytes and given and len(given) <= 4 * MAX_TEXT:
        return bytes(given)
    return str(entry["token"])[:MAX_TEXT].encode("utf-8", "replace")


def _whole(data: bytes) -> str:
    """The text of these bytes; none where a part of a character is among them."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return ""
    return text if len(text) <= MAX_TEXT else ""


def _probability(logprob: object) -> float | None:
    """Of a log probability; servers write -9999.0 where there is none to speak of, and above 0 by rounding."""
    if isinstance(logprob, bool) or not isinstance(logprob, int | float) or not math.isfinite(logprob):
        return None
    return min(1.0, math.exp(max(-100.0, min(logprob, 0.0))))
