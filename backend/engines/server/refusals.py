"""What a server answered in place of an answer -> one sentence for the person who asked, which says what to do.

Servers have no words in common: the patterns are what vLLM, SGLang, llama.cpp, LM Studio, Ollama, TGI, LiteLLM,
llama-cpp-python, Mistral's, OpenAI's and the hub's own were seen to say.
"""

import math
import re

from backend.chat.errors import EngineError, EngineUnavailable, GenerationFailed, RequestRejected, ServerDown
from backend.engines.server.client import NoModelServer, ServerLost, ServerRefused, ServerTooSlow, WrongServer
from backend.engines.server.context_length import too_long
from backend.engines.server.discovery.models import short_name
from backend.engines.server.limits import Unbounded
from backend.engines.server.refusal_words import said

UNREACHABLE = "The model's server does not answer. Try again in a moment."
NO_MODEL_SERVER = "What answers at the server's address is no model's server: whoever runs this app has to correct it."
BROKEN_OFF = "The model's server broke the answer off. What came of it is kept: retry, or let it continue."
NOTHING_CAME = "The model's server ended without an answer. Try again in a moment."
FAILED_MIDWAY = (
    "The model's server failed in the middle of the answer. What came of it is kept: retry, or let it continue."
)
FULL_MIDWAY = "The model's server has no room for more of this answer. What came of it is kept: go on in a new chat."
ENDLESS = "The model's server sent more than an answer can be, so it was stopped. What came of it is kept."
TOO_SLOW = "The model's server takes too long. Try again later."
STILL_LOADING = "The server is still loading the model. Try again in a few minutes."
FAULT = "The model's server has a fault of its own. Try again in a moment."
KEY = "The model's server does not accept this app's key; whoever runs it has to set it."
UNPAID = "The account that this app uses at the model's server has no credit left; whoever runs it has to see to it."
TOO_LARGE = "The model's server does not take that much at once: leave pictures out, or start a new chat."
REJECTED = "The model's server does not take this request: change it, or start a new chat."
NO_PARSER = (
    "The model's server was started without tools: turn the tools off, or have it started with "
    "--enable-auto-tool-choice --tool-call-parser mistral."
)
NO_JINJA = "The model's server was started without tools: turn the tools off, or have it started with --jinja."
NO_TOOLS = "This model, as it is served, calls no tools: turn the tools off."
NO_VISION = (
    "This model, as it is served, sees no images: leave them out, or have the server started with its vision part."
)
FEWER_PICTURES = "The model's server takes at most {} images in a chat: leave some out, or start a new chat."
MODEL_GONE = "The model's server does not have the model that it was asked for: whoever runs this app has to choose one"

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
        return GenerationFailed(FULL_MIDWAY if long else FAILED_MIDWAY)
    if refusal.status in (401, 403):
        return EngineUnavailable(KEY)
    if is_busy(refusal):
        return ServerDown(f"The model's server is busy. Try again {_in(refusal.retry_after)}.")
    if is_loading(refusal):
        return ServerDown(STILL_LOADING)
    if refusal.status == 402 or _UNPAID.search(text):
        return EngineUnavailable(UNPAID)
    return RequestRejected(long) if long else _by_words(text) or _by_status(refusal.status)


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


def _in(seconds: float) -> str:
    minutes = math.ceil(seconds / 60)
    return "in a moment" if seconds <= 60 else f"in {minutes} minutes" if minutes < 120 else "in some hours"
