"""The engine's own cost, against plainer ways to run the same checkpoint.

(a) bare `model.generate`, nothing streamed; (b) the pattern of common demos: the stock TextIteratorStreamer in a
thread, the whole history read anew each turn. Where our own cost is stated in ms, it is the difference for one token:
at the speed of the 24B model (about 30 ms a token on a large GPU) it decides the ratio.
"""

import itertools
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from backend.chat.messages import UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest
from backend.engines.local.kv_cache import growing_cache
from scripts.benchmark import waits
from scripts.benchmark.answers import LONG, answered, bare, long_answers, long_message, pace, streamed
from scripts.benchmark.conversation import TURNS, late_row, naive_row, picture_files, talks
from scripts.benchmark.table import Bench, Row, middle

PAIRS = 48  # a multiple of the ORDERS' number, and so is its quarter, for late answers
ORDERS = tuple(itertools.permutations(range(3)))  # of the three ways to answer, so that none gains by its place
LATE = 4000  # tokens before an answer, or some fewer


def rows(bench: Bench) -> Iterator[Row]:
    """What the engine adds to `generate`, and what it saves over a conversation."""
    engine, loaded = bench.engine, bench.loaded
    hello = ChatRequest("", (UserMessage((Text("Hello"),)),), settings=LONG)
    yield from _token(bench, hello, PAIRS)
    yield from _token(bench, replace(hello, messages=(long_message(loaded, LATE),)), PAIRS // 4)
    times = talks(engine, loaded, picture_files(bench.folder))
    yield late_row(f"first token, turn {TURNS} of turn 2, 3 pictures", times)
    around, before = times[f"turn {TURNS} around"], times["turn 2 around"]
    yield Row(
        "of it what is not the model's own forward pass",
        f"{around * 1000:.1f} of {before * 1000:.1f} ms",
        f"{around / before:.2f}",
    )
    yield naive_row(f"first token, turn {TURNS}, (b) of ours", times)
    request = next(long_answers(loaded, hello), hello)
    step = statistics.median(streamed(engine, request)[1] for _ in range(waits.ROUNDS))
    yield from waits.rows(engine, request, step)


@dataclass(frozen=True)
class Ways:
    """Seconds a token of one answer: stock bare `generate`, the same with our growing cache, and the engine."""

    stock: float
    growing: float
    engine: float


def _ways(bench: Bench, request: ChatRequest, order: tuple[int, ...]) -> Ways | None:
    """One answer in each of the three ways; None where they are not of as many tokens, since then nothing compares."""
    loaded = bench.loaded

    def growing() -> tuple[float, int]:
        return bare(loaded, request, growing_cache(loaded.model.config.get_text_config()))

    def engine() -> tuple[float, int]:
        usage = answered(bench.engine, request)[0]
        return pace(usage), usage.new_tokens

    ways: tuple[Callable[[], tuple[float, int]], ...] = (lambda: bare(loaded, request), growing, engine)
    found = {number: ways[number]() for number in order}
    alike = len({count for _, count in found.values()}) == 1
    return Ways(*(found[number][0] for number in range(3))) if alike else None


def _pairs(bench: Bench, request: ChatRequest, pairs: int) -> tuple[list[Ways], int]:
    """(so many answers each in three ways, or fewer where the model's are too short; how many were of unlike length)"""
    found: list[Ways] = []
    unlike = 0
    for one in long_answers(bench.loaded, request, 40 * pairs):
        ways = _ways(bench, one, ORDERS[len(found) % len(ORDERS)])
        found += [ways] if ways else []
        unlike += not ways
        if len(found) == pairs or unlike > pairs:
            break
    return found, unlike


def _token(bench: Bench, request: ChatRequest, pairs: int) -> Iterator[Row]:
    """A token in three ways, in pairs of short answers with the same seed and as many tokens: what the engine adds to
    stock bare `generate`, and of it what our cache adds and what the streaming does, with the thread and the stop.

    Each is the median of the pairs' differences: what disturbs a shared machine lasts longer than a pair. The two
    parts' medians need not add up to the whole's.
    """
    found, unlike = _pairs(bench, request, pairs)
    after = f"a token after {len(bench.loaded.tokenizer.encode(request).tokens):,}"
    if len(found) < pairs:
        why = f"{len(found)} of {pairs} answers were long enough and alike; {unlike} differed in length"
        yield Row(after, "not measured", why)
        return
    left_out = f"; {unlike} of unlike length left out" if unlike else ""
    whole = [one.engine - one.stock for one in found]
    cost = statistics.median(whole) * 1000
    yield Row(f"{after}, bare generate (a)", f"{statistics.median(one.stock for one in found) * 1000:.2f} ms", "1.00")
    yield Row(
        f"{after}, what the engine adds",
        middle(whole, 2) + left_out,
        f"target 0.5 ms; at 30 ms a token {30 / (30 + max(0.0, cost)):.3f} of (a)",
    )
    yield Row("of it our growing cache", middle([one.growing - one.stock for one in found], 2), "below 0 it saves")
    yield Row("of it streaming, thread and stop", middle([one.engine - one.growing for one in found], 2), "")
