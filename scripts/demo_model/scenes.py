"""Pictures of one to six coloured shapes: what is in them, how they are drawn, how their cells are labelled."""

import math
import random
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from scripts.demo_model import cells
from scripts.demo_model.cells import ALONE, CELL, COLOURS, HIGH, LOW, MIDDLE, PART, SHAPES

RGB = {
    "red": (214, 40, 40), "blue": (38, 84, 214), "green": (34, 150, 60), "yellow": (246, 212, 40),
    "orange": (245, 136, 28), "purple": (130, 52, 170), "pink": (246, 130, 182), "black": (20, 20, 22),
}  # fmt: skip
PAPERS = ((255, 255, 255), (248, 248, 244), (238, 240, 244), (226, 232, 240), (252, 244, 226), (232, 242, 232))
OVERSAMPLING = 3  # drawn so many times larger, then reduced, for smooth edges


@dataclass(frozen=True)
class Thing:
    """A shape: centre and radius in pixels, tilt in radians, its place among the others (classes of cells.py)."""

    colour: str
    shape: str
    x: float
    y: float
    radius: float
    tilt: float
    column: int
    row: int


@dataclass(frozen=True)
class Scene:
    """A picture of shapes in reading order: top row first, each row from the left. Size in pixels."""

    width: int
    height: int
    things: tuple[Thing, ...]
    paper: tuple[int, int, int]
    shades: tuple[tuple[int, int, int], ...]

    def labels(self) -> np.ndarray:
        """int64 [rows, columns, SLOTS]: the cell of a centre is labelled in full, other covered cells as parts."""
        labels = cells.blank(self.width, self.height)
        for thing in self.things:
            colour, shape = COLOURS.index(thing.colour) + 1, SHAPES.index(thing.shape) + 1
            reach = 0.8 * thing.radius
            for row in range(int((thing.y - reach) // CELL), int((thing.y + reach) // CELL) + 1):
                for column in range(int((thing.x - reach) // CELL), int((thing.x + reach) // CELL) + 1):
                    if not labels[row, column, cells.COLUMN]:
                        labels[row, column, cells.COLOUR : cells.USE] = (colour, shape, PART, 0)
        for thing in self.things:
            colour, shape = COLOURS.index(thing.colour) + 1, SHAPES.index(thing.shape) + 1
            centre = int(thing.y // CELL), int(thing.x // CELL)
            labels[(*centre, slice(cells.COLOUR, cells.USE))] = colour, shape, thing.column, thing.row
        return labels

    def draw(self) -> Image.Image:
        """An RGB picture."""
        picture = Image.new("RGB", (self.width * OVERSAMPLING, self.height * OVERSAMPLING), self.paper)
        pen = ImageDraw.Draw(picture)
        for thing, shade in zip(self.things, self.shades, strict=True):
            _draw(pen, thing, shade)
        return picture.reduce(OVERSAMPLING)


def _draw(pen: ImageDraw.ImageDraw, thing: Thing, shade: tuple[int, int, int]) -> None:
    x, y, radius = thing.x * OVERSAMPLING, thing.y * OVERSAMPLING, thing.radius * OVERSAMPLING
    if thing.shape == "circle":
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=shade)
        return
    if thing.shape == "cross":
        arm = 0.34 * radius
        pen.rectangle((x - radius, y - arm, x + radius, y + arm), fill=shade)
        pen.rectangle((x - arm, y - radius, x + arm, y + radius), fill=shade)
        return
    corners = [
        (x + r * radius * math.sin(a + thing.tilt), y - r * radius * math.cos(a + thing.tilt))
        for r, a in OUTLINES[thing.shape]
    ]
    pen.polygon(corners, fill=shade)


OUTLINES = {  # (radius, angle clockwise from the top) of each corner
    "square": [(1.25, math.pi / 4 + i * math.pi / 2) for i in range(4)],
    "triangle": [(1.15, i * 2 * math.pi / 3) for i in range(3)],
    "star": [(1.15 if i % 2 == 0 else 0.48, i * math.pi / 5) for i in range(10)],
    "diamond": [(1.15 if i % 2 == 0 else 0.75, i * math.pi / 2) for i in range(4)],
}
GRIDS = {1: [(1, 1)], 2: [(2, 1), (2, 1), (1, 2)], 3: [(3, 1), (3, 1), (1, 3)], 4: [(2, 2)], 6: [(3, 2)]}
PLACES = {1: (ALONE,), 2: (LOW, HIGH), 3: (LOW, MIDDLE, HIGH)}  # by number of columns, or of rows


def random_scene(rng: random.Random, count: int | None = None) -> Scene:
    """A scene of `count` shapes (1, 2, 3, 4 or 6; drawn at random when None) on a grid, each shaken a little."""
    count = count or rng.choices((1, 2, 3, 4, 6), (2, 4, 4, 3, 1))[0]
    columns, rows = rng.choice(GRIDS[count])
    pitch = rng.choice((56, 56, 56, 84, 84)) if columns < 3 else rng.choice((56, 56, 70))
    width = min(cells.LONGEST, max(56, math.ceil(columns * pitch / CELL) * CELL + rng.choice((0, 0, 28))))
    height = min(cells.LONGEST, max(56, math.ceil(rows * pitch / CELL) * CELL + rng.choice((0, 0, 0, 28))))
    if rng.random() < 0.12:
        width, height = rng.choice(((224, 224), (224, 168), (168, 168), (196, 140)))
    step_x, step_y = width / columns, height / rows
    colours = rng.choices(COLOURS, k=count) if rng.random() < 0.6 else [rng.choice(COLOURS)] * count
    shapes = rng.choices(SHAPES, k=count) if rng.random() < 0.7 else [rng.choice(SHAPES)] * count
    if len(set(colours)) == 1 and count > 1:
        shapes = rng.choices(SHAPES, k=count)
    limit = min(step_x, step_y) / 2
    things = []
    for i in range(count):
        radius = rng.uniform(max(11.0, 0.38 * limit), 0.78 * limit)
        slack_x, slack_y = step_x / 2 - 1.2 * radius, step_y / 2 - 1.2 * radius
        x = (i % columns + 0.5) * step_x + rng.uniform(-slack_x, slack_x) * 0.8
        y = (i // columns + 0.5) * step_y + rng.uniform(-slack_y, slack_y) * (0.8 if rows == 1 or columns == 1 else 0.4)
        place = PLACES[columns][i % columns], PLACES[rows][i // columns]
        things.append(Thing(colours[i], shapes[i], x, y, radius, rng.uniform(-0.15, 0.15), *place))
    shades = tuple(_shade(rng, thing.colour) for thing in things)
    return Scene(width, height, tuple(things), rng.choice(PAPERS), shades)


def _shade(rng: random.Random, colour: str) -> tuple[int, int, int]:
    r, g, b = (min(255, max(0, part + rng.randint(-14, 14))) for part in RGB[colour])
    return r, g, b
