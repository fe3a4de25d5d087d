"""Draws the app's icons as assets/icons/icon.svg has them, and what is shown of a link to the app, into that folder.

Run: python scripts/make_icons.py (needs Debian's fonts-dejavu).
"""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans{}.ttf"
FOLDER = Path(__file__).resolve().parent.parent / "assets" / "icons"
ORANGE, CREAM, INK, DIM = "#d4570f", "#fffdf9", "#26211d", "#665d55"
SIZES = (180, 192, 512)
FINER = 4  # than what is kept, for smooth edges


def icon(size: int, round_by: int = 0) -> Image.Image:
    """The icon in a square of this size; phones round its corners themselves."""
    scale = size * FINER / 512
    picture = Image.new("RGBA", (size * FINER, size * FINER))
    draw = ImageDraw.Draw(picture)

    def scaled(*numbers: float) -> list[float]:
        return [number * scale for number in numbers]

    draw.rounded_rectangle(scaled(0, 0, 512, 512), round_by * scale, ORANGE)
    draw.rounded_rectangle(scaled(96, 120, 416, 368), 56 * scale, CREAM)
    draw.polygon(scaled(168, 350, 168, 436, 252, 368, 252, 350), CREAM)
    points = [(174, 300), (174, 196), (198, 196), (256, 262), (314, 196), (338, 196), (338, 300)]
    draw.line([(x * scale, y * scale) for x, y in points], ORANGE, round(32 * scale), joint="curve")
    for x, y in points:
        draw.ellipse(scaled(x - 16, y - 16, x + 16, y + 16), ORANGE)
    return picture.resize((size, size), Image.Resampling.LANCZOS)


def preview() -> Image.Image:
    """1200 x 630, as messengers show it beside a link."""
    picture = Image.new("RGB", (1200, 630), CREAM)
    shown = icon(220, round_by=112)
    picture.paste(shown, (110, 205), shown)
    draw = ImageDraw.Draw(picture)
    draw.text((390, 300), "Mistral Small 3.2", INK, ImageFont.truetype(FONT.format("-Bold"), 72), anchor="ls")
    draw.text((392, 372), "Chat with text, images and tools", DIM, ImageFont.truetype(FONT.format(""), 40), anchor="ls")
    draw.rectangle((0, 614, 1200, 630), ORANGE)
    return picture


def main() -> None:
    for size in SIZES:
        icon(size).convert("RGB").quantize(32).save(FOLDER / f"icon-{size}.png", optimize=True)
    preview().quantize(64).save(FOLDER / "preview.png", optimize=True)


if __name__ == "__main__":
    main()
