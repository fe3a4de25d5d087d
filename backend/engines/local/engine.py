"""The model in this process: one worker thread owns it, loads it and generates with it, one request at a time."""

import logging
import threading
import time
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty
from typing import Any

import torch
from transformers import LogitsProcessorList, StoppingCriteriaList

from backend.chat.errors import EngineUnavailable, GenerationFailed
from backend.chat.request import ChatRequest, Event, TextDelta, Waiting
from backend.engines.local.devices import free_memory, out_of_memory
from backend.engines.local.generation import Generation, generation_config, seed
from backend.engines.local.loading import LoadedModel, load
from backend.engines.local.output.grammar import GrammarProcessor, Grammars, GrammarUnavailable
from backend.engines.local.output.schema_check import SchemaCheck
from backend.engines.local.prefill import Interrupted, PictureRows, piece_size, prefill
from backend.engines.local.prefix_cache import PrefixCache, Reused, budget, keys_of
from backend.engines.local.vision import PictureFeatures
from backend.models.catalogue import Checkpoint
from backend.models.download import Report
from backend.models.memory import DType
from backend.tokenization.count import TokenCounter
from backend.tokenization.inspect import Inspection, inspect
from backend.tokenization.pictures import ModelPicture

POLL_SECONDS = 0.1
MAX_SECONDS = 600.0  # of one answer
FEATURES = 1 / 4  # of the memory for what is kept: pictures'; a full-size one's are 31 MB of the 24B model
CLOSED = "The model was put away before it could answer; send the message again."
NOT_LOADED = "The model could not be loaded; whoever runs this app finds the reason in its log."
log = logging.getLogger(__name__)


class LocalEngine:
    """Answers with a Mistral3 checkpoint through transformers. The worker is the queue: first come, first served."""

    def __init__(
        self, model: Checkpoint | LoadedModel, report: Report | None = None, cache_bytes: int = 0, dtype: DType = "auto"
    ) -> None:
        """Returns at once; the worker loads a checkpoint first, and requests wait for it. `loading` holds the outcome.

        `report` is told of the weights' loading. With a model that is loaded, no thread is begun before the first
        request. `cache_bytes` is the memory for keys and values of earlier turns; 0 leaves the choice to
        prefix_cache.budget. `dtype` is the type of the weights of a checkpoint, as in quantization.weight_type.
        """
        self.checkpoint = model if isinstance(model, Checkpoint) else model.checkpoint
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")
        self._closing = threading.Event()
        self._queue: list[Generation] = []  # those under way and those that wait, in their order
        self._durations: deque[float] = deque(maxlen=8)  # of the last answers, in seconds
        self._schema_check = SchemaCheck()
        self._grammars: Grammars | None = None
        self._cache_bytes = cache_bytes
        self._kept: _Kept | None = None  # the worker's alone
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
        self._kept = self._grammars = None
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
        self._queue.append(generation)
        try:
            yield from self._text(self._submitted(generation), generation)
            yield from generation.closing(None if enforced else self._schema_check)
        finally:
            generation.cancel()
            self._queue.remove(generation)

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

    def _estimate(self, ahead: int) -> str:
        """How long those ahead will take, as the last answers did."""
        if not self._durations:
            return ""
        seconds = ahead * sum(self._durations) / len(self._durations)
        return f", about {seconds:.0f} s" if seconds >= 1 else ", about a second"

    def _status(self, ahead: int, generation: Generation) -> str:
        return f"Waiting in the queue, {ahead} ahead of you{self._estimate(ahead)}…" if ahead else generation.status

    def _generate(self, generation: Generation) -> None:
        """Runs in the worker. What the prompt shares with an earlier one is not computed again."""
        if generation.is_over():  # it left the queue
            return
        loaded, prompt = generation.loaded, generation.prompt
        self._kept = self._kept or _Kept(self._cache_bytes or budget(loaded.model.device))
        keys, starts = keys_of(prompt, loaded.tokenizer.control)
        reused = self._kept.prefixes.reuse(keys, starts, loaded.model.config.get_text_config())
        generation.begin(reused.tokens)
        try:
            seed(generation.settings)
            loaded.model.generate(
                **self._read(generation, reused),
                past_key_values=reused.cache,
                generation_config=generation_config(loaded.tokenizer, generation.settings),
                stopping_criteria=StoppingCriteriaList([generation]),
                logits_processor=LogitsProcessorList([generation.grammar] if generation.grammar else []),
                streamer=generation.streamer,
            )
        except Interrupted:
            pass  # nobody waits for this answer any more, or its time is up
        except (RuntimeError, MemoryError) as error:
            if out_of_memory(error):
                self._kept.clear()
                free_memory()
            raise
        self._durations.append(generation.seconds)
        self._kept.prefixes.keep([*keys, *generation.ids], reused.cache)

    def _read(self, generation: Generation, reused: Reused) -> dict[str, Any]:
        """Fills the cache with all of the prompt but its last piece; returns what `generate` takes to go on from it."""
        model, prompt = generation.loaded.model, generation.prompt
        features = list(self._features(generation, prompt.images[reused.images :]))
        unread = PictureRows(prompt.tokens[reused.tokens :], model.config.image_token_id, features)
        ids = torch.tensor([prompt.tokens], device=model.device)
        prefill(model, ids, reused.cache, unread, piece_size(model), generation.has_read)
        rest = unread.of(reused.cache.get_seq_length() - reused.tokens, len(prompt.tokens) - reused.tokens)
        return {"input_ids": ids, "attention_mask": torch.ones_like(ids), **rest}

    def _features(self, generation: Generation, pictures: Sequence[ModelPicture]) -> Iterator[torch.Tensor]:
        assert self._kept
        for number, picture in enumerate(pictures, 1):
            generation.looks_at(number, len(pictures))
            yield self._kept.features.of(generation.loaded.model, picture)


class _Kept:
    """What earlier prompts left for later ones, within one budget of bytes."""

    def __init__(self, budget: int) -> None:
        features = int(budget * FEATURES)
        self.prefixes, self.features = PrefixCache(budget - features), PictureFeatures(features)

    def clear(self) -> None:
        """Forgets everything, when memory is short."""
        self.prefixes.clear()
        self.features.clear()


def _sentence(error: BaseException) -> str:
    if out_of_memory(error):
        return "The model ran out of memory. Shorten the conversation or send fewer or smaller pictures."
    return "The model failed in the middle of its answer. Try again; the app's log has the reason."
