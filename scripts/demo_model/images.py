"""Pixels as mistral-common hands them to the model. Our pictures have sides that are multiples of CELL: no resizing."""

import numpy as np
import torch
from mistral_common.tokens.tokenizers.image import DATASET_MEAN, DATASET_STD
from PIL import Image
from torch import Tensor

MEAN, STD = np.asarray(DATASET_MEAN, dtype=np.float32), np.asarray(DATASET_STD, dtype=np.float32)


def pixels(pictures: list[Image.Image]) -> Tensor:
    """float32 [batch, 3, height, width], normalised, of RGB pictures of one size."""
    array = np.stack([np.asarray(picture) for picture in pictures]).astype(np.float32) / 255
    return torch.from_numpy(((array - MEAN) / STD).transpose(0, 3, 1, 2).copy())
