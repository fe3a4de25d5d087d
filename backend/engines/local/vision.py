"""Pictures -> features: each goes through the vision tower and the projector alone, one after the other.

transformers' PixtralVisionModel puts all pictures that it is given into one sequence, with a mask over each pair of
their patches: four of 1540 x 1540 pixels took 13 times as long as one, and ten would need 29 GB for the mask. Alone
they give the same features.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from transformers.modeling_outputs import BaseModelOutputWithPooling

from backend.tokenization.pictures import ModelPicture


class Interrupted(Exception):
    """The answer was over before all of its pictures were seen."""


def encoded(model: Any, pictures: Sequence[ModelPicture], is_over: Callable[[], bool]) -> BaseModelOutputWithPooling:
    """The pictures as a Mistral3ForConditionalGeneration takes them among its mm_encoder_outputs.

    `pooler_output` has the features of each picture, (cells, hidden size), on the model's device. `is_over` is asked
    before each. Raises Interrupted where it says so, and OSError where a picture's file is gone.
    """
    found = []
    for picture in pictures:
        if is_over():
            raise Interrupted
        found.append(_features(model, picture.pixels()))
    return BaseModelOutputWithPooling(pooler_output=tuple(found))  # type: ignore[arg-type] # as get_image_features does


@torch.no_grad()
def _features(model: Any, pixels: np.ndarray) -> torch.Tensor:
    """Of pixels of shape (3, height, width). All else that the tower gives is let go of."""
    batch = torch.from_numpy(pixels)[None].to(model.device, model.dtype)
    sizes = torch.tensor([pixels.shape[1:]], device=model.device)
    features: torch.Tensor = model.get_image_features(batch, image_sizes=sizes, return_dict=True).pooler_output[0]
    return features
