"""What float32 and bfloat16 cost on this processor: products in the cache, and the model's own tokens."""

import copy
from collections.abc import Iterator

import torch

from backend.chat import Text, UserMessage
from backend.engine import ChatRequest
from backend.loading import product_seconds
from scripts.benchmark.engine import LONG, bare
from scripts.benchmark.table import Bench, Row

SIZE = 512  # of a square matrix
RUNS = 200
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
    request = ChatRequest("", (UserMessage((Text("Hello"),)),), settings=LONG)
    half, whole = (_token(bench, request, dtype) * 1000 for dtype in DTYPES)
    yield Row("a token, bare generate", f"bf16 {half:.2f} ms, float32 {whole:.2f} ms", _times(half, whole))


def _times(half: float, whole: float) -> str:
    return f"{half / whole:.2f} times as long in bf16"


def _token(bench: Bench, request: ChatRequest, dtype: torch.dtype) -> float:
    """Seconds, the least of three runs."""
    model = copy.deepcopy(bench.loaded.model).to(dtype)
    loaded = type(bench.loaded)(bench.loaded.checkpoint, model, bench.loaded.tokenizer, bench.loaded.tekken)
    return min(bare(loaded, request)[0] for _ in range(3))
