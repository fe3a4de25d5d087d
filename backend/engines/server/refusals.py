"""What a server answered in place of an answer -> what the person who asked is told, in a sentence or two.

Where [Try again] and [Continue] stand beside it, it does not say so once more.

Servers have no words in common: the patterns are what vLLM, SGLang, llama.cpp, LM Studio, Ollama, TGI, LiteLLM,
llama-cpp-python, Mistral's, OpenAI's and the hub's own were seen to say.
"""

import math
import re

from backend.chat.errors import (
    AnswerTooLong,
    EngineError,
    EngineUnavailable,
    GenerationFailed,
    RequestRejected,
    RequestTooLong,
    ServerDown,
)
from backend.engines.server.client import NoModelServer, ServerLost, ServerRefused, ServerTooSlow, WrongServer
from backend.engines.server.context_length import too_long
from backend.engines.server.discovery.models import short_name
from backend.engines.server.limits import Unbounded
from backend.engines.server.refusal_words import said

UNREACHABLE = "Can't reach the server."
NO_MODEL_SERVER = "There's no model server at this address. Check --server."
BROKEN_OFF = "The connection was lost."
NOTHING_CAME = "The server returned no answer."
FAILED_MIDWAY = "The server failed while answering."
FULL_MIDWAY = "The server ran out of room for this answer."
ENDLESS = "The answer was stopped because the server sent too much."
TOO_SLOW = "The server took too long."
STILL_LOADING = "The server is still loading the model. Try again in a few minutes."
FAULT = "The server returned an error."
KEY = "The server doesn't accept the app's API key. Check the key."
UNPAID = "The app's account at the server has no credit left. Top it up, or use another key."
TOO_LARGE = "This is too large for the server. Remove images, or start a new chat."
REJECTED = "The server rejected this request. Change it, or start a new chat."
NO_PARSER = (
    "The server was started without tools. Turn tools off, or start the server with --enable-auto-tool-choice "
    "--tool-call-parser mistral."
)
NO_JINJA = "The server was started without tools. Turn tools off, or start the server with --jinja."
NO_TOOLS = "This model can't use tools on this server. Turn tools off."
NO_VISION = "This model can't see images on this server. Remove them, or start the server with vision."
FEWER_PICTURES = "The server takes up to {} images per chat. Remove some, or start a new chat."
MODEL_GONE = "The server doesn't have the requested model. Choose one it has"

_LOADING = re.compile(
    r"(?i)^loading\b.{0,20}model|(?:is|still|currently|server) (?:being )?load(?:ing|ed)\b.{0,20}(?:model|$)"
    r"|model\b.{0,100}\b(?:(?:is|still|currently) (?:being )?load(?:ing|ed)|loading in progress)|warming up"
)
_CROWDED = re.compile(r"(?i)overloaded|too many (?:concurrent )?requests|queue is full|at capacity|rate.?limit")
_UNPAID = re.compile(r"(?i)insufficient.quota|exceeded your (?:current quota|monthly included credits)|credit balance")
_GONE = re.compile(
    r"(?i)model\b.{0,200}?(?:does not exist|not found|doesn't exist|not (?:currently )?(?:loaded|available|served))"
    r"|(?:unknown|invalid|no such) model|no models? (?:is |are )?loaded|multiple models are loaded|try pulling"
)
_THERE_ARE = re.compile(r"(?i)(?:available|your|loaded|valid|served) models?(?: are)?:\s*([\w./:@,\s-]{1,200})")
_PICTURES = re.compile(r"(?i)at most (\d+) (?:image|picture)")
_BY_WORDS = (
    (re.compile(r"tool-call-parser|enable-auto-tool-choice"), NO_PARSER),
    (re.compile(r"requires? --jinja"), NO_JINJA),
    (re.compile(r"(?i)(?:not support|found that support) (?:tool|function)"), NO_TOOLS),
    (
        re.compile(
            r"(?i)mmproj|(?:images?|vision)\b(?: input)? (?:is|are) not (?:supported|enabled|available)"
            r"|required for image|not (?:a |an )?(?:support )?(?:images?\b|vision|multi-?modal)"
            r"|found that support image|(?:type|variant|content).{0,20}image_url"
        ),
        NO_VISION,
    ),
)


