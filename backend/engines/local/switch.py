"""The model that answers at present, and changing it for another while the app runs."""

import logging
import time
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor

from backend.chat.errors import EngineUnavailable, ModelUnusable
from backend.chat.request import ChatRequest, Event, Waiting
from backend.engines.local.decode.proof import Decode
from backend.engines.local.engine import NOT_LOADED, POLL_SECONDS, LocalEngine
from backend.models.catalogue import Checkpoint, Wanted, ensure_downloaded
from backend.models.memory import DType
from backend.tokenization.count import TokenCounter
from backend.tokenization.inspect import Inspection

FETCHING = "Downloading the model…"
LOADING = "Loading the model…"
BUSY = "Another model is loading. Wait until it's ready."
log = logging.getLogger(__name__)


class ModelSwitch:
    """An Engine whose model can be changed. The one before answers until the new one's files are there.

    There may be no room for two models in memory, so the old one goes before the new one is loaded, and is loaded
    again where that fails.
    """

    def __init__(self, wanted: Wanted, cache_bytes: int = 0, dtype: DType = "auto", decode: Decode = "eager") -> None:
        """Returns at once. `ready` holds the outcome of the last change; ModelUnusable where it failed.

        `cache_bytes`, `dtype` and `decode` are as in LocalEngine.
        """
        self.wanted = wanted
        self._cache_bytes, self._dtype, self._decode = cache_bytes, dtype, decode
        self.progress = LOADING
        self._engine: LocalEngine | None = None
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model-switch")
        self.ready: Future[None] = self._worker.submit(self._change, wanted)

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The model that answers; None while it is being loaded for the first time."""
        engine = self._engine
        return engine.checkpoint if engine else None

    @property
    def weights(self) -> str:
        """In which numbers its weights lie: as a type of torch's is called, or as a Precision where quantized."""
        engine = self._engine
        if engine is None or engine.loading.cancelled():
            return "bfloat16"
        precision = engine.checkpoint.precision
        return precision if precision != "bf16" else str(engine.loading.result().model.dtype).removeprefix("torch.")

    def change(self, wanted: Wanted) -> Generator[str, None, None]:
        """Changes to this model; yields what is going on, several times a second.

        Raises ModelUnusable, with one sentence; the model before then answers as it did.
        """
        if not self.ready.done():
            raise ModelUnusable(BUSY)
        self.ready = job = self._worker.submit(self._change, wanted)
        while not job.done():
            yield self.progress
            time.sleep(POLL_SECONDS)
        job.result()

    def close(self) -> None:
        """Frees the model."""
        self._worker.shutdown(cancel_futures=True)
        if self._engine:
            self._engine.close()

    def stream(self, request: ChatRequest) -> Generator[Event, None, None]:
        """See Engine.stream."""
        while (engine := self._engine) is None:
            if self.ready.done():
                raise EngineUnavailable(NOT_LOADED)
            yield Waiting(self.progress)
            time.sleep(POLL_SECONDS)
        yield from engine.stream(request)

    def read_ahead(self, request: ChatRequest) -> None:
        """See LocalEngine.read_ahead."""
        if engine := self._engine:
            engine.read_ahead(request)

    def counter(self) -> TokenCounter | None:
        """Counts with the model's tokenizer; None while there is no model."""
        engine = self._engine
        return engine.counter() if engine else None

    def inspect(self, request: ChatRequest) -> Inspection:
        """The prompt that the request makes. Raises EngineError."""
        engine = self._engine
        if engine is None:
            raise EngineUnavailable(NOT_LOADED)
        return engine.inspect(request)

    def _change(self, wanted: Wanted) -> None:
        """Runs in the worker, one change at a time."""
        self.progress = FETCHING
        checkpoint = ensure_downloaded(wanted, self._fetched)
        self.progress = LOADING
        before = self._engine
        if before:
            self._engine = None
            before.close()
        if why := self._fault(checkpoint):
            if before is None:
                raise ModelUnusable(why)
            if lost := self._fault(before.checkpoint):
                raise ModelUnusable(lost)
            raise ModelUnusable(f"{why} {before.checkpoint.title} is still in use.")
        self.wanted = wanted

    def _fetched(self, done: int, total: int) -> None:
        self.progress = f"Downloading the model: {done / 1e9:.1f} of {total / 1e9:.1f} GB…"

    def _loaded(self, done: int, total: int) -> None:
        self.progress = f"Loading the model: {done} of {total} weights…"

    def _fault(self, checkpoint: Checkpoint) -> str:
        """Loads it; says in one sentence why that failed, and nothing where it did not.

        It raises nothing, since an error holds what was loaded until then, where the old model is to be loaded again.
        """
        engine = LocalEngine(checkpoint, self._loaded, self._cache_bytes, self._dtype, self._decode)
        try:
            engine.loading.result()
        except ModelUnusable as error:  # the log has it
            why = str(error)
        except Exception as error:
            log.error("%s cannot be used", checkpoint.title, exc_info=error)
            why = NOT_LOADED
        else:
            self._engine = engine
            return ""
        engine.close()
        return why
