"""What a server tells of tokens: how many a request takes, and how many the model reads at most.

https://docs.vllm.ai/en/latest/serving/openai_compatible_server/#tokenizer-api
https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import lru_cache
from typing import Any

import httpx2

from backend.chat.messages import Message, UserMessage
from backend.chat.parts import Image, Text
from backend.chat.request import ChatRequest, length
from backend.engines.server.client import Connection
from backend.engines.server.discovery.addresses import address, http_client, sent
from backend.engines.server.limits import read_json
from backend.engines.server.request_body import body

SECONDS = 2.0  # for one question; the meter of a page waits for it
REST_SECONDS = 60.0  # in which a server that failed is not asked again
AT_ONCE = 4  # questions; who comes while they are under way has no answer
MAX_BYTES = 8_000_000  # of an answer, which holds every token's id
MAX_CHARACTERS = 500_000  # of a request; no model reads so much
WORD = "Hello"
Json = Any
Way = Callable[[ChatRequest, str], int]
# Where servers tell the model's context, in the order in which they are asked: address, then the way to the number.
# Of a list, the entry with the model's name is meant, or its only one, except among those that are loaded at present.
_LIST, _LOADED = "/models", "/api/ps"
_CONTEXTS: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...] = (
    (_LIST, (("data", "max_model_len"), ("data", "max_context_length"), ("data", "context_length"))),
    ("/props", (("default_generation_settings", "n_ctx"),)),
    ("/api/v0/models", (("data", "loaded_context_length"), ("data", "max_context_length"))),
    (_LOADED, (("models", "context_length"),)),
    (_LIST, (("data", "meta", "n_ctx_train"),)),
)


class NotCounted(Exception):
    """The server tells no count: it does not answer in time, or is asked too much already."""


class NotThere(NotCounted):
    """The server has no such address, or says there what makes no sense."""


class TokenServer:
    """One server's words on tokens. Any number of threads may ask at once; each waits a few seconds at most."""

    def __init__(self, url: str, key: str = "", proxy: bool = False) -> None:
        """As ServerClient. Raises ModelUnusable where `url` is no address."""
        where = address(url)
        self._base = str(where.bases[0]).removesuffix("/v1")
        self._lists = [str(base).removeprefix(self._base) + _LIST for base in where.bases]
        self._client = http_client(where, key, proxy, SECONDS)
        self._places = threading.Semaphore(AT_ONCE)
        self._resting_until = 0.0
        self._way: Way | None = None
        self._remembered = lru_cache(256)(self._asked)

    def close(self) -> None:
        """Closes all connections."""
        self._client.close()

    def context(self, model: str) -> int | None:
        """The most tokens that the model reads, as the server has it; None where it does not tell.

        Neither where one of the questions is not answered, since those after it tell less exactly.
        """
        try:
            return next(self._contexts(model), None)
        except NotCounted:
            return None

    def _contexts(self, model: str) -> Iterator[int]:
        """What it tells, most exact first. Raises NotCounted."""
        answers: dict[str, Json] = {}
        for path, ways in _CONTEXTS:
            for place in self._lists if path == _LIST else (path,):
                if place not in answers:
                    answers[place] = self._answer_or_none(place)
                for way in ways:
                    yield from _numbers(answers[place], way, model, is_whole=path != _LOADED)

    def count(self, request: ChatRequest, model: str) -> int:
        """The tokens of a request without those of its pictures, which are not sent. Raises NotCounted."""
        plain = ChatRequest(request.system_prompt, tuple(map(_without_pictures, request.messages)), request.tools)
        return self._remembered(plain, model)

    def _asked(self, request: ChatRequest, model: str) -> int:
        if time.monotonic() < self._resting_until or length(request) > MAX_CHARACTERS:
            raise NotCounted
        if not self._places.acquire(blocking=False):
            raise NotCounted
        try:
            self._way = self._way or self._found(model)
            return self._way(request, model)
        except NotCounted:
            self._way, self._resting_until = None, time.monotonic() + REST_SECONDS
            raise
        finally:
            self._places.release()

    def _found(self, model: str) -> Way:
        """How it counts, found out with a word of ours, since nobody's draft shall go where it is of no use.

        Raises NotCounted.
        """
        found = self._answer("/tokenize", {"model": model, "prompt": WORD, "content": WORD})  # vLLM's, llama.cpp's
        fields = found if isinstance(found, dict) else {}
        if isinstance(fields.get("count"), int):
            return self._by_messages
        if isinstance(fields.get("tokens"), list):
            return self._by_template
        raise NotCounted

    def _by_messages(self, request: ChatRequest, model: str) -> int:
        """As vLLM counts."""
        return _count(self._answer("/tokenize", _chat(request, model)), "count")

    def _by_template(self, request: ChatRequest, model: str) -> int:
        """As llama.cpp does: its template makes a text, in which control tokens are read as such."""
        templated = self._answer("/apply-template", _chat(request, model))
        prompt = templated.get("prompt") if isinstance(templated, dict) else None
        if not isinstance(prompt, str):
            raise NotCounted
        asked = {"content": prompt, "add_special": True, "parse_special": True}
        return _count(self._answer("/tokenize", asked), "tokens")

    def _answer_or_none(self, path: str) -> Json:
        try:
            return self._answer(path)
        except NotThere:
            return None

    def _answer(self, path: str, asked: Json = None) -> Json:
        """The JSON at this address; `asked` is posted. Raises NotThere and NotCounted."""
        method, connection, content = "GET" if asked is None else "POST", Connection(), bytearray()
        how: Json = {"headers": {"Accept-Encoding": "identity"}, "extensions": {"trace": connection.trace}}
        try:
            request = self._client.build_request(method, self._base + path, json=asked, **how)
            with connection.ending(SECONDS), closing(sent(self._client, request)) as response:
                if not response.is_success:
                    raise NotThere
                for piece in response.iter_raw():  # what is packed all the same could be of any size
                    content += piece
                    if len(content) > MAX_BYTES:
                        raise NotThere
            return read_json(bytes(content))
        except (httpx2.TimeoutException, httpx2.NetworkError, httpx2.RemoteProtocolError) as error:
            raise NotCounted from error
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, ValueError) as error:
            raise NotThere from error


