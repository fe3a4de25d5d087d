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
from backend.engines.server.limits import Unbounded
from backend.engines.server.reading import WAITING, Reading
from backend.engines.server.refusal_words import loggable
from backend.engines.server.refusals import STILL_LOADING, TOO_SLOW, is_busy, is_loading, sentence
from backend.engines.server.request_body import body

TIMEOUT_SECONDS = 3600.0  # where a processor reads for many minutes before its first word
BUSY_SECONDS = 60.0  # the longest wait for a server that has too much to do
LOADING_SECONDS = 1.0  # before the first look whether a server has loaded its model; each further wait is longer,
LONGEST_PAUSE = 30.0  # up to this
FAULT = "This app failed at the answer. Try again; its log has the reason."
log = logging.getLogger(__name__)


class ServerEngine:
    """Asks one server. `model` is the name that it serves under; where none is given, the first that it lists.

    `timeout` is in seconds, from a request to the first word of its answer. One that is not `patient` does not wait for
    a server that is busy or loads: another can be asked.
    """

    def __init__(
        self, url: str, key: str = "", model: str = "", timeout: float = TIMEOUT_SECONDS, patient: bool = True
    ) -> None:
        self._server = ServerClient(url, key)
        self._dialect = Dialect(url)
        self._model = model
        self._key = key
        self._timeout = timeout
        self._patient = patient

    @property
    def model(self) -> str:
        """The name of the model that answers. Raises EngineError."""
        if not self._model:
            try:
                self._model = self._server.first_model()
            except (ServerRefused, ServerLost) as error:
                raise self._told(error, {}) from error
        return self._model

    def answers(self) -> bool:
        """Whether it lists its models at present."""
        try:
            self._server.first_model()
        except (ServerRefused, ServerLost):
            return False
        return True

    def close(self) -> None:
        """Closes all connections."""
        self._server.close()

    def stream(self, request: ChatRequest) -> Generator[Event, None, None]:
        """See Engine.stream. Closing the iterator closes the connection, so that the server stops too."""
        reading = Reading(self._timeout)
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
            fields = body(request, self.model)
            self._ask(fields, reading)
            reading.left_out = self._dialect.missing(request, fields)
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

    def _ask(self, fields: dict[str, Any], reading: Reading) -> None:
        """Asks again while the server loads, once where it is busy, and for as long as each refusal names another field
        to leave out.
        """
        waited, pause = False, LOADING_SECONDS
        while not reading.connection.aborted.is_set():
            sent = self._dialect.spoken(fields)
            reading.status, reading.too_slow = WAITING, TOO_SLOW
            try:
                return self._take(sent, reading)
            except ServerRefused as error:
                if reading.begun:
                    raise
                if is_loading(error) and self._patient:
                    reading.status, reading.too_slow = "The server is still loading the model…", STILL_LOADING
                    reading.connection.aborted.wait(pause)
                    pause = min(2 * pause, LONGEST_PAUSE)
                elif is_busy(error) and self._patient and not waited and error.retry_after <= BUSY_SECONDS:
                    waited, reading.status = True, "The model's server is busy, trying again…"
                    reading.connection.aborted.wait(error.retry_after)
                elif not self._dialect.learn(error, sent):
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
            words = [loggable(text, {**fields, "key": self._key}) for text in (summary(error.words), error.words)]
            what = " ".join(filter(None, (str(error.status), *words)))
        log.warning("the model's server: %s: %s", type(error).__name__, what)
        return sentence(error, begun)
