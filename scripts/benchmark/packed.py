"""Pictures as transformers' processors give them to a model: all at once."""

from typing import Any

import torch

from backend.engines.local.loading import LoadedModel
from backend.tokenization.tokenizer import Prompt
from scripts.benchmark.whole import text_inputs


def packed(loaded: LoadedModel, prompt: Prompt) -> dict[str, Any]:
    """What `generate` takes, the pictures padded to the largest: pixel_values of shape (pictures, 3, height, width)."""
    arrays = [picture.pixels() for picture in prompt.images]
    inputs = text_inputs(loaded, prompt)
    if not arrays:
        return inputs
    sizes = torch.tensor([array.shape[1:] for array in arrays])
    height, width = sizes.amax(0).tolist()
    pixels = torch.zeros(len(arrays), 3, height, width, dtype=loaded.model.dtype)
    for row, array in zip(pixels, arrays, strict=True):
        row[:, : array.shape[1], : array.shape[2]] = torch.from_numpy(array)
    device = loaded.model.device
    return inputs | {"pixel_values": pixels.to(device), "image_sizes": sizes.to(device)}
