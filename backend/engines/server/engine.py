"""A model behind an OpenAI-compatible server, such as vLLM. Many requests at once; imports no torch.

https://docs.vllm.ai/en/latest/serving/openai_compatible_server/
"""

import contextlib
import logging
import threading
from collections.abc import Generator, Mapping
from typing import Any

from backend.chat.errors import EngineError, GenerationFailed, trace
from backend.chat.request import ChatRequest, Event
from backend.engines.server.client import ServerClient, ServerLost, ServerRefused
from backend.engines.server.dialects import Dialect, summary
from backend.engines.server.discovery.models import short_name
from backend.engines.server.discovery.presence import LOADING, Presence
from backend.engines.server.limits import Unbounded
from backend.engines.server.reading import WAITING, Reading
from backend.engines.server.refusal_words import loggable
from backend.engines.server.refusals import (
    STILL_LOADING,
    TOO_SLOW,
    UNREACHABLE,
    is_busy,
    is_gone,
    is_loading,
    sentence,
)
from backend.engines.server.request_body import body

TIMEOUT_SECONDS = 3600.0  # where a processor reads for many minutes before its first word
BUSY_SECONDS = 60.0  # the longest wait for a server that has too much to do
LOADING_SECONDS = 1.0  # before the first look whether a server has loaded its model; each further wait is longer,
LONGEST_PAUSE = 30.0  # up to this
REPLACED = "The server no longer has {}, so {} answered. "
FAULT = "Something went wrong. The app's log has the details."
log = logging.getLogger(__name__)


class ServerEngine:
    """Asks one server, whose `presence` says which model answers.

    `model` is the one to ask for, `default` the one to ask for where the server has it; else it is chosen from those
    that it lists. `timeout` is in seconds, from a request to the first word of its answer. One that is not `patient`
    does not wait for a server that is busy or loads: another can be asked. One that `waits` answers a question to a
    server that is not there yet once it is; else that fails. Raises ModelUnusable for a wrong address.
    """

    def __init__(
        self,
        url: str,
        key: str = "",
        model: str = "",
        timeout: float = TIMEOUT_SECONDS,
        patient: bool = True,
        *,
        default: str = "",
        kind: str = "",
        proxy: bool = False,
        waits: bool = False,
    ) -> None:
        self._server = ServerClient(url, key, proxy)
        self.presence = Presence(self._server, model, default, kind)
        self._dialect = Dialect()
        self.key = key
        self._timeout = timeout
        self._patient = patient
        self._waits = waits
        self._is_loading = False
        self._logged = ""

    @property
    def model(self) -> str:
        """The name of the model that answers. Raises EngineError."""
        try:
            return self.presence.look()
        except (ServerRefused, ServerLost) as error:
            raise self._told(error, {}) from error

    def answers(self) -> bool:
        """Whether it is up at present."""
        return self.presence.answers()

    def is_coming(self) -> bool:
        """Whether it has not been up so far, or loads its model: it may be waited for."""
        return self._is_loading or not self.presence.model

    def close(self) -> None:
        """Closes all connections."""
        self._server.close()

    def stream(self, request: ChatRequest) -> Generator[Event, None, None]:
        """See Engine.stream. Closing the iterator closes the connection, so that the server stops too."""
        reading = Reading(self._timeout, tells_all=request.logprobs is not None)
        threading.Thread(target=self._read, args=(request, reading), name="server-stream", daemon=True).start()
        try:
            yield from reading.events()
            yield from reading.ending(offered=bool(request.tools))
        finally:
            reading.connection.abort()

    def _read(self, request: ChatRequest, reading: Reading) -> None:
        """Runs in a thread of its own, since reading blocks."""
        fields: dict[str, Any] = {}
        try:
            fields = body(request, self._present(reading))
            dialect = self._dialect.apart()
            self._ask(fields, reading, dialect)
            reading.left_out += dialect.missing(self.presence.kind, request, fields)
        except EngineError as error:
            reading.error = error
        except (ServerRefused, ServerLost, Unbounded) as error:
            is_over = reading.reason and isinstance(error, ServerLost)  # it hung up without good manners
            if not is_over and not reading.connection.aborted.is_set():  # what a cut line raises is nobody's concern
                reading.error = self._told(error, fields, reading.begun)
        except Exception as error:  # in a thread of its own nobody else would hear of it
            log.error("an answer failed: %s", trace(error))
            reading.error = GenerationFailed(FAULT)
        finally:
            reading.items.put(None)

    def _present(self, reading: Reading) -> str:
        """The model that answers, which is waited for where that was asked for."""

        def tell(status: str) -> None:
            reading.status, reading.too_slow = status, STILL_LOADING if status == LOADING else UNREACHABLE

        aborted = reading.connection.aborted
        return self.presence.wait(aborted, tell) if self._waits else self.presence.look(aborted)

    def _in_place_of(self, gone: str, reading: Reading) -> str:
        return self.presence.replace(gone, reading.connection.aborted)

    def _ask(self, fields: dict[str, Any], reading: Reading, dialect: Dialect) -> None:
        """Asks again while the server loads, once where it is busy, once for another model where it has lost that one,
        and for as long as each refusal names another field to leave out.
        """
        waited, loads, pause = False, False, LOADING_SECONDS
        while not reading.connection.aborted.is_set():
            sent = dialect.spoken(self.presence.kind, fields)
            if not loads:  # of one that did, nothing else is known while it is asked again
                reading.status, reading.too_slow = WAITING, TOO_SLOW
            try:
                self._take(sent, reading)
                self._is_loading = False
                return
            except ServerRefused as error:
                if reading.begun:
                    raise
                self._is_loading = loads = is_loading(error)
                if loads and self._patient:
                    reading.status, reading.too_slow = LOADING, STILL_LOADING
                    reading.connection.aborted.wait(pause)
                    pause = min(2 * pause, LONGEST_PAUSE)
                elif is_busy(error) and self._patient and not waited and error.retry_after <= BUSY_SECONDS:
                    waited, reading.status = True, "The server is busy, trying again…"
                    reading.connection.aborted.wait(error.retry_after)
                elif is_gone(error) and not reading.left_out and (new := self._in_place_of(fields["model"], reading)):
                    reading.left_out = REPLACED.format(short_name(fields["model"]), short_name(new))
                    fields["model"] = new
                elif not dialect.learn(error, sent):
                    raise

    def _take(self, fields: dict[str, Any], reading: Reading) -> None:
        """One request, and all that comes of it."""
        with contextlib.closing(self._server.stream(fields, reading.connection, self._timeout)) as chunks:
            for chunk in chunks:
                if reading.connection.aborted.is_set():
                    return
                reading.take(chunk)

    def _told(self, error: Exception, fields: Mapping[str, object], begun: bool = False) -> EngineError:
        """The error as a sentence for the person who asked, and in the log for whoever runs the app."""
        what = str(error)
        if isinstance(error, ServerRefused):  # whose words may repeat the person's, or the key
            words = [loggable(text, {**fields, "key": self.key}) for text in (summary(error.words), error.words)]
            what = " ".join(filter(None, (str(error.status), *words)))
        what = f"{type(error).__name__}: {what}"
        if what != self._logged or not self.is_coming():  # where it is waited for, the same comes again and again
            log.warning("the model's server: %s", what)
        self._logged = what
        return sentence(error, begun)
