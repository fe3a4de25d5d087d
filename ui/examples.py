"""The examples that an empty chat offers, each with the built-in tools that it needs."""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "assets" / "examples"


@dataclass(frozen=True)
class Example:
    """A question to begin with. `pictures` are file names in assets/examples."""

    text: str
    pictures: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()

    @property
    def paths(self) -> list[str]:
        """The pictures' paths."""
        return [str(FOLDER / name) for name in self.pictures]


EXAMPLES = (
    Example("Describe the image.", ("shapes.png",)),
    Example("Calculate the results for all the equations in the image.", ("equations.png",), ("my_calculator",)),
    Example("What can you do?"),
)
