"""A request in the words of one server. What it refuses to know is learned, and left out from then on."""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from backend.chat.errors import RequestRejected
from backend.chat.request import ChatRequest
from backend.chat.settings import GenerationSettings
from backend.engines.server.client import ServerRefused
from backend.engines.server.discovery.kinds import CONTINUATION, Kind
from backend.storage.exports.openai_format import THOUGHT, with_thoughts

# The fields that an answer can do without, as the person who asked for one knows it.
OPTIONAL = {
    "seed": "seed",
    "temperature": "temperature",
    "top_p": "top-p",
    "top_k": "top-k",
    "min_p": "min-p",
    "repetition_penalty": "repetition penalty",
    "stop": "stop sequences",
    "response_format": "JSON Schema",
    "tool_choice": "choice of tools",
    "reasoning_effort": "reasoning effort",
    "random_seed": "seed",
    "repeat_penalty": "repetition penalty",
    "stream_options": "",  # which nobody asks for
    "logprobs": "",  # whose lack the page tells where it would show them
    "top_logprobs": "",
}
GOES_NOT_ON = "This server can't continue an answer. Regenerate it, or ask the model to go on."
# What else a refusal tells; the first word is in it.
SAYS_ANY = "tool_choice any"
NAMES_NO_TOOL = "tool_choice name"
COUNTS_COMPLETION = "max_completion_tokens"
NO_THOUGHTS = "thoughts in messages"
WRITTEN = ("messages", "tools", "stop", "response_format")  # the fields with texts of whoever asks
MALFORMED = (400, 422)  # the statuses with which a field is refused
_PLAIN = re.compile(r"[a-z_]{1,40}")
_UNKNOWN = (
    r"(?:extra_forbidden|extra (?:inputs|fields) (?:are )?not permitted|unrecogni[sz]ed|unknown|unsupported|unexpected"
    r"|not (?:supported|permitted|allowed)|(?:does not|doesn't|cannot|can't) support)"
)
_TOO_MANY = (
    r"\blogprobs of \d+, which is greater than max allowed"  # vLLM's, where --max-logprobs is below what is asked
)
_LISTED = r"unexpected fields in the request: \{(?:'\w+', )*"  # transformers' own server, of all at once
_NO_NAMES = re.compile(r"(?i)tool_choice.{0,40}'?object'?")  # LM Studio's bug tracker, issue 670


