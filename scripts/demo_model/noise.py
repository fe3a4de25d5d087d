"""Pictures in which there is nothing to name: plain, shaded, speckled, scribbled."""

import random
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from scripts.demo_model import cells
from scripts.demo_model.cells import CELL


@dataclass(frozen=True)
class Nothing:
    """Size in pixels; all else follows from the seed."""

    width: int
    height: int
    seed: int

    def labels(self) -> np.ndarray:
        """int64 [rows, columns, SLOTS], all empty."""
        return cells.blank(self.width, self.height)

    def draw(self) -> Image.Image:
        """An RGB picture."""
        rng = random.Random(self.seed)
        ends = np.array([[rng.randint(0, 255) for _ in range(3)] for _ in range(2)], dtype=np.float32)
        across = np.linspace(0, 1, self.width)[None, :, None] * rng.random()
        down = np.linspace(0, 1, self.height)[:, None, None] * rng.random()
        array = ends[0] + (ends[1] - ends[0]) * (across + down) / 2
        if rng.random() < 0.4:
            array = array + np.random.default_rng(self.seed).normal(0, rng.uniform(5, 60), array.shape)
        picture = Image.fromarray(array.clip(0, 255).astype(np.uint8))
        if rng.random() < 0.6:
            self._scribble(rng, picture)
        return picture.filter(ImageFilter.GaussianBlur(rng.choice((0, 1, 3))))

    def _scribble(self, rng: random.Random, picture: Image.Image) -> None:
        pen = ImageDraw.Draw(picture)
        for _ in range(rng.randint(1, 12)):
            points = [(rng.uniform(0, self.width), rng.uniform(0, self.height)) for _ in range(rng.randint(2, 6))]
            pen.line(points, fill=tuple(rng.randint(0, 255) for _ in range(3)), width=rng.randint(1, 5))


def nothing(rng: random.Random) -> Nothing:
    """A random one."""
    width, height = (rng.choice((56, 84, 112, 168, 224)) // CELL * CELL for _ in range(2))
    return Nothing(width, height, rng.getrandbits(30))
