"""The model in this process: one worker thread owns it, loads it and generates with it, one request at a time."""

import logging
import threading
import time
from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from queue import Empty

from transformers import LogitsProcessorList, StoppingCriteriaList

from backend.chat.errors import EngineUnavailable, GenerationFailed
from backend.chat.request import ChatRequest, Event, TextDelta, Waiting
from backend.chat.settings import GenerationSettings
from backend.engines.local.ending import ending, unenforced
from backend.engines.local.generation import StopWhen, fitting, generation_config, seed
from backend.engines.local.loading import LoadedModel, free_memory, load, out_of_memory
from backend.engines.local.output.grammar import GrammarProcessor, Grammars, GrammarUnavailable
from backend.engines.local.output.schema_check import SchemaCheck
from backend.engines.local.output.streamer import TokenStreamer, forced_ids
from backend.engines.local.prefix_cache import PrefixCache, budget, keys_of
from backend.engines.local.vision import Interrupted
from backend.models.catalogue import Checkpoint
from backend.models.download import Report
from backend.tokenization.count import TokenCounter
from backend.tokenization.inspect import Inspection, inspect
from backend.tokenization.tokenizer import Prompt, control_ids, encode

POLL_SECONDS = 0.1
MAX_SECONDS = 600.0  # of one answer
CLOSED = "The model was put away before it could answer; send the message again."
NOT_LOADED = "The model could not be loaded; whoever runs this app finds the reason in its log."
log = logging.getLogger(__name__)


