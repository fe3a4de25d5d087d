"""What one 28-pixel cell of a picture holds, as class labels, and the fixed vectors that stand for them.

A cell has ten slots: four characters, the place in a line, a shape's colour, kind, column and row, and of a line whether it
is an equation of numbers.
The codebook turns labels into the vector that the projector shall put out for the cell, so that
the decoder can be taught on labels alone while the tower learns to see.
"""

import numpy as np
import torch
from torch import Tensor

CELL = 28  # pixels: patch 14, merged 2 x 2
LONGEST = 224  # pixels, the tokenizer's longest edge

ALPHABET = " 0123456789+-*/()=.,?!:×÷abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
CHARACTERS = 4  # character slots of a cell
COLOURS = ("red", "blue", "green", "yellow", "orange", "purple", "pink", "black")
SHAPES = ("circle", "square", "triangle", "star", "diamond", "cross")
LINE, COLOUR, SHAPE, COLUMN, ROW, USE = 4, 5, 6, 7, 8, 9
LINE_MIDDLE, LINE_FIRST, LINE_LAST, LINE_ONLY = 1, 2, 3, 4
PART, ALONE, LOW, MIDDLE, HIGH = 1, 2, 3, 4, 5  # COLUMN: low is left; ROW: low is top; PART in COLUMN only
TO_CALCULATE, TO_READ = 1, 2  # USE

CLASSES = (*[len(ALPHABET) + 1] * CHARACTERS, 5, len(COLOURS) + 1, len(SHAPES) + 1, 6, 6, 3)
SLOTS = len(CLASSES)
STARTS = tuple(int(n) for n in np.cumsum((0, *CLASSES)))


def blank(width: int, height: int) -> np.ndarray:
    """Labels of an empty picture: int64 [rows, columns, SLOTS], 0 is "nothing" in every slot."""
    return np.zeros((height // CELL, width // CELL, SLOTS), dtype=np.int64)


def codebook(size: int, scale: float = 0.5) -> Tensor:
    """Fixed random codes [sum(CLASSES), size]; the code of "nothing" is zero. The same for every run."""
    codes = torch.randn(STARTS[-1], size, generator=torch.Generator().manual_seed(7))
    codes = codes / codes.norm(dim=1, keepdim=True) * scale
    codes[list(STARTS[:-1])] = 0.0
    return codes


def ideal(labels: Tensor, codes: Tensor) -> Tensor:
    """The vectors [..., size] that stand for labels [..., SLOTS]."""
    return codes[labels + torch.tensor(STARTS[:-1], device=labels.device)].sum(-2)
