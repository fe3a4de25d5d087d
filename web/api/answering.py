"""Chat completions: a request is read and answered in a thread, and sent as the answer comes."""

import asyncio
import contextvars
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from typing import ParamSpec, TypeVar

from backend.chat.request import ChatRequest
from backend.sandbox.caller import CALLER
from web.api.answer.chunks import chunks, whole
from web.api.answer.flow import Flow
from web.api.answer.sending import sent
from web.api.errors import ApiError
from web.api.requests import ChatCompletion, Tokenization, parse_chat, parse_tokenize
from web.api.services import ApiServices, Place
from web.api.tokens import tokenize
from web.api.translation import ReplyOptions, chat_request, reply_options
from web.incoming.turns import Turns
from web.requests import Receive, Scope, Send, visitor

THREADS = 256  # answers at once; more of them wait
RETRY_SECONDS = 5
CROWDED = "You have as many answers at once as one address may have. Wait for one of them to end."
P = ParamSpec("P")
T = TypeVar("T")


class Answering:
    """Answers requests whose bodies were read."""

    def __init__(self, services: ApiServices) -> None:
        self._services = services
        self._threads = ThreadPoolExecutor(THREADS, "api")
        self._parsing = Turns(1)

    async def __call__(self, body: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers, unless whoever asked goes away. Raises ApiError, UserError before there is any of the answer."""
        who = visitor(scope)
        with self._place(who) as place:
            completion = await self._parsed(who, parse_chat, body)
            del body
            request, options = await self._in_thread(who, self._read, completion, who)
            del completion  # which has the pictures as texts: an answer lasts minutes
            flow = Flow()
            work = self._in_thread(who, flow.fill, self._made(request, options), place.stop.is_set)
            await sent(flow, work, options.stream, scope, receive, send)

    async def tokens(self, body: bytes, scope: Scope) -> bytes:
        """What the tokens of a request are, as JSON. Raises ApiError, UserError."""
        who = visitor(scope)
        with self._place(who):  # it may have as much to read, and to download, as an answer
            return await self._in_thread(who, self._counted, await self._parsed(who, parse_tokenize, body))

    async def _parsed(self, who: str, parse: Callable[[bytes], T], body: bytes) -> T:
        """The request in a body, of each visitor one at a time: whatever else runs waits for a thread that parses."""
        async with self._parsing.of(who):
            return await self._in_thread(who, parse, body)

    @contextmanager
    def _place(self, who: str) -> Iterator[Place]:
        """One of the places of this visitor's. Raises ApiError where they have all."""
        with self._services.places.reserved(f"api {secrets.token_hex(8)}", who) as place:
            if place is None:
                raise ApiError(429, CROWDED, code="rate_limit_exceeded", retry_after=RETRY_SECONDS)
            yield place

    def _counted(self, asked: Tokenization) -> bytes:
        services = self._services
        return json.dumps(tokenize(asked, services.images, services.defaults, services.model.counter())).encode()

    async def _in_thread(self, who: str, function: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """What the function returns or raises, run in a thread as work of this visitor's."""
        context = contextvars.copy_context()
        context.run(CALLER.set, who)
        work = partial(context.run, partial(function, *given, **named))
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _read(self, completion: ChatCompletion, who: str) -> tuple[ChatRequest, ReplyOptions]:
        """Runs in a thread. What is kept of a request serves this key's programs at the same address alone."""
        defaults = self._services.defaults
        options = reply_options(completion, defaults)
        request = chat_request(completion, self._services.images, defaults)
        owner = self._name("owner", who)
        conversation = self._name(owner, request.system_prompt, repr(request.messages[:1]))
        top = options.top_logprobs if options.logprobs else None
        return replace(request, owner=owner, conversation=conversation, logprobs=top, scores=False), options

    def _made(self, request: ChatRequest, options: ReplyOptions) -> Generator[bytes, None, None]:
        with closing(self._services.engine.stream(request)) as events:
            yield from (chunks if options.stream else whole)(events, options)

    def _name(self, *of: str) -> str:
        """A name that nobody can guess, the same each time."""
        digest = hmac.new(self._services.secret, "\0".join(of).encode("utf-8", "replace"), hashlib.sha256)
        return f"api-{digest.hexdigest()}"
