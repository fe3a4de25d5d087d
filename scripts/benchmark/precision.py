"""What float32 and bfloat16 cost on this processor: products in the cache, and the model's own tokens and reading."""

import copy
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import torch

from backend.chat.messages import UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest
from backend.engines.local.loading import LoadedModel
from scripts.benchmark.answers import LONG, bare, long_answers, long_message
from scripts.benchmark.table import Bench, Row
from scripts.benchmark.whole import whole_inputs

SIZE = 512  # of a square matrix
RUNS = 200
ROUNDS = 5  # of the model itself
READ = 300  # tokens of a prompt, or some fewer
DTYPES = (torch.bfloat16, torch.float32)


def rows(bench: Bench) -> Iterator[Row]:
    """Nothing on a GPU, where it is always bfloat16."""
    if bench.loaded.model.device.type != "cpu":
        return
    for count in (1, 64, 1024):
        half, whole = (product_seconds(count, dtype, SIZE, RUNS) * 1e6 for dtype in DTYPES)
        yield Row(
            f"{count} x {SIZE} times {SIZE} x {SIZE}",
            f"bf16 {half:.0f} µs, float32 {whole:.0f} µs",
            _times(half, whole),
        )
    hello = ChatRequest("", (UserMessage((Text("Hello"),)),), settings=LONG)
    much = replace(hello, messages=(long_message(bench.loaded, READ),))
    copies = [_copied(bench.loaded, dtype) for dtype in DTYPES]
    yield _row("a token, bare generate", [_token(loaded, hello) for loaded in copies])
    tokens = len(bench.loaded.tokenizer.encode(much).tokens)
    yield _row(f"reading a prompt of {tokens} tokens", [_reading(loaded, much) for loaded in copies])


def float32_is_faster(rows: int) -> bool:
    """Whether this processor multiplies so many rows with a matrix in its cache faster in float32 than in bfloat16.

    That it has instructions for bfloat16 does not tell, and the answer can be another for one row than for many.
    """
    return product_seconds(rows, torch.float32) < product_seconds(rows, torch.bfloat16)


def product_seconds(rows: int, dtype: torch.dtype, size: int = SIZE, runs: int = 10) -> float:
    """The least time of several runs for (rows, size) times (size, size)."""
    x, weights = torch.ones(rows, size, dtype=dtype), torch.ones(size, size, dtype=dtype)
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        torch.nn.functional.linear(x, weights)
        times.append(time.perf_counter() - start)
    return min(times)


def _row(what: str, measures: Sequence[Callable[[], float]]) -> Row:
    """The least of each one's seconds; they take turns, so that a busy machine disturbs both alike."""
    rounds = [[measure() for measure in measures] for _ in range(ROUNDS)]
    half, whole = (min(times) * 1000 for times in zip(*rounds, strict=True))
    return Row(what, f"bf16 {half:.2f} ms, float32 {whole:.2f} ms", _times(half, whole))


def _times(half: float, whole: float) -> str:
    return f"{half / whole:.2f} times as long in bf16"


def _copied(loaded: LoadedModel, dtype: torch.dtype) -> LoadedModel:
    return replace(loaded, model=copy.deepcopy(loaded.model).to(dtype))


def _token(loaded: LoadedModel, request: ChatRequest) -> Callable[[], float]:
    """Measures seconds a token of a long answer. Which seed gives one can differ between the precisions."""
    long = next(long_answers(loaded, request), request)
    return lambda: bare(loaded, long)[0]


def _reading(loaded: LoadedModel, request: ChatRequest) -> Callable[[], float]:
    """Measures seconds of the forward pass over a whole prompt."""
    inputs = whole_inputs(loaded, loaded.tokenizer.encode(request))

    def seconds() -> float:
        start = time.perf_counter()
        with torch.inference_mode():
            loaded.model(**inputs, use_cache=True, logits_to_keep=1)
        return time.perf_counter() - start

    return seconds
