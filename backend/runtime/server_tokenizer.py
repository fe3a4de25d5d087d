"""What the page may ask of a served model's tokens: its tokenizer, where one can be had, else the server, else a guess.

Loads in a thread, behind the open page. Imports no tokenizer before.
"""

import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from backend.chat.errors import EngineError, EngineUnavailable, ModelUnusable, trace
from backend.chat.messages import Conversation, UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest
from backend.chat.system_prompts import DEFAULT_PROMPT, prompt_for
from backend.engines.server.token_count import NotCounted, TokenServer
from backend.models.served import KnownModel, known_model, tokenizer_file, tokenizer_folder
from backend.tokenization.count import Counter, TokenCount, TokenCounter
from backend.tokenization.estimate import Estimate

if TYPE_CHECKING:
    from backend.tokenization.inspect import Inspection
    from backend.tokenization.tokenizer import Tokenizer

LOOK_SECONDS = 5.0  # from one look at which model is served to the next
CONTEXT_SECONDS = 60.0  # between two questions how much it reads, which some servers tell only once it is loaded
CLOSE_SECONDS = 2.0  # that the end of the app waits for a look that has begun
AS_WRITTEN = "This is mistral-common's prompt. A server with its own template may use a different one."
NO_PROMPT = "The exact prompt isn't available without the model's tokenizer. Set it with --tokenizer."
NOT_HAD = "%s Until the next start, the server is asked for token counts, or they are estimated."
STAND_IN = UserMessage((Text("x"),))  # for the message that is being written, so that other counts stay the same
PLAIN = "."  # a system prompt, since some templates add a long one of their own where there is none
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ServerCounter:
    """Asks the server, and estimates where it does not say. See Counter."""

    server: TokenServer
    model: str
    limit: int | None
    is_exact: bool = False

    def picture(self, width: int, height: int) -> int:
        """Tokens of a picture of this size in pixels."""
        return Estimate(self.limit).picture(width, height)

    def cost(self, request: ChatRequest) -> TokenCount:
        """What the request takes; its last message is what would be sent. Takes some seconds at most."""
        estimate = Estimate(self.limit).cost(request)
        try:
            return replace(self._counted(request), pictures=estimate.pictures)
        except NotCounted:
            return estimate

    def _counted(self, request: ChatRequest) -> TokenCount:
        """Without the pictures. While a person types the first four counts stay, and the server is asked for one."""
        last = Conversation(request.messages).last_user_index or 0
        frame = self._count(ChatRequest(PLAIN, (STAND_IN,)))
        system_prompt = self._count(ChatRequest(request.system_prompt, (STAND_IN,))) - frame
        tools = self._count(ChatRequest(PLAIN, (STAND_IN,), request.tools)) - frame
        history = self._count(ChatRequest(PLAIN, (*request.messages[:last], STAND_IN))) - frame
        before = max(0, system_prompt), max(0, tools), max(0, history)
        text = self._count(request) - sum(before)
        return TokenCount(*before, 0, text, self.limit, is_exact=not request.images)

    def _count(self, request: ChatRequest) -> int:
        return self.server.count(request, self.model)


@dataclass(frozen=True)
class _Found:
    """What there is for the model of this name. `limit` is its context in tokens, where it is known."""

    model: str = ""
    limit: int | None = None
    tokenizer: "Tokenizer | None" = None
    system_prompt: str = DEFAULT_PROMPT


class ServedTokenizer:
    """The tokenizer of the model behind a server, or what stands in for it."""

    def __init__(self, server: TokenServer, model: Callable[[], str], path: str = "") -> None:
        """`model` gives the name that the model is served under, and may raise EngineError; it is asked over and over.

        `path` is the tekken.json that was named, or its folder. Raises ModelUnusable where there is none.
        """
        self._server, self._model = server, model
        self._given = tokenizer_file(path) if path else None
        self._found = _Found()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True, name="served-tokenizer")

    def start(self) -> None:
        """Begins to look for it; returns at once."""
        self._thread.start()

    def close(self) -> None:
        """Looks no more."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join(CLOSE_SECONDS)
        self._server.close()

    @property
    def system_prompt(self) -> str:
        """The served model's own, once it is known, else ours."""
        return self._found.system_prompt

    @property
    def efforts(self) -> tuple[str, ...]:
        """How much the served model can be told to think, where its tokenizer is there and knows."""
        return self._found.tokenizer.efforts if self._found.tokenizer else ()

    def counter(self) -> Counter:
        """Counts as exactly as is possible at present."""
        found = self._found
        if found.tokenizer:
            return TokenCounter(found.tokenizer, found.limit)
        return ServerCounter(self._server, found.model, found.limit) if found.model else Estimate(None)

    def inspect(self, request: ChatRequest) -> "Inspection":
        """The prompt that the request makes. Raises EngineError."""
        tokenizer = self._found.tokenizer
        if tokenizer is None:
            raise EngineUnavailable(NO_PROMPT)
        from backend.tokenization.inspect import inspect

        return replace(inspect(request, tokenizer), note=AS_WRITTEN)

    def _follow(self) -> None:
        """The server may come up later than the app, and another model with it."""
        given = self._loaded(self._given) if self._given else None
        if self._given and given:
            self._found = _Found(tokenizer=given, system_prompt=prompt_for(self._given.parent))
        asked_at = -math.inf
        while not self._closed.is_set():
            try:
                name = self._model()
                if name and name != self._found.model:
                    asked_at = -math.inf  # a server that has just begun may tell more at the next look
                    self._find(name, given)
                elif name and time.monotonic() - asked_at > CONTEXT_SECONDS:
                    asked_at = time.monotonic()
                    if limit := self._server.context(name):
                        self._found = replace(self._found, limit=limit)
            except EngineError:
                pass  # it does not answer yet; whoever asks it something is told so
            except Exception as error:  # in a thread of its own nobody else would hear of it
                if self._closed.is_set():
                    return  # what it asked was closed
                log.error("the tokenizer cannot be had: %s", trace(error))
            self._closed.wait(LOOK_SECONDS)

    def _find(self, name: str, given: "Tokenizer | None") -> None:
        known = known_model(name)
        limit = self._server.context(name) or (known.context if known else None)
        if given:
            self._found = replace(self._found, model=name, limit=limit)
            return
        self._found = _Found(name, limit)  # while the tokenizer is fetched
        if folder := known and self._folder(known):
            self._found = _Found(name, limit, self._loaded(folder / "tekken.json"), prompt_for(folder))

    def _folder(self, known: KnownModel) -> Path | None:
        try:
            return tokenizer_folder(known.repository)
        except ModelUnusable as error:
            log.warning(NOT_HAD, error)
        return None

    def _loaded(self, file: Path) -> "Tokenizer | None":
        from backend.tokenization.tokenizer import Tokenizer, TokenizerBroken

        try:
            return Tokenizer(file)
        except TokenizerBroken as error:
            log.warning(NOT_HAD, f"The tokenizer cannot be read: {error}.")
        return None
