"""Pictures of one to six lines of text: how they are set, drawn, and how their cells are labelled."""

import math
import random
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from scripts.demo_model import cells, fonts
from scripts.demo_model.cells import ALPHABET, CELL, CHARACTERS
from scripts.demo_model.lines import numeric

MARGIN = 5  # pixels, at least, around the text
SMALLEST = 15  # pixels, font size
MIDDLE_OF_LETTERS = 0.35  # of the font size, from the base line up
DARK_PAPERS = ((24, 26, 34), (18, 40, 70), (40, 40, 40), (20, 60, 44))
LIGHT_PAPERS = ((255, 255, 255),) * 4 + ((250, 246, 232), (236, 240, 248), (240, 240, 240), (255, 252, 210))
DARK_INKS = ((0, 0, 0),) * 4 + ((30, 30, 60), (150, 20, 20), (20, 60, 160), (20, 100, 50), (90, 30, 120), (70, 70, 70))
LIGHT_INKS = ((255, 255, 255), (255, 255, 255), (250, 230, 120), (180, 230, 255), (190, 245, 190))


@dataclass(frozen=True)
class TextPicture:
    """Lines set in one font. Sizes and places in pixels; (x, y) of a line is the start of its base line."""

    lines: tuple[str, ...]
    width: int
    height: int
    font: str
    size: int
    starts: tuple[tuple[float, float], ...]
    paper: tuple[int, int, int]
    ink: tuple[int, int, int]

    def labels(self) -> np.ndarray:
        """int64 [rows, columns, SLOTS]: a character belongs to the cell of its centre, a space to what follows it."""
        labels = cells.blank(self.width, self.height)
        for line, start in zip(self.lines, self.starts, strict=True):
            row = int((start[1] - MIDDLE_OF_LETTERS * self.size) // CELL)
            for column, text in _cut(line, start[0], self.font, self.size).items():
                labels[row, column, : len(text)] = [ALPHABET.index(c) + 1 for c in text]
            columns = sorted(_cut(line, start[0], self.font, self.size))
            labels[row, columns[0] : columns[-1] + 1, cells.LINE] = cells.LINE_MIDDLE
            labels[row, columns[0] : columns[-1] + 1, cells.USE] = (
                cells.TO_CALCULATE if numeric(line) else cells.TO_READ
            )
            labels[row, columns[0], cells.LINE] = cells.LINE_FIRST
            labels[row, columns[-1], cells.LINE] = cells.LINE_LAST if len(columns) > 1 else cells.LINE_ONLY
        return labels

    def draw(self) -> Image.Image:
        """An RGB picture."""
        picture = Image.new("RGB", (self.width, self.height), self.paper)
        pen = ImageDraw.Draw(picture)
        font = fonts.load(self.font, self.size)
        for line, start in zip(self.lines, self.starts, strict=True):
            pen.text(start, line, fill=self.ink, font=font, anchor="ls")
        return picture


def _cut(line: str, x: float, font: str, size: int) -> dict[int, str]:
    """The text of each column of cells that the line passes, starting at x pixels."""
    columns: dict[int, str] = {}
    space = ""
    for character in line:
        step = fonts.advance(font, size, character)
        if character == " ":
            space = " "  # nobody can see in which cell the middle of a space lies
        else:
            column = int((x + step / 2) // CELL)
            columns[column] = columns.get(column, "") + space + character
            space = ""
        x += step
    return columns


def _width(line: str, font: str, size: int) -> float:
    return sum(fonts.advance(font, size, c) for c in line)


def set_lines(rng: random.Random, lines: list[str], names: tuple[str, ...] = fonts.SEEN) -> TextPicture:
    """The lines in a random font, size, colour and place such that they fit and no cell holds too much."""
    while True:
        font = rng.choice(names)
        room = cells.LONGEST - 2 * MARGIN
        top = min(fonts.LARGEST, int(room / len(lines) / 1.05))
        while top >= SMALLEST and max(_width(line, font, top) for line in lines) > room:
            top -= 1
        if top < SMALLEST:
            names = tuple(n for n in names if n != font) or (fonts.PILLOW,)
            continue
        size = rng.randint(max(SMALLEST, min(18, top)), min(top, rng.choice((24, 28, 34, 44)) if top > 24 else top))
        picture = _place(rng, lines, font, size)
        cut = [_cut(line, x, font, size) for line, (x, _) in zip(lines, picture.starts, strict=True)]
        if all(len(text) <= CHARACTERS for columns in cut for text in columns.values()):
            return picture


def _place(rng: random.Random, lines: list[str], font: str, size: int) -> TextPicture:
    widest = max(_width(line, font, size) for line in lines)
    pitch = max(28.0, size * rng.uniform(1.15, 1.6))
    pitch = min(pitch, (cells.LONGEST - 2 * MARGIN - size) / max(1, len(lines) - 1)) if len(lines) > 1 else pitch
    tall = pitch * (len(lines) - 1) + size
    width = _room(rng, widest)
    height = _room(rng, tall)
    x = rng.uniform(MARGIN, width - MARGIN - widest)
    y = rng.uniform(MARGIN, height - MARGIN - tall) + 0.85 * size
    centred = rng.random() < 0.2
    starts = tuple(
        (round(x + ((widest - _width(line, font, size)) / 2 if centred else 0)), round(y + i * pitch))
        for i, line in enumerate(lines)
    )
    dark = rng.random() < 0.15
    paper, ink = rng.choice(DARK_PAPERS if dark else LIGHT_PAPERS), rng.choice(LIGHT_INKS if dark else DARK_INKS)
    return TextPicture(tuple(lines), width, height, font, size, starts, paper, ink)


def _room(rng: random.Random, pixels: float) -> int:
    """A side that is a multiple of CELL and holds so many pixels and two margins."""
    return min(cells.LONGEST, math.ceil((pixels + 2 * MARGIN) / CELL) * CELL + rng.choice((0, 0, 0, CELL)))
