"""A cache of keys and values that does not copy what it holds for every new token."""

from typing import Any

from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

SPARE = 128  # tokens: a copy in 128 tokens is little, and so are 20 MB for each conversation kept of a 24B model


class GrowingLayer(DynamicLayer):
    """Keys and values of one layer, (1, heads, tokens, head size), at the front of buffers with room to spare.

    DynamicLayer joins all that it holds to each new token, which is a copy of the whole conversation a token.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._buffers: tuple[Tensor, Tensor] | None = None

    def update(self, key_states: Tensor, value_states: Tensor, *_: Any, **__: Any) -> tuple[Tensor, Tensor]:
        """Adds those of new tokens, (1, heads, new tokens, head size); returns those of all."""
        if key_states.device.type == "mps":  # whose attention was wrong for views like ours (pytorch issue 181133)
            return super().update(key_states, value_states)
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        held = self.get_seq_length()
        self._make_room(held, key_states, value_states)
        assert self._buffers
        self.keys, self.values = (
            _extended(buffer, held, states)
            for buffer, states in zip(self._buffers, (key_states, value_states), strict=True)
        )
        return self.keys, self.values

    def _make_room(self, held: int, keys: Tensor, values: Tensor) -> None:
        """Larger buffers, up to the next multiple of SPARE, where the new tokens do not fit: copies stay rare."""
        needed = held + keys.shape[-2]
        if self._buffers and needed <= self._buffers[0].shape[-2] and self._stands_in(self._buffers[0], held, keys):
            return
        room = -(-needed // SPARE) * SPARE
        larger = [states.new_empty(*states.shape[:-2], room, states.shape[-1]) for states in (keys, values)]
        if held:
            for buffer, states in zip(larger, (self.keys, self.values), strict=True):
                assert states is not None
                buffer.narrow(-2, 0, held).copy_(states)
        self._buffers = larger[0], larger[1]

    def _stands_in(self, buffer: Tensor, held: int, states: Tensor) -> bool:
        """Whether what is held is the buffer's front: a cache that was reordered or moved holds tensors of its own."""
        alike = (buffer.dtype, buffer.device, buffer.shape[:-2]) == (states.dtype, states.device, states.shape[:-2])
        return alike and (not held or (self.keys is not None and self.keys.data_ptr() == buffer.data_ptr()))


def _extended(buffer: Tensor, held: int, states: Tensor) -> Tensor:
    """What the buffer holds once the states stand behind its first tokens. (narrow is half the work of a slice.)"""
    new = states.shape[-2]
    buffer.narrow(-2, held, new).copy_(states)
    return buffer.narrow(-2, 0, held + new)


def growing_cache(config: Any) -> DynamicCache:
    """An empty cache for a decoder of this configuration. Layers that look back a window only keep their own kind."""
    cache = DynamicCache(config=config)
    cache.layers = [GrowingLayer() if type(layer) is DynamicLayer else layer for layer in cache.layers]
    return cache
