"""What is known of a document before its pages are drawn. Pure values."""

import math
from dataclasses import dataclass

from backend.documents.kinds import Kind

MAX_PAGES = 1_000  # whose sizes are told
MAX_EDGE = 4_000  # pixels of a page that is drawn


@dataclass(frozen=True)
class PageSize:
    """A page as it is seen, turned and cropped, in points of 1/72 inch."""

    width: float
    height: float


@dataclass(frozen=True)
class DocumentInfo:
    """What a file is: a PDF's pages, or how many characters the text of any other has.

    `pages` are the sizes of the first MAX_PAGES at most; `count` is how many there are.
    """

    kind: Kind
    pages: tuple[PageSize, ...] = ()
    count: int = 0
    text_length: int = 0


def pixels(size: PageSize, longest_edge: int) -> tuple[int, int]:
    """Width and height of the picture of a page of this size, whatever the size: its longest edge has so many pixels.

    At least 1 and at most MAX_EDGE.
    """
    edge = max(1, min(longest_edge, MAX_EDGE))
    width, height = (abs(side) if math.isfinite(side) else 0.0 for side in (size.width, size.height))
    scale = edge / max(width, height, 1e-9)
    return max(1, round(width * scale)), max(1, round(height * scale))
