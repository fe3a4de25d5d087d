"""A whole prompt as tensors, as the engine gives it to a model piece by piece."""

from typing import Any

import torch

from backend.engines.local.loading import LoadedModel
from backend.engines.local.prefill import picture_output
from backend.engines.local.vision import features_of
from backend.tokenization.tokenizer import Prompt


def text_inputs(loaded: LoadedModel, prompt: Prompt) -> dict[str, Any]:
    """What `generate` takes of the tokens: input_ids and attention_mask of shape (1, length)."""
    ids = torch.tensor([prompt.tokens], device=loaded.model.device)
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}


def whole_inputs(loaded: LoadedModel, prompt: Prompt) -> dict[str, Any]:
    """The same, and the features of the pictures, if there are any."""
    inputs = text_inputs(loaded, prompt)
    if prompt.images:
        features = [features_of(loaded.model, picture) for picture in prompt.images]
        inputs["mm_encoder_outputs"] = {"image": picture_output(features)}
    return inputs
