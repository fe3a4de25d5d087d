"""Pictures -> features: each goes through the vision tower and the projector alone, and what came of it is kept.

transformers' PixtralVisionModel puts all pictures that it is given into one sequence, with a mask over each pair of
their patches: four of 1540 x 1540 pixels took 13 times as long as one, and ten would need 29 GB for the mask. Alone
they give the same features.
"""

from collections import OrderedDict
from typing import Any

import torch

from backend.tokenization.pictures import ModelPicture


class PictureFeatures:
    """Features of pictures in main memory, up to `budget` bytes; the least recently used go first.

    They go by what a picture shows, whoever sent it and in whichever conversation: see docs/security.md.
    """

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._kept: OrderedDict[str, torch.Tensor] = OrderedDict()  # the most recently used last

    def of(self, model: Any, picture: ModelPicture) -> torch.Tensor:
        """See features_of. Raises OSError where they are not kept and the picture's file is gone."""
        found = self._kept.pop(picture.key, None)
        if found is None:
            found = features_of(model, picture).cpu()
        if found.nbytes <= self._budget:
            self._kept[picture.key] = found
        while self.bytes > self._budget:
            self._kept.popitem(last=False)
        return found

    @property
    def bytes(self) -> int:
        """Memory of all that are kept."""
        return sum(features.nbytes for features in self._kept.values())

    def clear(self) -> None:
        """Forgets everything, when memory is short."""
        self._kept.clear()


@torch.no_grad()
def features_of(model: Any, picture: ModelPicture) -> torch.Tensor:
    """(cells, hidden size), on the model's device. All else that the tower gives is let go of.

    Raises OSError where the picture's file is gone.
    """
    pixels = picture.pixels()
    batch = torch.from_numpy(pixels)[None].to(model.device, model.dtype)
    sizes = torch.tensor([pixels.shape[1:]], device=model.device)
    features: torch.Tensor = model.get_image_features(batch, image_sizes=sizes, return_dict=True).pooler_output[0]
    return features
