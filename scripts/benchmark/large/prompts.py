"""Long prompts, read in the app's own pieces: seconds, and memory."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from backend.engines.local.kv_cache import growing_cache
from backend.engines.local.prefill import PictureRows, piece_size, prefill
from scripts.benchmark.large.device import Peak, timed
from scripts.benchmark.large.subject import Subject
from scripts.benchmark.table import Row
from scripts.checkpoint import CONTROL

MORE = 1.15  # times keys and values, at most


@dataclass(frozen=True)
class Read:
    """Of so many tokens at once: seconds, and bytes at the peak above what was there before."""

    piece: int
    seconds: float
    added: int


def some(subject: Subject) -> Iterator[Row]:
    """Beside arithmetic."""
    tokens = subject.amounts.prompt
    seconds = min([read(subject, tokens).seconds for _ in range(3)][1:])
    done = _operations(subject, tokens)
    yield Row(
        f"reading {tokens:,} tokens",
        f"{seconds:.2f} s, {tokens / seconds:,.0f} tokens/s, {done / seconds / 1e12:.3g} TFLOP/s",
        subject.ceilings.of_arithmetic(done, seconds),
    )


def many(subject: Subject) -> Iterator[Row]:
    """Beside the keys and values that they leave, of which a prompt's memory should be."""
    few, tokens = subject.amounts.little, subject.amounts.long
    less, more = read(subject, few), read(subject, tokens)
    held, added = (tokens - few) * _kv_bytes(subject), more.added - less.added
    yield Row(
        f"reading {tokens:,} tokens by {more.piece:,}",
        f"{more.seconds:.2f} s, {tokens / more.seconds:,.0f} tokens/s",
        subject.ceilings.of_arithmetic(_operations(subject, tokens), more.seconds),
    )
    yield Row(
        f"the memory of {tokens:,} tokens over that of {few:,}",
        f"{added / 1e9:.3g} GB more at the peak; keys and values {held / 1e9:.3g}",
        f"{added / held:.2f} times (target {MORE})",
    )


def read(subject: Subject, tokens: int) -> Read:
    """Tokens of random words into an empty cache."""
    model = subject.loaded.model
    ids = torch.randint(CONTROL, model.config.text_config.vocab_size, (1, tokens), device=subject.device)
    size = piece_size(model)
    cache, no_pictures = growing_cache(model.config.get_text_config()), PictureRows((), -1, ())
    with Peak(subject.device) as peak:
        seconds = timed(lambda: prefill(model, ids, cache, no_pictures, size, lambda _: None), subject.device)
    return Read(size, seconds, peak.added)


def _operations(subject: Subject, tokens: int) -> float:
    """Two for a weight and a token, and half of 4 n² of a layer's width, as attention is causal."""
    text = subject.loaded.model.model.language_model
    weights = sum(weight.numel() for weight in text.layers.parameters())
    shape = text.config
    return float(
        2 * weights * tokens + 2 * tokens**2 * shape.num_attention_heads * shape.head_dim * shape.num_hidden_layers
    )


def _kv_bytes(subject: Subject) -> int:
    """Of a token."""
    shape = subject.loaded.model.config.get_text_config()
    return int(2 * shape.num_hidden_layers * shape.num_key_value_heads * shape.head_dim * 2)