def _chat(request: ChatRequest, model: str) -> dict[str, Any]:
    """What of an answer's request makes its prompt."""
    fields = body(request, model)
    return {name: fields[name] for name in ("model", "messages", "tools") if name in fields}


def _count(answer: Json, name: str) -> int:
    """The number of this name, or the length of the list. Raises NotCounted."""
    found = answer.get(name) if isinstance(answer, dict) else None
    if isinstance(found, list):
        return len(found)
    if type(found) is not int or found < 0:
        raise NotCounted
    return found


def _numbers(value: Json, way: tuple[str, ...], model: str, is_whole: bool) -> Iterator[int]:
    """What there is at the end of the way, where it is a number of tokens. `is_whole`: a list has all models."""
    if isinstance(value, list):
        entries = [entry for entry in value if isinstance(entry, dict)]
        names = (model, f"{model}:latest")  # which Ollama has for a name without a tag
        named = [entry for entry in entries if any(entry.get(key) in names for key in ("id", "name", "model"))]
        for entry in named or (entries if is_whole and len(entries) == 1 else ()):
            yield from _numbers(entry, way, model, is_whole)
    elif not way:
        if type(value) is int and value > 0:
            yield value
    elif isinstance(value, dict):
        yield from _numbers(value.get(way[0]), way[1:], model, is_whole)


def _without_pictures(message: Message) -> Message:
    if not isinstance(message, UserMessage) or not message.images:
        return message
    return UserMessage(tuple(part for part in message.parts if not isinstance(part, Image)) or (Text(""),))
