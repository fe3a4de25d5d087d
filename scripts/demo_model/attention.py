"""Attention over packed sequences: on a processor group by group, so that nothing is padded; on a GPU all at once."""

import torch
import torch.nn.functional as F
from torch import Tensor

from scripts.demo_model.images import Groups


class Packing:
    """Sequences that follow each other in [length, heads, head size]: groups of them, equally long within a group."""

    def __init__(self, groups: Groups, causal: bool, device: torch.device, padded: bool) -> None:
        self.groups, self.causal = groups, causal
        self._padded = padded and len(groups) > 1
        if self._padded:  # as many sequences as there are, all as long as the longest, and where each place went
            self._count, self._longest = sum(count for count, _ in groups), max(length for _, length in groups)
            lengths = torch.tensor([length for count, length in groups for _ in range(count)])
            filled = torch.arange(self._longest) < lengths[:, None]
            self._filled, self._at = filled.to(device), filled.flatten().nonzero()[:, 0].to(device)

    def attend(self, qkv: Tensor, keys: int) -> Tensor:
        """What the queries find [length, heads, head size] in [length, heads + 2 * keys, head size]; they share keys where
        there are fewer heads of `keys`."""
        if self._padded:
            padded = qkv.new_zeros(self._count * self._longest, *qkv.shape[1:]).index_copy(0, self._at, qkv)
            found = self._attend(padded, self._count, keys, self._filled[:, None, None])
            return found.index_select(0, self._at)
        parts = qkv.split([count * length for count, length in self.groups])
        return torch.cat([self._attend(part, count, keys) for part, (count, _) in zip(parts, self.groups, strict=True)])

    def _attend(self, qkv: Tensor, count: int, keys: int, mask: Tensor | None = None) -> Tensor:
        """Of so many sequences, equally long."""
        heads = qkv.shape[1] - 2 * keys
        q, k, v = qkv.unflatten(0, (count, -1)).transpose(1, 2).split([heads, keys, keys], 1)
        found = F.scaled_dot_product_attention(q, k, v, mask, is_causal=self.causal, enable_gqa=heads != keys)
        return found.transpose(1, 2).flatten(0, 1)
