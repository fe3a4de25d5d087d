"""Draws the pictures in assets/examples. Run: python scripts/make_examples.py"""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FOLDER = Path(__file__).resolve().parent.parent / "assets" / "examples"


def shapes() -> Image.Image:
    """A red circle and a blue square on white, 224 x 224."""
    picture = Image.new("RGB", (224, 224), "white")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((24, 70, 94, 140), fill=(220, 30, 30))
    draw.rectangle((130, 80, 196, 146), fill=(30, 60, 220))
    return picture


def equations() -> Image.Image:
    """Two equations, one a line, 224 x 112."""
    picture = Image.new("RGB", (224, 112), "white")
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size=30)
    draw.text((16, 12), "4 + 5 =", fill="black", font=font)
    draw.text((16, 62), "7 - 3 =", fill="black", font=font)
    return picture


if __name__ == "__main__":
    shapes().save(FOLDER / "shapes.png")
    equations().save(FOLDER / "equations.png")
