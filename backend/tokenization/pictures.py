"""Pictures on their way to the model: placed among the tokens at once, their pixels read only when they are needed.

In a conversation's later turns they are not: what they led to is in the prefix cache. A picture of 1540 x 1540 pixels
would otherwise be read from disk, resized and hashed anew in every turn. What tells one from another is hashed once
for each file, and not anew when a file is touched, as the store does where a picture is taken in again.
"""

import os
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

import numpy as np
from mistral_common.protocol.instruct.chunk import ImageChunk, ImageURLChunk
from mistral_common.tokens.tokenizers.image import ImageEncoder, ImageEncoding, image_from_chunk, transform_image
from PIL import Image as PILImage

REMEMBERED = 1_000  # hashes of pictures


@dataclass(frozen=True)
class ModelPicture:
    """A picture file, and the size in pixels that it has for the model: whole cells. Equal keys are equal pixels."""

    path: str
    width: int
    height: int
    key: str

    @classmethod
    def of(cls, path: str, width: int, height: int) -> "ModelPicture":
        """The file as it is now. Raises OSError where there is none."""
        found = os.stat(path)
        return cls(path, width, height, f"{_content(path, found.st_ino, found.st_size)} {width}x{height}")

    def pixels(self) -> np.ndarray:
        """float32 of shape (3, height, width), normalised as mistral-common does. Raises OSError."""
        pixels: np.ndarray = transform_image(opened(self.path), (self.width, self.height))
        return pixels


@lru_cache(REMEMBERED)
def _content(path: str, file: int, size: int) -> str:
    """A hash of a file's pixels alone: a picture that is taken in again is the same, whatever its name and time.

    Of one file it is made once; `file` is its number on the disk, since a file that takes its place has another.
    """
    picture = opened(path)
    return blake2b(f"{picture.size} ".encode() + picture.tobytes(), digest_size=20).hexdigest()


def opened(path: str) -> PILImage.Image:
    """A picture of our own store: mistral-common is never handed an address, since it would follow it."""
    with PILImage.open(Path(path)) as picture:
        return picture.convert("RGB")


def size_of(path: str) -> PILImage.Image:
    """An empty stand-in of the picture's size, which is all that its place among the tokens depends on."""
    with PILImage.open(Path(path)) as picture:
        return PILImage.new("1", picture.size)


class PlacingEncoder(ImageEncoder):
    """mistral-common's encoder without the pixels: a picture's array has its shape, and nothing in it."""

    def __call__(self, content: ImageChunk | ImageURLChunk) -> ImageEncoding:
        """The layout is the base class's: rows of cells, a break after each, an end after the last."""
        columns, rows = self.cells(image_from_chunk(content))
        ids, cell = self.special_ids, self.image_config.image_patch_size * self.image_config.spatial_merge_size
        tokens = ([ids.img] * columns + [ids.img_break]) * rows
        tokens[-1] = ids.img_end
        return ImageEncoding(tokens, np.broadcast_to(np.float32(0), (3, rows * cell, columns * cell)))

    def cells(self, picture: PILImage.Image) -> tuple[int, int]:
        """(columns, rows) of cells; four where one would do, since transformers fails at a lone picture of one cell,
        which it takes for a batch (`squeeze(0)` in Mistral3Model.get_image_features)."""
        columns, rows = self._image_to_num_tokens(picture)
        return (columns, rows) if columns * rows > 1 else (2, 2)
