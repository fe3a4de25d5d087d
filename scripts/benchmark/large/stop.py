"""How soon Stop is heard while a long prompt is read."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing

from backend.chat.request import ChatRequest, Waiting
from backend.chat.settings import GenerationSettings
from backend.engines.local.devices import wait_for
from backend.engines.local.engine import LocalEngine
from backend.engines.local.prefill import piece_size
from scripts.benchmark.answers import long_message
from scripts.benchmark.large.prompts import read
from scripts.benchmark.large.subject import Subject
from scripts.benchmark.report import CannotMeasure
from scripts.benchmark.table import Row


def rows(subject: Subject) -> Iterator[Row]:
    """Seconds from closing an answer until the worker and the GPU are free, beside those of one piece."""
    tokens, piece = subject.amounts.stopped, piece_size(subject.loaded.model)
    one = read(subject, tokens).seconds * piece / tokens
    with closing(LocalEngine(subject.loaded)) as engine:
        seconds = _until_free(engine, subject)
    yield Row(
        f"Stop in the reading of {tokens:,} tokens",
        f"{seconds * 1000:.0f} ms until the worker is free",
        f"{seconds / one:.1f} of a piece of {piece:,}, which takes {one * 1000:.0f} ms (target 1)",
    )


def _until_free(engine: LocalEngine, subject: Subject) -> float:
    """The answer is closed in the second piece of its prompt, or on a GPU as soon after it as the engine lets us."""
    message = long_message(subject.loaded, subject.amounts.stopped)
    stream = engine.stream(ChatRequest("", (message,), settings=GenerationSettings(temperature=0.0, max_tokens=1)))
    gate = _Gate(subject.device.type != "cuda")
    hook = subject.loaded.model.register_forward_pre_hook(gate.passed)
    try:
        event = next(event for event in stream if gate.second.is_set() or not isinstance(event, Waiting))
        if not isinstance(event, Waiting):
            raise CannotMeasure("the prompt was read before Stop could come")
        start = time.perf_counter()
        gate.opened.set()
        stream.close()
        engine._worker.submit(wait_for, subject.device).result()
        return time.perf_counter() - start
    finally:
        gate.opened.set()
        stream.close()
        hook.remove()


class _Gate:
    """Before each piece of a prompt. It may keep the second one until Stop is there: a tiny shape would be through.

    A GPU is not kept, since how far the processor runs ahead of it is a part of what is measured.
    """

    def __init__(self, keeps: bool) -> None:
        self.second, self.opened = threading.Event(), threading.Event()
        self._pieces = 0
        if not keeps:
            self.opened.set()

    def passed(self, *_: object) -> None:
        """Called in the worker."""
        self._pieces += 1
        if self._pieces == 2:
            self.second.set()
            self.opened.wait()