class Dialect:
    """One server's: what its kind takes, less what it refused. Any number of threads may use it at once.

    Each request has one `apart`, since refusals repeat what was asked: what this one's words may have made the server
    say counts for it alone, and not for everybody.
    """

    def __init__(self, shared: "Dialect | None" = None) -> None:
        self._lock = threading.Lock()
        self._shared = shared
        self._learned: frozenset[str] = shared._learned if shared else frozenset()  # fields, and the marks above

    def apart(self) -> "Dialect":
        """The same for one request."""
        return Dialect(self)

    def spoken(self, kind: Kind, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of a request as this server takes them. Raises RequestRejected where it cannot go on."""
        chosen = self._chosen(kind, fields)
        known = {self._renamed(kind, name): value for name, value in chosen.items() if name not in CONTINUATION}
        if CONTINUATION[0] in fields:
            known |= self._continuation(kind, fields)
        taken = {name: value for name, value in known.items() if not self._is_left_out(kind, name)}
        thoughts = "never" if NO_THOUGHTS in self._learned else kind.thoughts
        taken["messages"] = with_thoughts(taken["messages"], thoughts)
        if "logprobs" not in taken:
            taken.pop("top_logprobs", None)  # which servers refuse alone
        return taken

    def _continuation(self, kind: Kind, fields: Mapping[str, Any]) -> dict[str, Any]:
        """How this server is told to go on with the last answer, which must not silently be begun anew."""
        if kind.continues == "never" or not self._learned.isdisjoint(CONTINUATION):
            raise RequestRejected(GOES_NOT_ON)
        *before, last = fields["messages"]
        match kind.continues:
            case "fields":
                return {name: fields[name] for name in CONTINUATION}
            case "prefix":  # https://docs.mistral.ai/capabilities/completion/prefix
                return {"messages": [*before, {**last, "prefix": True}]}
        return {}

    def _renamed(self, kind: Kind, name: str) -> str:
        if name == "max_tokens" and COUNTS_COMPLETION in self._learned:
            return COUNTS_COMPLETION
        return kind.renamed.get(name, name)

    def _is_left_out(self, kind: Kind, name: str) -> bool:
        return name in self._learned & OPTIONAL.keys() or name in kind.unknown

    def _chosen(self, kind: Kind, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The fields with the choice of a tool in this server's words."""
        chosen, choice = dict(fields), fields.get("tool_choice")
        if isinstance(choice, dict) and (NAMES_NO_TOOL in self._learned or not kind.names_tools):
            name = choice["function"]["name"]
            chosen["tools"] = [tool for tool in fields["tools"] if tool["function"]["name"] == name]
            choice = chosen["tool_choice"] = "required"
        if choice == "required":
            chosen["tool_choice"] = "any" if SAYS_ANY in self._learned else kind.required
        return chosen

    def learn(self, refusal: ServerRefused, sent: Mapping[str, Any]) -> bool:
        """Whether there is something new to be learned from a refusal of these fields: then it is worth another try."""
        if refusal.status not in MALFORMED:
            return False
        entries = _entries(refusal.words)
        unknown = {name for entry in entries for name in _unknown(entry)}
        learned = {name for name in sent if name in (*OPTIONAL, *CONTINUATION) and name in unknown}
        if sent.get("tool_choice") == "required" and any(map(_wants_any, entries)):
            learned.add(SAYS_ANY)
        if "max_tokens" in sent and COUNTS_COMPLETION in refusal.words:
            learned.add(COUNTS_COMPLETION)
        if isinstance(sent.get("tool_choice"), dict) and _NO_NAMES.search(refusal.words):
            learned.add(NAMES_NO_TOOL)
        if _has_thoughts(sent) and any(name in refusal.words for name in (*THOUGHT, "thinking")):
            learned.add(NO_THOUGHTS)
        self._add(learned)
        if self._shared and learned:
            written = json.dumps([sent.get(name) for name in WRITTEN], ensure_ascii=False).casefold()
            self._shared._add({what for what in learned if what.split()[0] not in written})
        return bool(learned)

    def _add(self, learned: set[str]) -> None:
        with self._lock:
            self._learned |= learned

    def missing(self, kind: Kind, request: ChatRequest, fields: Mapping[str, Any]) -> str:
        """What the person is told of what they asked for and this server does not take; nothing where it takes all."""
        left_out = [
            f"the {OPTIONAL[name]}"
            for name in fields
            if self._is_left_out(kind, self._renamed(kind, name)) and _is_asked_for(name, request)
        ]
        if not left_out:
            return ""
        *others, last = left_out
        listed, them = (f"{', '.join(others)} and {last}", "them") if others else (last, "it")
        return f"The server doesn't support {listed}, so this answer was made without {them}."


def _has_thoughts(sent: Mapping[str, Any]) -> bool:
    """Whether messages of a request tell what the model thought."""
    answers = [message for message in sent["messages"] if message["role"] == "assistant"]
    return any(THOUGHT[0] in answer or isinstance(answer["content"], list) for answer in answers)


def _is_asked_for(name: str, request: ChatRequest) -> bool:
    """Whether the person chose what this field says, and not the app."""
    match name:
        case "seed":
            return not request.seed_drawn
        case "tool_choice":
            return request.tool_choice != "auto"
        case "stop" | "response_format" | "reasoning_effort":
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
        for name in (*OPTIONAL, *CONTINUATION) if isinstance(text, str) else ():
            said = (
                rf"{_UNKNOWN}[^.;{{}}]{{0,60}}?\b{name}\b|\b{name}\b\W{{0,3}}(?:is |are )?{_UNKNOWN}"
                rf"|{_LISTED}'{name}'"
            ) + (f"|{_TOO_MANY}" if name == "logprobs" else "")
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
