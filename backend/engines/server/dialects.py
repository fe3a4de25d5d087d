"""What one server takes of OpenAI's protocol. What it refuses to know is learned, and left out from then on."""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from backend.chat.request import ChatRequest
from backend.chat.settings import GenerationSettings
from backend.engines.server.client import ServerRefused

# The fields that an answer can do without, as the person who asked for one knows it.
OPTIONAL = {
    "seed": "seed",
    "temperature": "temperature",
    "top_p": "top-p",
    "top_k": "top-k",
    "min_p": "min-p",
    "repetition_penalty": "repetition penalty",
    "stop": "stop texts",
    "response_format": "answer's schema",
    "tool_choice": "choice of a tool",
    "random_seed": "seed",
    "stream_options": "",  # which nobody asks for
}
MISTRAL = "api.mistral.ai"  # https://docs.mistral.ai/api/
MALFORMED = (400, 422)  # the statuses with which a field is refused
_PLAIN = re.compile(r"[a-z_]{1,40}")
_UNKNOWN = (
    r"(?:extra_forbidden|extra (?:inputs|fields) (?:are )?not permitted|unrecogni[sz]ed|unknown|unsupported|unexpected"
    r"|not (?:supported|permitted|allowed))"
)


class Dialect:
    """One server's. Any number of threads may use it at once."""

    def __init__(self, url: str) -> None:
        self._lock = threading.Lock()
        is_mistral = urlsplit(url).hostname == MISTRAL
        self._left_out = frozenset({"stream_options"}) if is_mistral else frozenset[str]()
        self._renamed = {"seed": "random_seed"} if is_mistral else {}
        self._says_any = is_mistral

    def spoken(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of a request as this server takes them."""
        named = {self._renamed.get(name, name): value for name, value in fields.items()}
        known = {name: value for name, value in named.items() if name not in self._left_out}
        if self._says_any and known.get("tool_choice") == "required":
            known["tool_choice"] = "any"
        return known

    def learn(self, refusal: ServerRefused, sent: Mapping[str, Any]) -> bool:
        """Whether there is something new to be learned from a refusal of these fields: then it is worth another try."""
        if refusal.status not in MALFORMED:
            return False
        entries = _entries(refusal.words)
        unknown = {name for entry in entries for name in _unknown(entry)}
        left_out = frozenset(name for name in sent if name in OPTIONAL and name in unknown)
        says_any = sent.get("tool_choice") == "required" and any(map(_wants_any, entries))
        with self._lock:
            self._left_out |= left_out
            self._says_any |= says_any
        return bool(left_out) or says_any

    def missing(self, request: ChatRequest, fields: Mapping[str, Any]) -> str:
        """What the person is told of what they asked for and this server does not take; nothing where it takes all."""
        left_out = [
            f"the {OPTIONAL[name]}"
            for name in fields
            if self._renamed.get(name, name) in self._left_out and _is_asked_for(name, request)
        ]
        if not left_out:
            return ""
        *others, last = left_out
        listed, them = (f"{', '.join(others)} and {last}", "them") if others else (last, "it")
        return f"The model's server does not take {listed}, so this answer was made without {them}."


def _is_asked_for(name: str, request: ChatRequest) -> bool:
    """Whether the person chose what this field says, and not the app."""
    match name:
        case "seed":
            return not request.seed_drawn
        case "tool_choice":
            return request.tool_choice != "auto"
        case "stop" | "response_format":
            return True
        case _:
            return bool(getattr(request.settings, name, None) != getattr(GenerationSettings(), name, None))


def _entries(words: str) -> list[dict[str, Any]]:
    """The parts of a refusal."""
    try:
        return list(_objects(json.loads(words)))
    except (ValueError, RecursionError):
        return [{"message": words}]


def summary(words: str) -> str:
    """Of a refusal in pydantic's form, the kinds of what is wrong and the fields: no word of whoever asked."""
    found = ((str(entry.get("type")), _place(entry)) for entry in _entries(words))
    return "; ".join(f"{kind} {field}" for kind, field in found if _PLAIN.fullmatch(kind) and _PLAIN.fullmatch(field))


def _objects(value: object) -> Iterator[dict[str, Any]]:
    """All objects within a JSON value, itself included."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(inner)


def _unknown(entry: dict[str, Any]) -> Iterator[str]:
    """The fields that this part of a refusal says are unknown, as pydantic does or in words.

    https://docs.pydantic.dev/latest/errors/validation_errors/#extra_forbidden
    """
    if field := _place(entry):
        # What a person wrote into a field, as a keyword of a schema, says nothing of the field.
        if len(_steps(entry)) == 1 and re.search(_UNKNOWN, f"{entry.get('type')} {entry.get('msg')}", re.IGNORECASE):
            yield field
        return
    for text in (entry.get(name) for name in ("message", "detail", "error")):
        for name in OPTIONAL if isinstance(text, str) else ():
            said = rf"{_UNKNOWN}[^.;{{}}]{{0,60}}?\b{name}\b|\b{name}\b\W{{0,3}}(?:is |are )?{_UNKNOWN}"
            if re.search(said, str(text), re.IGNORECASE):
                yield name


def _place(entry: dict[str, Any]) -> str:
    """The field of the request that an entry of pydantic's is about, of which it may mean a part."""
    return next(iter(_steps(entry)), "")


def _steps(entry: dict[str, Any]) -> list[str]:
    place = entry.get("loc")
    return [str(step) for step in place if step != "body"] if isinstance(place, list) else []


def _wants_any(entry: dict[str, Any]) -> bool:
    """Whether it says that a tool choice can be "any", which is "required" to others."""
    return _place(entry) == "tool_choice" and "'any'" in str(entry.get("msg"))
