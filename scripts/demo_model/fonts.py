"""The fonts that text pictures are set in, from Debian packages; nothing is bundled.

apt-get install fonts-dejavu fonts-liberation fonts-freefont-ttf fonts-open-sans fonts-roboto-unhinted fonts-urw-base35
fonts-cantarell fonts-noto-mono (training) and fonts-lato fonts-comic-neue fonts-inconsolata (only for evaluation).
"""

from functools import cache
from pathlib import Path

from PIL import ImageFont

FOLDER = Path("/usr/share/fonts")
SEEN = (
    "truetype/dejavu/DejaVuSans.ttf", "truetype/dejavu/DejaVuSans-Bold.ttf", "truetype/dejavu/DejaVuSansMono.ttf",
    "truetype/dejavu/DejaVuSerif.ttf", "truetype/dejavu/DejaVuSerif-Bold.ttf",
    "truetype/liberation/LiberationSans-Regular.ttf", "truetype/liberation/LiberationSans-Bold.ttf",
    "truetype/liberation/LiberationSerif-Regular.ttf", "truetype/liberation/LiberationMono-Regular.ttf",
    "truetype/liberation/LiberationMono-Bold.ttf", "truetype/freefont/FreeSans.ttf",
    "truetype/freefont/FreeSerifBold.ttf", "truetype/open-sans/OpenSans-Regular.ttf",
    "truetype/open-sans/OpenSans-Bold.ttf", "truetype/roboto/unhinted/RobotoTTF/Roboto-Regular.ttf",
    "truetype/roboto/unhinted/RobotoTTF/Roboto-Bold.ttf", "opentype/urw-base35/C059-Roman.otf",
    "opentype/urw-base35/P052-Bold.otf", "opentype/urw-base35/NimbusMonoPS-Bold.otf",
    "opentype/cantarell/Cantarell-Regular.otf", "opentype/cantarell/Cantarell-Bold.otf",
    "truetype/noto/NotoSansMono-Regular.ttf",
)  # fmt: skip
UNSEEN = (
    "truetype/lato/Lato-Regular.ttf", "truetype/lato/Lato-Bold.ttf", "opentype/comic-neue/ComicNeue-Bold.otf",
    "truetype/inconsolata/Inconsolata.otf",
)  # fmt: skip
PILLOW = "Pillow's own"  # the one font that is there on every machine, since a requirement brings it
LARGEST = 44  # pixels


@cache
def load(name: str, size: int) -> ImageFont.FreeTypeFont:
    """The font, `size` in pixels."""
    font = ImageFont.load_default(size) if name == PILLOW else ImageFont.truetype(str(FOLDER / name), size)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font


@cache
def advance(name: str, size: int, character: str) -> float:
    """How far a character moves the pen, in pixels."""
    return load(name, size).getlength(character)
