"""Pictures as the tower takes them. Their sides are multiples of CELL: mistral-common would not resize them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import torch
from mistral_common.tokens.tokenizers.image import DATASET_MEAN, DATASET_STD
from PIL import Image
from torch import Tensor

from scripts.demo_model.cells import CELL

PATCH = 14  # pixels
Groups = list[tuple[int, int]]  # how many sequences follow each other, and how long each of them is


@dataclass(frozen=True)
class Patches:
    """Pictures of many sizes, packed. A cell's four patches follow each other, so that to merge them is a view.

    `values` uint8 [patches, 3 * PATCH * PATCH]; `places` int64 [patches, 2], row and column; `groups` pictures of as many
    patches each; `order` int64 [cells], where the cells of the pictures stand in the order in which they were given.
    """

    values: Tensor
    places: Tensor
    groups: Groups
    order: Tensor

    def to(self, device: torch.device) -> "Patches":
        """On another device."""
        moved = (part.to(device, non_blocking=True) for part in (self.values, self.places))
        return Patches(*moved, self.groups, self.order.to(device, non_blocking=True))

    def normalised(self) -> Tensor:
        """float32 [patches, 3 * PATCH * PATCH], as mistral-common hands them to the model."""
        mean, std = (torch.tensor(part, device=self.values.device)[:, None] for part in (DATASET_MEAN, DATASET_STD))
        return ((self.values.float().view(-1, 3, PATCH * PATCH) / 255 - mean) / std).flatten(1)


def pack(pictures: Sequence[Image.Image]) -> Patches:
    """RGB pictures, those of as many patches beside each other."""
    cut = [_cut(np.asarray(picture)) for picture in pictures]
    inner = sorted(range(len(cut)), key=lambda i: len(cut[i][0]))
    lengths = [len(cut[i][0]) for i in inner]
    starts = dict(zip(inner, np.cumsum([0, *lengths]) // 4, strict=False))
    order = [np.arange(len(cut[i][0]) // 4) + starts[i] for i in range(len(cut))]
    return Patches(
        torch.from_numpy(np.concatenate([cut[i][0] for i in inner])),
        torch.from_numpy(np.concatenate([cut[i][1] for i in inner])),
        [(len(list(same)), length) for length, same in groupby(lengths)],
        torch.from_numpy(np.concatenate(order)),
    )


def _cut(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(patches [patches, 3 * PATCH * PATCH], their places [patches, 2]) of a picture [height, width, 3], cell by cell."""
    rows, columns = pixels.shape[0] // CELL, pixels.shape[1] // CELL
    parts = pixels.reshape(rows, 2, PATCH, columns, 2, PATCH, 3).transpose(0, 3, 1, 4, 6, 2, 5)
    places = np.indices((2 * rows, 2 * columns)).reshape(2, rows, 2, columns, 2).transpose(1, 3, 2, 4, 0)
    return parts.reshape(-1, 3 * PATCH * PATCH), places.reshape(-1, 2)
