"""A tool that makes a picture: a bar chart of a few labelled numbers."""

import io
import math

from PIL import Image, ImageDraw, ImageFont

from backend.tools.toolbox import ToolOutput

MAX_BARS = 12
WIDTH, HEIGHT, MARGIN, BASE = 448, 336, 24, 290  # pixels; BASE is where bars stand
COLOURS = ("#c94f04", "#2f6f9f", "#1a7f4b", "#8a6d3b")


def draw_chart(labels: list[str], values: list[float]) -> ToolOutput:
    """A bar for each label. Raises ValueError where they do not match or cannot be drawn."""
    if len(labels) != len(values) or not 1 <= len(labels) <= MAX_BARS:
        raise ValueError(f"give as many values as labels, from 1 to {MAX_BARS}")
    if not all(math.isfinite(value) and value >= 0 for value in values):
        raise ValueError("the values must be finite and not negative")
    picture = Image.new("RGB", (WIDTH, HEIGHT), "white")
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(size=15)
    step = (WIDTH - 2 * MARGIN) / len(labels)
    scale = (BASE - 2 * MARGIN) / (max(values) or 1)
    for number, (label, value) in enumerate(zip(labels, values, strict=True)):
        left = MARGIN + number * step + step * 0.15
        top = BASE - value * scale
        middle = left + step * 0.35
        pen.rectangle((left, top, left + step * 0.7, BASE), fill=COLOURS[number % len(COLOURS)])
        pen.text((middle, top - 12), f"{value:g}", fill="black", font=font, anchor="mm")
        pen.text((middle, BASE + 16), str(label)[:10], fill="black", font=font, anchor="mm")
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return ToolOutput(f"A bar chart of {len(labels)} values was drawn; it is shown to the user.", (buffer.getvalue(),))
