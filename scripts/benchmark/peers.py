"""Other ways to serve the same checkpoint, asked through this app's own `--server` engine.

(c) Hugging Face's `transformers serve`, (d) vLLM, (e) llama.cpp. One user, the same greedy requests as ours.
"""

import statistics
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from pathlib import Path

from backend.chat.errors import EngineError
from backend.chat.messages import Finished, UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest, TextDelta
from backend.chat.settings import GenerationSettings
from backend.engines.engine import Engine
from backend.engines.server.engine import ServerEngine
from scripts.benchmark import servers
from scripts.benchmark.table import Bench, Row

SYSTEM = "Be brief."  # one is given, since some chat templates would add one of their own
QUESTIONS = ("Hello", "Who are you?", "What can you do?", "Tell me a story.")
ROUNDS = 3
SETTINGS = GenerationSettings(temperature=0.0, max_tokens=64)


@dataclass(frozen=True)
class Places:
    """Where the peers are: environments, programs, or addresses of running servers."""

    transformers: Path
    vllm: str
    llama: str
    converter: str


@dataclass(frozen=True)
class Speed:
    """Seconds to the first text, tokens a second from then on, and the answers."""

    first: float
    rate: float
    answers: tuple[str, ...]


def rows(bench: Bench, places: Places) -> Iterator[Row]:
    """Ours first; then each peer, with how it compares, or why it is not here."""
    ours = speed(bench.engine)
    yield Row("one user, this app's own engine", _measured(ours), "1.00")
    folder, source, threads = bench.folder, bench.loaded.checkpoint.folder, bench.threads
    peers: tuple[tuple[str, AbstractContextManager[servers.Served]], ...] = (
        ("(c) transformers serve", servers.transformers_serve(places.transformers, source, folder, threads)),
        ("(d) vLLM", servers.vllm(places.vllm, source, folder, threads)),
        ("(e) llama.cpp", servers.llama(places.llama, places.converter, source, folder, threads)),
    )
    for name, opening in peers:
        try:
            with opening as served, closing(ServerEngine(served.url, model=served.model)) as engine:
                theirs = speed(engine)
        except (servers.NotServed, EngineError) as reason:
            yield Row(f"one user, {name}", "not measured", str(reason))
            continue
        same = sum(a == b for a, b in zip(ours.answers, theirs.answers, strict=True))
        compared = f"{theirs.rate / ours.rate:.2f} times our tokens/s, {theirs.first / ours.first:.2f} times our wait"
        yield Row(f"one user, {name}", _measured(theirs), f"{compared}; {same} of {len(QUESTIONS)} answers the same")


def speed(engine: Engine) -> Speed:
    """How fast an engine answers, after each question was asked once before."""
    answers = tuple(_asked(engine, question)[2] for question in QUESTIONS)
    first, tokens, seconds = [], 0, 0.0
    for _ in range(ROUNDS):
        for question in QUESTIONS:
            waited, (new, took), _text = _asked(engine, question)
            tokens, seconds = tokens + new, seconds + took
            if question == QUESTIONS[0]:
                first.append(waited)
    return Speed(statistics.median(first), tokens / seconds, answers)


def _asked(engine: Engine, question: str) -> tuple[float, tuple[int, float], str]:
    """(seconds to the first text, (tokens after it, their seconds), the text)"""
    start = time.perf_counter()
    first = last = None
    text, tokens = "", 0
    for event in engine.stream(ChatRequest(SYSTEM, (UserMessage((Text(question),)),), settings=SETTINGS)):
        if isinstance(event, TextDelta):
            last = time.perf_counter()
            first, text = first or last, text + event.text
        elif isinstance(event, Finished) and event.usage:
            tokens = event.usage.new_tokens
    assert first
    assert last
    return first - start, (max(0, tokens - 1), last - first), text


def _measured(speed: Speed) -> str:
    return f"{speed.rate:.0f} tokens/s, first token {speed.first * 1000:.0f} ms"
