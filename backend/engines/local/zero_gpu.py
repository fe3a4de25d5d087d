"""The model on a Hugging Face Space with ZeroGPU: each answer borrows a GPU, and runs in a process that has it.

The model is loaded in the main process, where the package `spaces` emulates CUDA. `spaces.GPU` asks for a GPU, forks
a process with real CUDA (or takes one up again), and passes on what it yields, pickled. A fork has no threads but its
own: the LocalEngine's worker must not have begun before it, so the main process never streams from it.
https://huggingface.co/docs/hub/spaces-zerogpu
"""

import contextvars
import logging
import re
import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from queue import Empty, SimpleQueue
from typing import Any

from backend.chat.errors import EngineError, EngineUnavailable, GenerationFailed
from backend.chat.request import ChatRequest, Event, Waiting
from backend.engines.local.engine import LocalEngine
from backend.engines.local.loading import LoadedModel
from backend.sandbox.caller import CALLER
from backend.tokenization.count import TokenCounter
from backend.tokenization.inspect import Inspection

POLL_SECONDS = 0.1
# The time that is asked for. A visitor without an account has 120 s a day, and the large size counts twice.
START_SECONDS, SHORTEST, LONGEST = 10, 20, 60  # the first: to move 48 GB of weights to the GPU
READ_RATE, WRITE_RATE = 2000, 20  # tokens per second of a 24B model in bf16, assumed
LOST = "The GPU was lost before the answer was complete."
NONE_FREE = "No GPU is available right now. Try again in a moment."
USED_UP = "You've used up your GPU time. Sign in to Hugging Face for more, or try again later."
log = logging.getLogger(__name__)
Item = Event | EngineError


class ZeroGpuEngine:
    """Answers on a GPU that is borrowed for one answer. Several visitors are answered at once."""

    def __init__(self, loaded: LoadedModel, gpu: Callable[..., Any], refusal: type[Exception]) -> None:
        """`gpu` is spaces.GPU, `refusal` what it raises: gradio.Error."""
        self._local = LocalEngine(loaded)
        self._refusal = refusal
        self._threads = ThreadPoolExecutor(max_workers=128, thread_name_prefix="zero-gpu")
        # The first to be called with the same arguments says for how many seconds.
        self._on_gpu = gpu(self._answer, duration=lambda _, seconds: seconds)

    def close(self) -> None:
        """Ends when the answers under way have ended."""
        self._threads.shutdown(cancel_futures=True)

    def stream(self, request: ChatRequest) -> Generator[Event, None, None]:
        """See Engine.stream. Closing the iterator ends the generation and gives the GPU back."""
        items: SimpleQueue[Item | None] = SimpleQueue()
        closed = threading.Event()
        context = contextvars.copy_context()  # holds the visitor's request, whose quota is used
        reading = self._threads.submit(context.run, self._read, request, self._seconds(request), items, closed)
        reading.add_done_callback(lambda _: items.put(None))
        try:
            yield from self._events(items)
            if error := reading.exception():
                raise self._translated(error) from error
        finally:
            closed.set()

    def counter(self) -> TokenCounter | None:
        """Counts with the model's tokenizer."""
        return self._local.counter()

    def inspect(self, request: ChatRequest) -> Inspection:
        """The prompt that the request makes. Raises EngineError."""
        return self._local.inspect(request)

    def _events(self, items: "SimpleQueue[Item | None]") -> Generator[Event, None, None]:
        status = Waiting("Waiting for a GPU…")
        while True:
            try:
                item = items.get(timeout=POLL_SECONDS)
            except Empty:
                yield status
                continue
            match item:
                case None:
                    return
                case EngineError():
                    raise item
                case Waiting():
                    status = item
            yield item

    def _read(
        self, request: ChatRequest, seconds: int, items: "SimpleQueue[Item | None]", closed: threading.Event
    ) -> None:
        """Runs in a thread, since asking for a GPU blocks for up to a minute."""
        with closing(self._on_gpu(request, seconds)) as answer:
            for item in answer:
                if closed.is_set():
                    return
                items.put(item)

    def _answer(self, request: ChatRequest, seconds: int) -> Generator[Item, None, None]:
        """Runs in the process with the GPU. An error is yielded: of one that is raised only the class would arrive.

        It takes no visitor's turn: a thread that held one when the process was forked is not there to let go of it.
        """
        CALLER.set("")
        try:
            yield from self._local.stream(request, max_seconds=seconds - START_SECONDS)
        except EngineError as error:
            yield error

    def _seconds(self, request: ChatRequest) -> int:
        """The GPU time to ask for. Raises RequestRejected where the protocol does not take the request."""
        counter = self.counter()
        read = counter.cost(request).total if counter else 0
        return needed(read, request.settings.max_tokens)

    def _translated(self, error: BaseException) -> EngineError:
        """What ZeroGPU raised, as a sentence for the person; its own words may be HTML, and the log has their title."""
        title = str(getattr(error, "title", "")) if isinstance(error, self._refusal) else ""
        log.warning("ZeroGPU: %s %s", type(error).__name__, title)
        if "worker" in title:
            return GenerationFailed(LOST)
        if "No GPU" not in str(error) and any(word in title for word in ("quota", "credits", "duration")):
            again = re.search(r"[Tt]ry again in ([\w ,:]+)\.", str(error))
            return EngineUnavailable(USED_UP.replace("later", f"in {again[1]}") if again else USED_UP)
        return EngineUnavailable(NONE_FREE)


def needed(read: int, written: int) -> int:
    """Seconds of GPU time for a prompt of `read` tokens and an answer of at most `written`, within what is allowed.

    An answer that takes longer ends before ZeroGPU would cut it off, and can be continued.
    """
    wanted = START_SECONDS + read / READ_RATE + written / WRITE_RATE
    return round(min(max(wanted, SHORTEST), LONGEST))
