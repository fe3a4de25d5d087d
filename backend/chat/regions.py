"""A part of a picture, in thousandths of it as it is seen. Pure values; imports nothing of ours."""

from dataclasses import dataclass

WHOLE = 1000


@dataclass(frozen=True)
class Region:
    """Its sides in thousandths of the upright picture, from the upper left: 0 to 1000, as far as it lies within."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def within(self) -> "Region":
        """As much of it as lies in the picture."""
        return Region(*(min(max(side, 0), WHOLE) for side in (self.left, self.top, self.right, self.bottom)))

    @property
    def is_empty(self) -> bool:
        """Whether none of it lies in the picture, or its sides are the wrong way round, or no numbers."""
        part = self.within
        return not (part.left < part.right and part.top < part.bottom)

    def pixels(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Its sides in pixels of a picture of this size: whatever of it is touched, and one pixel at least."""
        part = self.within
        left, top = int(part.left * width / WHOLE), int(part.top * height / WHOLE)
        right, bottom = -int(-part.right * width // WHOLE), -int(-part.bottom * height // WHOLE)
        left, top = min(left, width - 1), min(top, height - 1)
        return left, top, max(right, left + 1), max(bottom, top + 1)