def is_loading(refusal: ServerRefused) -> bool:
    """Whether the server says that it will answer as soon as the model is in its memory."""
    return refusal.status >= 409 and bool(_LOADING.search(said(refusal.words)[:1000]))


def is_busy(refusal: ServerRefused) -> bool:
    """Whether the server says that it has too much to do at present."""
    text = said(refusal.words)
    is_crowded = refusal.status == 429 or (refusal.status >= 500 and _CROWDED.search(text))
    return bool(is_crowded) and not _UNPAID.search(text)


def is_gone(refusal: ServerRefused) -> bool:
    """Whether the server says that it does not have the model that it was asked for."""
    return 400 <= refusal.status < 500 and bool(_GONE.search(said(refusal.words)))


def sentence(error: Exception, begun: bool) -> EngineError:
    """What the person is told. `begun` says that something of the answer had come, which is kept."""
    match error:
        case ServerRefused():
            return _refused(error, begun)
        case Unbounded():
            return GenerationFailed(ENDLESS)
        case WrongServer() if not begun:
            return EngineUnavailable(str(error))
        case NoModelServer() if not begun:
            return EngineUnavailable(NO_MODEL_SERVER)
        case ServerTooSlow() if not begun:
            return EngineUnavailable(TOO_SLOW)
        case ServerLost() if not begun:
            return ServerDown(UNREACHABLE)
    return GenerationFailed(BROKEN_OFF)


def _refused(refusal: ServerRefused, begun: bool) -> EngineError:
    text = said(refusal.words)
    long = too_long(refusal.words, text)
    if begun:
        return AnswerTooLong(FULL_MIDWAY) if long else GenerationFailed(FAILED_MIDWAY)
    if refusal.status in (401, 403):
        return EngineUnavailable(KEY)
    if is_busy(refusal):
        return ServerDown(f"The server is busy.{_again(refusal.retry_after)}")
    if is_loading(refusal):
        return ServerDown(STILL_LOADING)
    if refusal.status == 402 or _UNPAID.search(text):
        return EngineUnavailable(UNPAID)
    return RequestTooLong(long) if long else _by_words(text) or _by_status(refusal.status)


def _by_words(text: str) -> EngineError | None:
    if most := _PICTURES.search(text):
        return RequestRejected(FEWER_PICTURES.format(most[1]) if int(most[1]) else NO_VISION)
    for pattern, told in _BY_WORDS:
        if pattern.search(text):
            return RequestRejected(told)
    if _GONE.search(text):
        return EngineUnavailable(f"{MODEL_GONE}{_there_are(text)}.")
    return None


def _there_are(text: str) -> str:
    """The models that a refusal names, without the folders that they are in."""
    found = _THERE_ARE.search(text)
    names = re.split(r"[\s,]+", found[1].partition(". ")[0].strip(" ,.")) if found else []
    return f": {', '.join(short_name(name) for name in names)}" if names else ""


def _by_status(status: int) -> EngineError:
    if status == 413:
        return RequestRejected(TOO_LARGE)
    if status == 408:
        return EngineUnavailable(TOO_SLOW)
    if status in (504, 524):  # of a proxy that waited for it
        return ServerDown(TOO_SLOW)
    return RequestRejected(REJECTED) if status < 500 else ServerDown(FAULT)


def _again(seconds: float) -> str:
    """When to try again, where that is not at once."""
    minutes = math.ceil(seconds / 60)
    return (
        "" if minutes <= 1 else f" Try again in {minutes} minutes." if minutes < 120 else " Try again in a few hours."
    )