class LocalEngine:
    """Answers with a Mistral3 checkpoint through transformers. The worker is the queue: first come, first served."""

    def __init__(self, model: Checkpoint | LoadedModel, report: Report | None = None, cache_bytes: int = 0) -> None:
        """Returns at once; the worker loads a checkpoint first, and requests wait for it. `loading` holds the outcome.

        `report` is told of the weights' loading. With a model that is loaded, no thread is begun before the first
        request. `cache_bytes` is the memory for keys and values of earlier turns; 0 leaves the choice to
        prefix_cache.budget.
        """
        self.checkpoint = model if isinstance(model, Checkpoint) else model.checkpoint
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")
        self._closing = threading.Event()
        self._jobs: list[Future[None]] = []
        self._durations: deque[float] = deque(maxlen=8)  # of the last answers, in seconds
        self._trials = SchemaCheck()
        self._grammars: Grammars | None = None
        self._cache_bytes = cache_bytes
        self._cache: PrefixCache | None = None  # the worker's alone
        self.loading: Future[LoadedModel]
        if isinstance(model, Checkpoint):
            self.loading = self._worker.submit(self._load, model, report)
        else:
            self.loading = Future()
            self.loading.set_result(self._ready(model))

    def close(self) -> None:
        """Ends the answer under way, and the worker; the model's memory is free when this returns."""
        self._closing.set()
        self._worker.shutdown(cancel_futures=True)
        self._cache = self._grammars = None
        self._trials.close()
        self.loading = Future()
        self.loading.cancel()
        free_memory()

    def stream(self, request: ChatRequest, max_seconds: float = MAX_SECONDS) -> Generator[Event, None, None]:
        """See Engine.stream. Closing the iterator, at any yield, stops the model at its next step.

        The answer ends by itself `max_seconds` after the model began with it.
        """
        asked_at = time.perf_counter()
        loaded = yield from self._loaded()
        prompt = encode(request, loaded.tokenizer)
        grammar, enforced = self._grammar(loaded, request)
        forced = forced_ids(request.tool_choice, loaded.tekken) if request.tools and not grammar else ()
        prompt = replace(prompt, tokens=[*prompt.tokens, *forced])
        settings = fitting(request.settings, prompt, loaded.checkpoint.context)
        streamer = TokenStreamer(loaded.tekken, settings.stop, forced)
        stop = threading.Event()
        try:
            job = self._worker.submit(self._generate, loaded, prompt, settings, grammar, streamer, stop, max_seconds)
        except RuntimeError as error:  # the executor was shut down
            raise EngineUnavailable(CLOSED) from error
        self._jobs.append(job)
        job.add_done_callback(lambda _: streamer.end())
        try:
            yield from self._text(job, streamer)
            note = "" if enforced else unenforced(request, streamer, self._trials)
            yield from ending(loaded, prompt, streamer, asked_at, note)
        finally:
            stop.set()
            job.cancel()
            self._jobs.remove(job)

    def counter(self) -> TokenCounter | None:
        """Counts with the model's tokenizer; None while the model is not loaded."""
        loaded = self._present()
        return TokenCounter(loaded.tokenizer, loaded.checkpoint.context) if loaded else None

    def inspect(self, request: ChatRequest) -> Inspection:
        """The prompt that the request makes. Raises EngineError."""
        loaded = self._present()
        if loaded is None:
            raise EngineUnavailable(NOT_LOADED)
        return inspect(request, loaded.tokenizer)

    def _load(self, checkpoint: Checkpoint, report: Report | None) -> LoadedModel:
        return self._ready(load(checkpoint, report=report))

    def _ready(self, loaded: LoadedModel) -> LoadedModel:
        """Makes grammars for it too: of the whole vocabulary it takes over a second, in which no answer could begin."""
        self._grammars = Grammars(loaded.tokenizer, self._trials)
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
            self._grammars = self._grammars or Grammars(loaded.tokenizer, self._trials)
            return self._grammars.processor(request), True
        except GrammarUnavailable as error:
            log.warning("no grammar: %s", error)
            return None, False

    def _text(self, job: "Future[None]", streamer: TokenStreamer) -> Generator[Event, None, None]:
        """The text as it comes, and a sign of life where none does; then the true error, if there was one."""
        while True:
            try:
                piece = streamer.text_queue.get(timeout=POLL_SECONDS)
            except Empty:
                ahead = self._jobs.index(job)
                yield Waiting(self._status(ahead, streamer), queued=bool(ahead))
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

    def _status(self, ahead: int, streamer: TokenStreamer) -> str:
        if ahead:
            return f"Waiting in the queue, {ahead} ahead of you{self._estimate(ahead)}…"
        return "Writing a tool call…" if streamer.call_ids else "Reading the conversation…"

    def _generate(
        self,
        loaded: LoadedModel,
        prompt: Prompt,
        settings: GenerationSettings,
        grammar: GrammarProcessor | None,
        streamer: TokenStreamer,
        stop: threading.Event,
        max_seconds: float,
    ) -> None:
        """Runs in the worker. What the prompt shares with an earlier one is not computed again."""
        self._cache = self._cache or PrefixCache(self._cache_bytes or budget(loaded.model.device))
        keys, starts = keys_of(prompt, control_ids(loaded.tokenizer))
        reused = self._cache.reuse(keys, starts, loaded.model.config.get_text_config())
        streamer.reused_tokens = reused.tokens
        begun = time.monotonic()
        deadline = begun + max_seconds

        def is_over() -> bool:
            streamer.timed_out = time.monotonic() > deadline
            return (
                stop.is_set()
                or self._closing.is_set()
                or streamer.stop_text.found
                or streamer.loops.found
                or streamer.timed_out
            )

        try:
            seed(settings)
            loaded.model.generate(
                **loaded.inputs(prompt, reused.images, is_over),
                past_key_values=reused.cache,
                generation_config=generation_config(loaded, settings),
                stopping_criteria=StoppingCriteriaList([StopWhen(is_over)]),
                logits_processor=LogitsProcessorList([grammar] if grammar else []),
                streamer=streamer,
            )
        except Interrupted:
            pass  # nobody waits for this answer any more, or its time is up
        except RuntimeError as error:
            if out_of_memory(error):
                self._cache.clear()
                free_memory()
            raise
        self._durations.append(time.monotonic() - begun)
        self._cache.keep([*keys, *streamer.ids], reused.cache)


def _sentence(error: BaseException) -> str:
    if out_of_memory(error):
        return "The model ran out of memory. Shorten the conversation or send fewer or smaller pictures."
    return "The model failed in the middle of its answer. Try again; the app's log has the reason."
