"""A long prompt, piece by piece, before `generate` begins: what a layer works with is of one piece, not of the whole.

In one piece, 131,072 tokens of the 24B model would take some 25 GB for the activations of a layer; and between two
pieces an answer that nobody waits for ends, and the person is told how far it is.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import torch
from transformers import DynamicCache
from transformers.modeling_outputs import BaseModelOutputWithPooling

from backend.engines.local.devices import free_bytes, wait_for
from backend.models.memory import PIECE, layer_bytes

SMALLEST, LARGEST = 256, 4_096  # tokens; powers of two, as PIECE is
SHARE = 1 / 8  # of the memory that is free, for what one piece works with


class Interrupted(Exception):
    """The answer was over before the whole prompt was read."""


def piece_size(model: Any) -> int:
    """Tokens of a piece: as many, in a power of two, as an eighth of the free memory holds.

    A GPU reads longer pieces faster (65,536 tokens on an H200 in 11.7 s by 2,048, in 7.4 s at once), a processor
    does not.
    """
    free = free_bytes(model.device)
    config, size = model.config.get_text_config(), LARGEST if model.device.type == "cuda" else PIECE
    for_one = layer_bytes(config.hidden_size, config.intermediate_size, model.dtype.itemsize)
    while size > SMALLEST and size * for_one > free * SHARE:
        size //= 2
    return size


def picture_output(features: Iterable[torch.Tensor]) -> BaseModelOutputWithPooling:
    """Pictures' features, each (cells, hidden size), as a Mistral3ForConditionalGeneration takes them."""
    return BaseModelOutputWithPooling(pooler_output=tuple(features))  # type: ignore[arg-type] # as get_image_features does


class PictureRows:
    """The features of a prompt's pictures, a row for each of their tokens, by where those stand."""

    def __init__(self, tokens: Sequence[int], picture_token: int, features: Sequence[torch.Tensor]) -> None:
        """`tokens` are those that are to be read; as many of them are the picture's as the features have rows."""
        self._marked = [token == picture_token for token in tokens]
        self._features = features

    def of(self, start: int, stop: int) -> dict[str, Any]:
        """What the model takes with the tokens from start to stop: nothing where they have no part of a picture."""
        first, count = sum(self._marked[:start]), sum(self._marked[start:stop])
        return {"mm_encoder_outputs": {"image": picture_output(self._rows(first, first + count))}} if count else {}

    def _rows(self, first: int, last: int) -> Iterator[torch.Tensor]:
        at = 0
        for features in self._features:
            begin, end = max(first - at, 0), min(last - at, len(features))
            if begin < end:
                yield features[begin:end]
            at += len(features)


def last_piece(held: int, length: int, size: int) -> int:
    """Where the last piece of a prompt of this length begins, of which the cache holds so many tokens."""
    return held + (length - held - 1) // size * size


@torch.no_grad()
def prefill(
    model: Any,
    ids: torch.Tensor,
    cache: DynamicCache,
    rows: PictureRows,
    size: int,
    go_on: Callable[[int], None],
) -> None:
    """Reads those of the ids, (1, length), that are not in the cache yet, in pieces of at most `size`.

    `rows` are of the ids that are not. `go_on` is called before each piece with how many of the ids the cache holds,
    and may raise Interrupted: what was read stays in the cache.
    """
    start, length = cache.get_seq_length(), ids.shape[-1]
    for begin in range(start, length, size):
        wait_for(ids.device)  # a GPU's work is only queued: what is said to be read would not be, and Stop come late
        go_on(begin)
        end = min(begin + size, length)
        pictures = rows.of(begin - start, end - start)
        model(input_ids=ids[:, begin:end], past_key_values=cache, use_cache=True, logits_to_keep=1, **pictures)
