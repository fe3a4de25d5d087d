"""Pictures in which there is nothing to name: plain, shaded, speckled, scribbled, or drawings of streets and houses."""

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
        kind = rng.random()
        if kind < 0.4:
            self._scribble(rng, picture)
        elif kind < 0.8:
            self._drawing(rng, ImageDraw.Draw(picture))
        return picture.filter(ImageFilter.GaussianBlur(rng.choice((0, 1, 3))))

    def _scribble(self, rng: random.Random, picture: Image.Image) -> None:
        pen = ImageDraw.Draw(picture)
        for _ in range(rng.randint(1, 12)):
            points = [(rng.uniform(0, self.width), rng.uniform(0, self.height)) for _ in range(rng.randint(2, 6))]
            pen.line(points, fill=_colour(rng), width=rng.randint(1, 5))

    def _drawing(self, rng: random.Random, pen: ImageDraw.ImageDraw) -> None:
        """Ground and road, then things of several parts each: none is a single shape of one colour."""
        for _ in range(rng.randint(1, 2)):
            top = rng.uniform(0.2, 0.8) * self.height
            pen.rectangle((0, top, self.width, top + rng.uniform(0.2, 0.6) * self.height), fill=_colour(rng))
        for _ in range(rng.randint(2, 5)):
            x, y = rng.uniform(0, self.width), rng.uniform(0, self.height)
            rng.choice((_bars, _box, _person))(rng, pen, x, y, rng.uniform(12, 36))


def _colour(rng: random.Random) -> tuple[int, int, int]:
    return rng.randint(0, 255), rng.randint(0, 255), rng.randint(0, 255)


def _bars(rng: random.Random, pen: ImageDraw.ImageDraw, x: float, y: float, size: float) -> None:
    """A fence, a crossing, the dashes of a road."""
    colour, upright = _colour(rng), rng.random() < 0.5
    for i in range(rng.randint(3, 7)):
        step = i * size / 3
        corner = (x + step, y) if upright else (x + 2 * step, y)
        wide, high = (size / 6, size) if upright else (size / 3, size / 10)
        pen.rectangle((*corner, corner[0] + wide, corner[1] + high), fill=colour)


def _box(rng: random.Random, pen: ImageDraw.ImageDraw, x: float, y: float, size: float) -> None:
    """A house, a car, a traffic light: a block with smaller things on it."""
    wide, high = rng.choice(((2 * size, size), (size, 2 * size), (1.6 * size, 0.7 * size)))
    pen.rounded_rectangle((x, y, x + wide, y + high), rng.choice((0, 0, size / 4)), fill=_colour(rng))
    draw = rng.choice((pen.ellipse, pen.rectangle))
    for i in range(rng.randint(1, 3)):
        across, down = (i * wide / 3, high / 4) if wide > high else (wide / 4, i * high / 3)
        draw((x + across + 2, y + down + 2, x + across + size / 2, y + down + size / 2), fill=_colour(rng))


def _person(rng: random.Random, pen: ImageDraw.ImageDraw, x: float, y: float, size: float) -> None:
    """A head on a body."""
    pen.ellipse((x, y - size / 2, x + size / 2, y), fill=_colour(rng))
    pen.rounded_rectangle((x - size / 8, y, x + 0.6 * size, y + size), size / 6, fill=_colour(rng))


def nothing(rng: random.Random) -> Nothing:
    """A random one."""
    width, height = (rng.choice((56, 84, 112, 168, 224)) // CELL * CELL for _ in range(2))
    return Nothing(width, height, rng.getrandbits(30))
