"""Pictures that nobody has sent before, of any size."""

from pathlib import Path

import numpy as np
import PIL.Image

from backend.chat.parts import Image


def picture_file(folder: Path, number: int, side: int) -> Image:
    """A picture of noise that no other number's is like."""
    file = folder / f"{number}.png"
    noise = np.random.default_rng(number).integers(0, 256, (side // 14, side // 14, 3), dtype=np.uint8)
    PIL.Image.fromarray(noise).resize((side, side), PIL.Image.Resampling.NEAREST).save(file)
    return Image(str(file), side, side)
