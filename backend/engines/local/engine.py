"""The model in this process: one worker thread owns it, loads it and generates with it, one request at a time."""

import logging
import threading
import time
from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import Empty

from transformers import StoppingCriteriaList

from backend.chat.errors import EngineUnavailable, GenerationFailed
from backend.chat.request import ChatRequest, Event, TextDelta, Waiting
from backend.engines.local.decode.loop import Loop
from backend.engines.local.decode.proof import Decode, proven
from backend.engines.local.decode.steps import Steps
from backend.engines.local.devices import free_memory, out_of_memory
from backend.engines.local.generation import Generation, generation_config, in_line, seed
from backend.engines.local.loading import LoadedModel, load
from backend.engines.local.output.grammar import GrammarProcessor, Grammars, GrammarUnavailable
from backend.engines.local.output.schema_check import SchemaCheck
from backend.engines.local.output.scoring import processors
from backend.engines.local.prefill import Interrupted
from backend.engines.local.read_ahead import ReadAhead
from backend.engines.local.reading import Reader
from backend.models.catalogue import Checkpoint
from backend.models.download import Report
from backend.models.memory import DType
from backend.tokenization.count import TokenCounter
from backend.tokenization.inspect import Inspection, inspect

POLL_SECONDS = 0.1
MAX_SECONDS = 600.0  # of one answer
CLOSED = "The model was unloaded before it could answer."
NOT_LOADED = "The model failed to load. Check the app's log."
log = logging.getLogger(__name__)


