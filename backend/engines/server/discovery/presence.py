"""Whether the server is there, and which of its models answers: found out once it is, and anew when that is gone."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

from backend.chat.errors import EngineUnavailable, ModelUnusable
from backend.engines.server.client import NoModelServer, ServerClient, ServerLost, ServerRefused, WrongServer
from backend.engines.server.discovery.kinds import TABLE, Kind, by_host
from backend.engines.server.discovery.models import ServedModel, choose
from backend.engines.server.refusals import KEY, NO_MODEL_SERVER, is_busy, is_loading

PAUSE_SECONDS = 1.0  # between two looks at a server that is not there yet
POLL_SECONDS = 0.2  # between two looks at whether a question that waits was stopped
WAITING = "Waiting for the server…"
LOADING = "The server is still loading the model…"
NO_LIST = "The server doesn't list its models. Name one with --server-model."
NO_CHAT_MODEL = "The server has no chat model. Load one there, or name one with --server-model."
REFUSES = "The server refused to list its models (status {}). Check its address and key."
NOT_THERE = "The server no longer has that model. Reload the page to see what it has."


class Presence:
    """What is known of one server. Any number of threads may ask it.

    `model` answers and `models` can be chosen from: nothing until the server is there. `told` says what it is waited
    for, and `is_final` that waiting does not help; `kind` is what it takes.
    """

    def __init__(self, client: ServerClient, wanted: str = "", default: str = "", kind: str = "") -> None:
        """`wanted` is the model that answers whatever the server lists, `default` the one where the server has it."""
        self._client, self._wanted, self._default = client, wanted, default
        self.where = str(client.where)  # as it may be printed
        self._lock = threading.Lock()  # for one look at a time
        self._looked_at = float("-inf")
        self._failed: ServerRefused | ServerLost | None = None  # what came of that look
        self.kind: Kind = TABLE[kind] if kind else by_host(client.where.host)
        self.model = ""
        self.models: tuple[str, ...] = ()
        self.told, self.is_final = WAITING, False

    def look(self, aborted: threading.Event | None = None) -> str:
        """The model that answers. Asks the server unless it is known. Raises ServerRefused and ServerLost.

        Who waits while another looks has what comes of that, and waits no longer once it is `aborted`.
        """
        if self.model:  # whoever looks again may hold the lock for long
            return self.model
        came = time.monotonic()
        with self._turn(aborted):
            if not self.model and self._failed and self._looked_at > came:
                raise self._failed.with_traceback(None)
            if not self.model:
                self._look()
        return self.model

    @contextlib.contextmanager
    def _turn(self, aborted: threading.Event | None = None) -> Iterator[None]:
        """The lock, for which nobody waits who has gone. Raises ServerLost."""
        while not self._lock.acquire(timeout=POLL_SECONDS):
            if aborted and aborted.is_set():
                raise ServerLost("given up")
        try:
            yield
        finally:
            self._lock.release()

    def wait(self, aborted: threading.Event, tell: Callable[[str], None]) -> str:
        """The model that answers, once the server is there; nothing where this was aborted.

        `tell` is given what is waited for. Raises EngineUnavailable where waiting does not help, and ServerLost where
        it was aborted.
        """
        while not (self.model or aborted.is_set()):
            self.try_to_look(aborted)
            if not self.model:
                if self.is_final:
                    raise EngineUnavailable(self.told)
                tell(self.told)
                aborted.wait(PAUSE_SECONDS)
        return self.model

    def try_to_look(self, aborted: threading.Event | None = None) -> None:
        """Looks unless another thread has just done so; what came of it is in the attributes. Raises ServerLost where
        it was aborted.
        """
        with self._turn(aborted):
            if self.model or time.monotonic() - self._looked_at < PAUSE_SECONDS:
                return
            try:
                self._look()
            except (ServerRefused, ServerLost) as error:
                self.told, self.is_final = _told(error)

    def answers(self) -> bool:
        """Whether the server is up at present, whatever is known of it."""
        try:
            self._listed()
        except (ServerRefused, ServerLost):
            return False
        return True

    def choose(self, model: str) -> None:
        """Lets this one answer from now on. Raises ModelUnusable where the server does not have it."""
        if model not in self.models:
            raise ModelUnusable(NOT_THERE)
        self.model = model

    def replace(self, gone: str, aborted: threading.Event) -> str:
        """The model that answers in place of one that the server no longer has; nothing where there is none.

        One that was named for the app is not replaced. Raises ServerRefused and ServerLost.
        """
        if self._wanted:
            return ""
        with self._turn(aborted):
            if self.model == gone:
                self._look()
        return self.model if self.model != gone else ""

    def look_again(self) -> None:
        """Notes what the server has by now; another model answers where the one that did is no longer among it."""
        with self._turn(), contextlib.suppress(ServerRefused, ServerLost):  # whoever asks a question is told of that
            self._look()

    def _look(self) -> None:
        try:
            self._find()
            self._failed = None
        except (ServerRefused, ServerLost) as error:
            self._failed = error
            raise
        finally:
            self._looked_at = time.monotonic()

    def _listed(self) -> tuple[list[ServedModel], Kind]:
        """What the server lists, which it need not where a model is named. Raises ServerRefused and ServerLost."""
        try:
            return self._client.models()
        except ServerRefused as error:
            if not self._wanted or error.status not in (404, 405, 501):
                raise
        return [], TABLE[""]

    def _find(self) -> None:
        models, kind = self._listed()
        names = tuple(model.id for model in models if model.chats)
        model = self._wanted or (self.model if self.model in names else choose(models, self._default))
        if not model:
            raise WrongServer(NO_CHAT_MODEL)
        self.kind = self.kind if self.kind.name else kind
        self.models = names
        self.told, self.is_final, self.model = "", False, model


def _told(error: Exception) -> tuple[str, bool]:
    """What is said of a server that cannot be asked, and whether waiting does not help."""
    match error:
        case WrongServer():
            return str(error), True
        case NoModelServer():
            return NO_MODEL_SERVER, True
        case ServerRefused(status=401 | 403):
            return KEY, True
        case ServerRefused(status=404 | 405 | 501):
            return NO_LIST, True
        case ServerRefused() if is_loading(error):
            return LOADING, False
        case ServerRefused() if error.status < 500 and not is_busy(error):
            return REFUSES.format(error.status), True
    return WAITING, False
