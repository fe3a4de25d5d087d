"""A token in 4 bits, with matrices as the app has them from bitsandbytes."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from transformers.utils.import_utils import is_bitsandbytes_available

from backend.engines.local.devices import free_memory
from backend.engines.local.quantization import UNQUANTIZED
from scripts.benchmark.large import tokens
from scripts.benchmark.large.subject import Subject
from scripts.benchmark.report import CannotMeasure
from scripts.benchmark.table import Row


def rows(subject: Subject) -> Iterator[Row]:
    """The model is one in 4 bits from here on."""
    if not is_bitsandbytes_available():
        raise CannotMeasure("needs bitsandbytes")
    model = subject.loaded.model
    try:
        quantize(model)
        yield from tokens.rows(subject, "4 bits")
    finally:
        subject.model = None


def quantize(model: Any) -> None:
    """Its matrices, one after the other, where they lie."""
    for name, layer in list(model.named_modules()):
        if isinstance(layer, nn.Linear) and not name.startswith(tuple(UNQUANTIZED)):
            model.set_submodule(name, _in_4_bits(layer))
    free_memory()


def _in_4_bits(layer: nn.Linear) -> nn.Module:
    from bitsandbytes.nn import Linear4bit, Params4bit  # which not every system has

    small = Linear4bit(layer.in_features, layer.out_features, bias=False, compute_dtype=torch.bfloat16, device="meta")
    weight: Any = Params4bit(layer.weight.data, requires_grad=False, quant_type="nf4", compress_statistics=True)
    small.weight = weight.to(device=layer.weight.device)  # quantizes it
    return small