class LocalEngine:
    """Answers with a Mistral3 checkpoint through transformers. The worker is the queue: first come, first served."""

    def __init__(
        self,
        model: Checkpoint | LoadedModel,
        report: Report | None = None,
        cache_bytes: int = 0,
        dtype: DType = "auto",
        decode: Decode = "eager",
    ) -> None:
        """Returns at once; the worker loads a checkpoint first, and requests wait for it. `loading` holds the outcome.

        `report` is told of the weights' loading. With a model that is loaded, no thread is begun before the first
        request. `cache_bytes` is the memory for keys and values of earlier turns; 0 leaves the choice to
        prefix_cache.budget. `dtype` is the type of the weights of a checkpoint, as in quantization.weight_type;
        `decode` as in decode.proof.proven.
        """
        self.checkpoint = model if isinstance(model, Checkpoint) else model.checkpoint
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")
        self._closing = threading.Event()
        self._queue: list[Generation] = []  # those under way and those that wait, in their order
        self._durations: deque[float] = deque(maxlen=8)  # of the last answers, in seconds
        self._schema_check = SchemaCheck()
        self._grammars: Grammars | None = None
        self._cache_bytes = cache_bytes
        self._reader: Reader | None = None  # the worker's alone
        self._decode: Decode = decode
        self._steps: Steps | None = None  # the worker's too
        self._ahead = ReadAhead(self._is_idle)
        self._is_to_read = False  # a job for it waits: one is enough, however many keys are pressed
        self.loading: Future[LoadedModel]
        if isinstance(model, Checkpoint):
            self.loading = self._worker.submit(self._load, model, report, dtype)
        else:
            self.loading = Future()
            self.loading.set_result(self._ready(model))

    def close(self) -> None:
        """Ends the answer under way, and the worker; the model's memory is free when this returns."""
        self._closing.set()
        self._worker.shutdown(wait=False, cancel_futures=True)
        for generation in tuple(self._queue):  # no other can come
            generation.cancel()
        self._worker.shutdown()
        self._reader = self._grammars = self._steps = None
        self._schema_check.close()
        self.loading = Future()
        self.loading.cancel()
        free_memory()

    def stream(self, request: ChatRequest, max_seconds: float = MAX_SECONDS) -> Generator[Event, None, None]:
        """See Engine.stream. Closing the iterator, at any yield, stops the model at its next step.

        The answer ends by itself `max_seconds` after the model began with it.
        """
        asked_at = time.perf_counter()
        loaded = yield from self._loaded()
        grammar, enforced = self._grammar(loaded, request)
        generation = Generation(loaded, request, grammar, asked_at, max_seconds)
        self._ahead.forget(request.owner)
        self._queue.append(generation)
        try:
            yield from self._text(self._submitted(generation), generation)
            yield from generation.closing(
                None if enforced and not (grammar and grammar.left_out) else self._schema_check
            )
        finally:
            generation.cancel()
            self._queue.remove(generation)
            self._go_on_reading()

    def read_ahead(self, request: ChatRequest) -> None:
        """Reads what a request begins with, its pictures among it, whatever its text will be; returns at once.

        Done while nobody waits for an answer: who asks waits for one piece, or one picture, at most.
        """
        if loaded := self._present():
            self._ahead.put(request, loaded)
            self._go_on_reading()

    def counter(self) -> TokenCounter | None:
        """Counts with the model's tokenizer; None while the model is not loaded."""
        loaded = self._present()
        return loaded.counter if loaded else None

    def inspect(self, request: ChatRequest) -> Inspection:
        """The prompt that the request makes. Raises EngineError."""
        loaded = self._present()
        if loaded is None:
            raise EngineUnavailable(NOT_LOADED)
        return inspect(request, loaded.tokenizer)

    def _load(self, checkpoint: Checkpoint, report: Report | None, dtype: DType) -> LoadedModel:
        return self._ready(load(checkpoint, report=report, dtype=dtype))

    def _ready(self, loaded: LoadedModel) -> LoadedModel:
        """Makes grammars for it too: of the whole vocabulary it takes over a second, in which no answer could begin."""
        self._grammars = Grammars(loaded.tokenizer, self._schema_check)
        self._steps = proven(loaded, self._decode)
        return loaded

    def _present(self) -> LoadedModel | None:
        done = self.loading.done() and not self.loading.cancelled() and not self.loading.exception()
        return self.loading.result() if done else None

    def _loaded(self) -> Generator[Event, None, LoadedModel]:
        while not self.loading.done():
            yield Waiting("Loading the model…", queued=True)
            time.sleep(POLL_SECONDS)
        if self.loading.cancelled():
            raise EngineUnavailable(CLOSED)
        if error := self.loading.exception():
            raise EngineUnavailable(NOT_LOADED) from error
        return self.loading.result()

    def _grammar(self, loaded: LoadedModel, request: ChatRequest) -> tuple[GrammarProcessor | None, bool]:
        """What keeps the answer within its schemas, if there are any, and whether that could be had."""
        try:
            self._grammars = self._grammars or Grammars(loaded.tokenizer, self._schema_check)
            return self._grammars.processor(request), True
        except GrammarUnavailable as error:
            log.warning("no grammar: %s", type(error.__cause__ or error).__name__)  # its words may be the schema's
            return None, False

    def _go_on_reading(self) -> None:
        loaded = self._present()
        if loaded and self._ahead.can_run and not self._is_to_read:
            self._is_to_read = True
            with suppress(RuntimeError):  # the executor was shut down
                self._worker.submit(self._read_ahead, loaded)

    def _read_ahead(self, loaded: LoadedModel) -> None:
        """Runs in the worker."""
        self._is_to_read = False  # before it looks: what is put from here on is a job of its own
        self._ahead.run(self._reader_of(loaded))

    def _submitted(self, generation: Generation) -> "Future[None]":
        try:
            job = self._worker.submit(self._generate, generation)
        except RuntimeError as error:  # the executor was shut down
            raise EngineUnavailable(CLOSED) from error
        job.add_done_callback(lambda _: generation.streamer.end())
        return job

    def _text(self, job: "Future[None]", generation: Generation) -> Generator[Event, None, None]:
        """The text as it comes, and a sign of life where none does; then the true error, if there was one."""
        streamer = generation.streamer
        while True:
            try:
                piece = streamer.text_queue.get(timeout=POLL_SECONDS)
            except Empty:
                ahead = self._queue.index(generation)
                yield Waiting(self._status(ahead, generation), queued=bool(ahead))
                continue
            if piece is streamer.stop_signal:
                break
            yield TextDelta(piece) if isinstance(piece, str) else piece
        if job.cancelled() or self._closing.is_set():
            raise EngineUnavailable(CLOSED)
        if error := job.exception():
            log.error("generation failed", exc_info=error)
            raise GenerationFailed(_sentence(error)) from error

    def _status(self, ahead: int, generation: Generation) -> str:
        return in_line(ahead, self._durations) if ahead else generation.status

    def _generate(self, generation: Generation) -> None:
        """Runs in the worker. What the prompt shares with an earlier one is not computed again."""
        if generation.is_over():  # it left the queue
            return
        reader = self._reader_of(generation.loaded)
        reading = reader.begin(generation.prompt)
        generation.begin(reading.reused)
        try:
            seed(generation.settings)
            config = generation_config(generation.loaded.tokenizer, generation.settings)
            generation.loaded.model.generate(
                **reading.inputs(generation),
                past_key_values=reading.cache,
                stopping_criteria=StoppingCriteriaList([generation]),
                logits_processor=processors(generation.grammar, generation.scoring, config),
                generation_config=config,
                streamer=generation.streamer,
                custom_generate=Loop(reader.steps, generation.streamer) if reader.steps else None,
            )
        except Interrupted:
            pass  # nobody waits for this answer any more, or its time is up
        except (RuntimeError, MemoryError) as error:
            reader.make_room(error)
            raise
        self._durations.append(generation.seconds)
        reading.keep(generation.ids)

    def _is_idle(self) -> bool:
        return not (self._queue or self._closing.is_set())

    def _reader_of(self, loaded: LoadedModel) -> Reader:
        self._reader = self._reader or Reader(loaded, self._cache_bytes, self._steps)
        return self._reader


def _sentence(error: BaseException) -> str:
    if out_of_memory(error):
        return "The model ran out of memory. Shorten the chat, or use fewer or smaller images."
    return "The model failed while answering. The app's log has the details."
