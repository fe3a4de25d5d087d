"""Keys and values at addresses that never change, so that one recorded step can be repeated for every token."""

from typing import Any

import torch
from torch import Tensor
from transformers import Cache, DynamicCache
from transformers.cache_utils import DynamicLayer


class FixedLayer(DynamicLayer):
    """Keys and values of one layer: buffers of shape (1, heads, room, head size), and where the next token goes."""

    def __init__(self, like: DynamicLayer, room: int, position: Tensor) -> None:
        """`like` holds keys and values of the same kind; `position`, (1), is shared by all layers."""
        super().__init__()  # type: ignore[no-untyped-call]
        assert like.keys is not None
        assert like.values is not None
        heads, size = like.keys.shape[1], like.keys.shape[-1]
        self.lazy_initialization(like.keys, like.values)
        # Zeros, for what is masked is multiplied too: by 0, which makes nothing of a number alone.
        self.keys, self.values = (like.keys.new_zeros((1, heads, room, size)) for _ in range(2))
        self._position = position

    def update(self, key_states: Tensor, value_states: Tensor, *_: Any, **__: Any) -> tuple[Tensor, Tensor]:
        """Puts those of one token, (1, heads, 1, head size), in their place; returns all the room."""
        assert self.keys is not None
        assert self.values is not None
        self.keys.index_copy_(-2, self._position, key_states)
        self.values.index_copy_(-2, self._position, value_states)
        return self.keys, self.values


class Workspace:
    """Room for one conversation's keys and values, filled from its cache before a token is written.

    `cache` is what a model takes, `position`, (1), where the next token goes: on the device, so that a recorded step
    can count it up by itself.
    """

    def __init__(self, cache: DynamicCache, room: int) -> None:
        """For conversations whose cache is like this one, up to `room` tokens."""
        first: Any = cache.layers[0]
        self.room = room
        self.position = torch.zeros(1, dtype=torch.long, device=first.keys.device)
        self._layers: list[Any] = [FixedLayer(layer, room, self.position) for layer in _plain(cache)]
        self.cache = Cache(layers=self._layers)

    @property
    def bytes(self) -> int:
        """Memory that it takes."""
        return sum(layer.keys.nbytes + layer.values.nbytes for layer in self._layers)

    def take(self, cache: DynamicCache) -> None:
        """Copies all that this one holds."""
        length = cache.get_seq_length()
        for mine, theirs in zip(self._layers, _plain(cache), strict=True):
            mine.keys[..., :length, :].copy_(theirs.keys)
            mine.values[..., :length, :].copy_(theirs.values)
        self.position.fill_(length)

    def give(self, cache: DynamicCache, length: int) -> None:
        """Adds to it what came after, up to so many tokens in all."""
        held = cache.get_seq_length()
        if length > held:
            for index, mine in enumerate(self._layers):
                cache.update(mine.keys[..., held:length, :], mine.values[..., held:length, :], index)


def _plain(cache: DynamicCache) -> list[Any]:
    return list(cache.layers)


def workspace_bytes(cache: DynamicCache, room: int) -> int:
    """What a workspace of this room takes for a cache that is not empty."""
    return sum(2 * room * layer.keys[:, :, :1].nbytes for layer in _plain(cache))
