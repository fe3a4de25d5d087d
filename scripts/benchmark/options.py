"""What transformers offers to make answers quicker or caches smaller, each against plain greedy `generate`."""

import importlib.util
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils._python_dispatch import is_traceable_wrapper_subclass
from transformers import DynamicCache, QuantizedCache

from backend.chat.messages import AssistantMessage, Message, UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest
from backend.engines.local.loading import LoadedModel
from scripts.benchmark.table import Bench, Row
from scripts.benchmark.whole import whole_inputs

LOOKED_UP = 10  # tokens that prompt lookup proposes at a step
QUOTED = "The red circle is on the left of the blue square, and the green triangle is above both of them. "
ROUNDS = 5
Options = Callable[[], dict[str, Any]]  # of generate, made anew for each answer


@dataclass(frozen=True)
class Run:
    """Seconds a token, the tokens, and the bytes of the cache, where one was given."""

    seconds: float
    ids: list[int]
    bytes: int


def rows(bench: Bench) -> Iterator[Row]:
    """Prompt lookup, a static cache, quantized caches."""
    loaded = bench.loaded
    yield from _lookup(loaded)
    yield _static(loaded)
    yield from _quantized(loaded)


def _lookup(loaded: LoadedModel) -> Iterator[Row]:
    asked = UserMessage((Text("Who are you?"),))
    plain = _inputs(loaded, asked)
    answer = loaded.tokenizer.decode(runs(loaded, plain, 64, dict)[0].ids)
    cases = {
        "an answer given before": _inputs(loaded, asked, AssistantMessage(answer), asked),
        "a text repeated": _inputs(loaded, UserMessage((Text(f"Repeat: {QUOTED}"),))),
        "nothing to quote": plain,
    }
    for name, inputs in cases.items():
        without, lookup = runs(loaded, inputs, 64, dict, lambda: {"prompt_lookup_num_tokens": LOOKED_UP})
        yield Row(f"prompt lookup of {LOOKED_UP} tokens, {name}", _times(without, lookup), _faster(without, lookup))


def _static(loaded: LoadedModel) -> Row:
    name = "static cache and torch.compile"
    if loaded.model.device.type != "cuda":
        return Row(name, "not measured", "needs a GPU")
    inputs = _inputs(loaded, UserMessage((Text("Who are you?"),)))
    plain, static = runs(loaded, inputs, 64, dict, lambda: {"cache_implementation": "static"})
    return Row(name, _times(plain, static), _faster(plain, static))


def _quantized(loaded: LoadedModel) -> Iterator[Row]:
    config = loaded.model.config.get_text_config()
    length = min(32_000, loaded.checkpoint.context // 2)
    words = QUOTED * (length // len(loaded.tokenizer.text_ids(QUOTED)))
    inputs = _inputs(loaded, UserMessage((Text(words + "Who are you?"),)))
    caches: dict[str, Options] = {"fp8": lambda: {"past_key_values": QuantizedCache("fp8", config)}}
    if importlib.util.find_spec("optimum") and importlib.util.find_spec("optimum.quanto"):
        group = min(64, config.head_dim)
        caches["4 bits"] = lambda: {"past_key_values": QuantizedCache("quanto", config, nbits=4, q_group_size=group)}
    plain, *others = runs(
        loaded, inputs, 32, lambda: {"past_key_values": DynamicCache(config=config)}, *caches.values()
    )
    for name, run in zip(caches, others, strict=True):
        yield Row(
            f"cache in {name}, {inputs['input_ids'].shape[1]:,} tokens of context",
            f"{_times(plain, run)}, {run.bytes / 1e6:.1f} instead of {plain.bytes / 1e6:.1f} MB",
            f"{run.bytes / plain.bytes:.2f} of the memory; {_faster(plain, run)}",
        )
    if len(caches) == 1:
        yield Row("cache in 4 bits", "not measured", "needs the package optimum-quanto")


def runs(loaded: LoadedModel, inputs: dict[str, Any], tokens: int, *variants: Options) -> list[Run]:
    """One for each variant, with medians of ROUNDS greedy answers of at most so many tokens, after one that does not
    count. The variants take turns, so that a busy machine disturbs all alike.

    What one token takes is subtracted, since it is the prompt that takes it.
    """
    seconds: list[list[float]] = [[] for _ in variants]
    for _ in range(ROUNDS + 1):
        last = []
        for variant, taken in zip(variants, seconds, strict=True):
            begun, _, _ = _generated(loaded, inputs, 1, variant())
            ended, ids, size = _generated(loaded, inputs, tokens, variant())
            taken.append((ended - begun) / max(1, len(ids) - 1))
            last.append((ids, size))
    return [Run(statistics.median(taken[1:]), *one) for taken, one in zip(seconds, last, strict=True)]


def _generated(
    loaded: LoadedModel, inputs: dict[str, Any], tokens: int, options: dict[str, Any]
) -> tuple[float, list[int], int]:
    """(seconds, the new tokens, bytes of the cache that was given)"""
    start = time.perf_counter()
    out = loaded.model.generate(**inputs, max_new_tokens=tokens, do_sample=False, pad_token_id=11, **options)
    seconds = time.perf_counter() - start
    cache = options.get("past_key_values")
    size = sum(_bytes(vars(layer)) for layer in cache.layers) if cache else 0
    return seconds, out[0, inputs["input_ids"].shape[1] :].tolist(), size


def _inputs(loaded: LoadedModel, *messages: Message) -> dict[str, Any]:
    return whole_inputs(loaded, loaded.tokenizer.encode(ChatRequest("", messages)))


def _times(plain: Run, other: Run) -> str:
    return f"{other.seconds * 1000:.2f} instead of {plain.seconds * 1000:.2f} ms a token"


def _faster(plain: Run, other: Run) -> str:
    text = "the same text" if plain.ids == other.ids else "another text"
    return f"{plain.seconds / other.seconds:.2f} times as fast; {text}"


def _bytes(value: Any) -> int:
    """Of all tensors within; a quantized one is made of several."""
    if isinstance(value, dict):
        return sum(map(_bytes, value.values()))
    if isinstance(value, list | tuple):
        return sum(map(_bytes, value))
    if not isinstance(value, torch.Tensor):
        return 0
    if is_traceable_wrapper_subclass(value):
        return sum(_bytes(getattr(value, name)) for name in value.__tensor_flatten__()[0])
    return value.nbytes
