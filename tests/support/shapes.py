"""Pictures of one shape each, as the demo model names them, and a schema in which it can answer what they show."""

import json
from pathlib import Path

from PIL import Image, ImageDraw

COLOURS = {"red": (210, 40, 40), "blue": (40, 80, 210)}
SHAPES = ("red circle", "red square", "red triangle", "blue circle", "blue square")
QUESTION = "What is in this picture?"
# The demo model keeps to its own sentence, of which it was trained on thousands; several fields are beyond it.
SHOWN = {shape: f"The image shows a {shape}." for shape in SHAPES}
SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {"shows": {"type": "string", "enum": list(SHOWN.values())}},
        "required": ["shows"],
        "additionalProperties": False,
    }
)


def draw(shape: str, path: Path) -> Path:
    """Writes the picture of such a shape, as "red circle", and gives its path."""
    colour, form = shape.split()
    picture = Image.new("RGB", (112, 112), "white")
    pen = ImageDraw.Draw(picture)
    match form:
        case "circle":
            pen.ellipse((30, 30, 82, 82), fill=COLOURS[colour])
        case "square":
            pen.rectangle((30, 30, 82, 82), fill=COLOURS[colour])
        case "triangle":
            pen.polygon([(56, 28), (28, 84), (84, 84)], fill=COLOURS[colour])
    picture.save(path)
    return path


def draw_all(folder: Path) -> list[Path]:
    """All five, as `1 red circle.png` and so on."""
    return [draw(shape, folder / f"{number} {shape}.png") for number, shape in enumerate(SHAPES, 1)]
