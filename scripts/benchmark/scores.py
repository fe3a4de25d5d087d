"""What it costs to know how sure the model was of each token: nothing where it is not asked, and where it is, how much.

Answers with and without are timed in turn, in one run; and what is added is timed alone over a whole vocabulary, which
the demo model has not: once where a token is all but certain, as most are, and once where the likeliest are sought too.
"""

import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import torch

from backend.chat.messages import UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest
from backend.engines.local.devices import wait_for
from backend.engines.local.output.scoring import Scoring
from scripts.benchmark.answers import LONG, answered, long_answers, pace
from scripts.benchmark.table import Bench, Row, middle

PAIRS = 24
VOCABULARY = 131_072
ROUNDS = 200
TARGET = 0.5  # ms a token


def rows(bench: Bench) -> Iterator[Row]:
    """A token of an answer with them and without, and what is measured of one."""
    hello = ChatRequest("", (UserMessage((Text("Hello"),)),), settings=LONG)
    found = []
    for number, one in enumerate(long_answers(bench.loaded, hello)):
        ways = [partial(_seconds, bench, one, scores) for scores in (False, True)]
        both = [way() for way in (ways if number % 2 else reversed(ways))]
        found.append(tuple(both if number % 2 else reversed(both)))
        if len(found) == PAIRS:
            break
    without, scored = ([pair[at] for pair in found] for at in range(2))
    yield Row("a token without scores", f"{statistics.median(without) * 1000:.2f} ms", "1.00")
    yield Row(
        "a token with scores",
        f"{statistics.median(scored) * 1000:.2f} ms",
        f"{statistics.median(scored) / statistics.median(without):.3f} of without",
    )
    yield Row(
        "of it the scores",
        middle([after - before for before, after in found], 2),
        f"target {TARGET} ms; at 30 ms a token {1 + 1000 * _median_difference(found) / 30:.3f}",
    )
    for name, is_sure in (("a token that is all but certain", True), ("one that is not", False)):
        seconds = _alone(bench.loaded.model.device, is_sure)
        yield Row(f"scores of {VOCABULARY:,} tokens, {name}", middle(seconds, 2), f"target {TARGET} ms")


def _median_difference(found: list[tuple[float, ...]]) -> float:
    return max(0.0, statistics.median(after - before for before, after in found))


def _seconds(bench: Bench, request: ChatRequest, scores: bool) -> float:
    """Of a token, after the first."""
    return pace(answered(bench.engine, replace(request, scores=scores))[0])


def _alone(device: torch.device, is_sure: bool) -> list[float]:
    scoring, ids = Scoring(), torch.zeros((1, 1), dtype=torch.long)
    scores = torch.randn(1, VOCABULARY, device=device)
    scores[0, 7] += 40.0 if is_sure else 0.0
    found = []
    for _ in range(ROUNDS):
        wait_for(device)
        begun = time.perf_counter()
        scoring(ids, scores)  # type: ignore[arg-type]
        scoring.doubt(7)
        found.append(time.perf_counter() - begun)
    return found
