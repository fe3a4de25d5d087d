"""A model behind a server, or behind several. Imports no torch."""

import os
import threading
from collections.abc import Generator, Sequence
from dataclasses import replace

from backend.chat.errors import ModelUnusable
from backend.chat.thoughts import shows_thoughts
from backend.config import Config
from backend.engines.replicas import Replicas
from backend.engines.server.discovery.addresses import SERVICES, Service
from backend.engines.server.discovery.models import short_name
from backend.engines.server.discovery.presence import PAUSE_SECONDS, WAITING, Presence
from backend.engines.server.engine import ServerEngine
from backend.engines.server.token_count import TokenServer
from backend.models.served import known_model
from backend.runtime.model_info import ModelCapabilities, ModelInfo
from backend.runtime.runtime import Runtime
from backend.runtime.server_tokenizer import ServedTokenizer

FIRST_LOOK_SECONDS = 2.0  # that the page waits for a server, so as to open with the name of its model
REFUSED_SECONDS = 30.0  # between two looks where waiting does not help, as with a wrong key at a public service
CLOSE_SECONDS = 2.0  # that the end of the app waits for a look that has begun
AGAIN_SECONDS = 60.0  # between two looks at which models there are by now
UNNAMED = "Mistral"  # until the server says what it serves
ASK_ALREADY = "You can ask already. The answer comes once the server is up."
NO_KEY = "--server {} needs a key. Set {}, or name another variable with --server-key-env."


def server(config: Config) -> Runtime:
    """A model behind a server, or behind several. Imports no torch. Raises ModelUnusable where an option is wrong."""
    written = [one for one in map(str.strip, config.server.split(",")) if one] or [config.server]
    engines = [engine_at(config, one, is_one=len(written) == 1) for one in written]
    engine, presences = engines[0], [one.presence for one in engines]
    answering = engine if len(engines) == 1 else Replicas(engines, config.server_timeout)
    counting = TokenServer(_service(written[0]).url, engine.key, config.server_proxy)
    watch = _Watch(presences)

    def one_there() -> Presence:
        return next((one for one in presences if one.model), engine.presence)

    # What the watch finds out, and not the server anew: each look that fails is a line in the log.
    tokens = ServedTokenizer(counting, lambda: one_there().model, config.tokenizer)

    def info() -> ModelInfo:
        there = one_there()
        name = short_name(there.model or config.server_model) or UNNAMED
        known, prompt = known_model(there.model or config.server_model), tokens.system_prompt
        thinks = True if shows_thoughts(prompt) else known.thinks if known else None
        info = ModelInfo(name, "", "", prompt, thinks=thinks, efforts=tokens.efforts)
        if there.model:
            names, repository = tuple(dict.fromkeys((there.model, name))), known.repository if known else ""
            return replace(info, names=names, repository=repository)
        return replace(info, introduction="" if there.is_final else ASK_ALREADY, waiting=there.told or WAITING)

    def change(model: str, _: str) -> Generator[str, None, None]:
        engine.presence.choose(model)
        yield from ()

    # One choice counts for all who share the server, so it is left to whoever runs the app.
    may_choose = config.is_personal and not config.server_model and len(engines) == 1
    model = ModelCapabilities(
        info, config.max_new_tokens, tokens.counter, tokens.inspect,
        change if may_choose else None, lambda: engine.presence.models,
    )  # fmt: skip
    tokens.start()

    def close() -> None:
        watch.close()
        tokens.close()
        answering.close()

    return Runtime(answering, model, watch.is_there.wait, close)


def engine_at(config: Config, written: str, is_one: bool = True) -> ServerEngine:
    """The engine for one address, or for the short name of a service. Raises ModelUnusable where it makes no sense.

    Where it is not the only `one`, it waits for nothing, since another can be asked.
    """
    service, name = _service(written), written.strip().lower()
    if service.key_variable and not (config.server_key_env or os.environ.get(service.key_variable)):
        raise ModelUnusable(NO_KEY.format(name, service.key_variable))
    return ServerEngine(
        service.url,
        config.server_key or os.environ.get(service.key_variable, ""),
        config.server_model,
        config.server_timeout,
        is_one,
        default=service.model,
        kind=config.server_kind or (name if name in SERVICES else ""),
        proxy=config.server_proxy,
        waits=is_one,
    )


def _service(written: str) -> Service:
    return SERVICES.get(written.strip().lower(), Service(written))


class _Watch:
    """Looks for the servers until one is there, and from then on what they have by now; prints each new thing that is
    waited for.
    """

    def __init__(self, presences: Sequence[Presence]) -> None:
        """Waits for the first look, so as to open with the name of a model, but not for long."""
        self.is_there = threading.Event()
        self._presences = presences
        self._looked, self._closed = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="server-watch", daemon=True)
        self._thread.start()
        self._looked.wait(FIRST_LOOK_SECONDS)

    def close(self) -> None:
        """Looks no more."""
        self._closed.set()
        self._thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        printed, pause = dict[str, str](), 0.0
        while not (self.is_there.is_set() or self._closed.wait(pause)):
            for one in self._presences:
                one.try_to_look()
                if one.told not in ("", printed.get(one.where)):
                    printed[one.where] = one.told
                    print(f"{one.where}: {one.told}", flush=True)
            if any(one.model for one in self._presences):
                self.is_there.set()
            self._looked.set()
            pause = REFUSED_SECONDS if all(one.is_final for one in self._presences) else PAUSE_SECONDS
        while not self._closed.wait(AGAIN_SECONDS):
            for one in self._presences:
                one.look_again()
