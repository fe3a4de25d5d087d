"""Attention of one new token to a whole room of keys and values, of which the later part is masked."""

from typing import Any

import torch
from torch import Tensor, nn
from transformers import AttentionInterface

NAME = "one_token"


def one_token(
    module: nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: Tensor, scaling: float, **_: Any
) -> tuple[Tensor, None]:
    """The output, (1, 1, heads, head size), of a query of shape (1, heads, 1, head size).

    `key` and `value` are (1, groups, room, head size), `mask` is (1, 1, 1, room). The heads of a group are the rows of
    one matrix: PyTorch's own attention would first copy keys and values for each head, 28 instead of 17 ms a token
    with room for 16,384 on an H200.
    """
    groups = key.shape[1]
    rows = query.view(1, groups, -1, query.shape[-1])
    weights = torch.softmax(rows @ key.transpose(2, 3) * scaling + mask, dim=-1, dtype=torch.float32).to(query.dtype)
    return (weights @ value).view(1, 1, -1, query.shape[-1]), None


AttentionInterface.register(NAME, one_token)
