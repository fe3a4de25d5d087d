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

    def attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """What the queries find, in the same shape; queries share keys where there are fewer key heads."""
        if self._padded:
            found = self._attend(*map(self._pad, (q, k, v)), self._filled[:, None, None])
            return found.flatten(0, 1)[self._at]
        lengths = [count * length for count, length in self.groups]
        groups = zip(self.groups, *(part.split(lengths) for part in (q, k, v)), strict=True)
        return torch.cat(
            [
                self._attend(*(part.unflatten(0, (count, -1)) for part in qkv)).flatten(0, 1)
                for (count, _), *qkv in groups
            ]
        )

    def _pad(self, x: Tensor) -> Tensor:
        padded = x.new_zeros(self._count * self._longest, *x.shape[1:])
        return padded.index_copy(0, self._at, x).unflatten(0, (self._count, -1))

    def _attend(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
        """Of sequences [count, length, heads, head size], equally long."""
        gqa = q.shape[2] != k.shape[2]
        q, k, v = (part.transpose(1, 2) for part in (q, k, v))
        return F.scaled_dot_product_attention(q, k, v, mask, is_causal=self.causal, enable_gqa=gqa).transpose(1, 2)
