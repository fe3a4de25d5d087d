"""Draws the pictures in assets/examples. Run: python scripts/make_examples.py (needs Debian's fonts-dejavu)."""

import math
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
FOLDER = Path(__file__).resolve().parent.parent / "assets" / "examples"


def shapes() -> Image.Image:
    """A red circle, a blue square and a green star side by side, 224 x 84."""
    picture = Image.new("RGB", (672, 252), "white")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((42, 57, 180, 195), fill=(214, 40, 40))
    draw.rectangle((276, 66, 396, 186), fill=(38, 84, 214))
    points = [(84 if i % 2 == 0 else 35, i * math.pi / 5) for i in range(10)]
    draw.polygon([(560 + r * math.sin(a), 132 - r * math.cos(a)) for r, a in points], fill=(34, 150, 60))
    return picture.reduce(3)


def equations() -> Image.Image:
    """Three equations, one a line, the last with a letter, 196 x 112."""
    picture = Image.new("RGB", (196, 112), "white")
    draw = ImageDraw.Draw(picture)
    font = ImageFont.truetype(FONT, 24)
    for row, text in enumerate(("6 + 2 * 3", "19 - 8", "5 + x")):
        draw.text((14, 26 + 34 * row), text, fill="black", font=font, anchor="ls")
    return picture


def crossing() -> Image.Image:
    """A road from above with a zebra crossing, a red light, a car that comes and a person who waits, 448 x 336."""
    picture = Image.new("RGB", (448, 336), "#cfe3c3")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 110, 448, 230), fill="#5b5e66")
    for x in range(10, 448, 48):
        if not 190 < x < 290:
            draw.rectangle((x, 167, x + 24, 172), fill="white")
    for x in range(200, 290, 18):
        draw.rectangle((x, 112, x + 9, 228), fill="white")
    draw.rounded_rectangle((40, 182, 130, 222), 10, fill="#2457c5")
    draw.rectangle((95, 188, 118, 216), fill="#bcd3ff")
    draw.rectangle((306, 40, 330, 106), fill="#222222")
    for y, colour in ((46, "#e02424"), (67, "#4a4020"), (88, "#1c3b24")):
        draw.ellipse((311, y, 325, y + 14), fill=colour)
    draw.ellipse((238, 246, 258, 266), fill="#e8b48c")
    draw.rounded_rectangle((233, 266, 263, 308), 8, fill="#b3382c")
    font = ImageFont.load_default(size=16)
    draw.text((52, 158), "30 km/h", fill="white", font=font)
    draw.text((270, 280), "You are here", fill="black", font=font)
    return picture


if __name__ == "__main__":
    shapes().save(FOLDER / "shapes.png")
    equations().save(FOLDER / "equations.png")
    crossing().save(FOLDER / "crossing.png")
