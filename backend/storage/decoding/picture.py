"""A picture file, as an upload has it -> its pixels, upright, in sRGB and no larger than asked for."""

import io
import struct

import PIL.Image
import pillow_heif

from backend.chat.errors import ImageRefused
from backend.chat.regions import Region
from backend.storage.decoding import colours, tiff
from backend.storage.decoding.jpeg import START, plain
from backend.storage.decoding.orientation import turn
from backend.storage.decoding.png import without_texts

LONGEST_EDGE = 1540  # pixels: the model sees no more
MAX_PIXELS = 50_000_000
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "AVIF", "HEIF", "BMP", "TIFF")
KINDS = "PNG, JPEG, WebP, GIF, HEIC, AVIF, BMP or TIFF"

pillow_heif.register_heif_opener()


def decoded(data: bytes, label: str, longest_edge: int, region: Region | None = None) -> tuple[PIL.Image.Image, int]:
    """The picture of a file's bytes, in RGB, of an animation or of several pages the first, and how many pixels it had.

    A region is cut from it at full size, before it is shrunk. Raises ImageRefused, which calls the file by its label.
    """
    try:
        file = plain(tiff.first_page(without_texts(data)))
        with PIL.Image.open(io.BytesIO(file.data), formats=FORMATS) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise _too_many_pixels(label)
            if region is None:
                image.draft(
                    None, (LONGEST_EDGE, LONGEST_EDGE)
                )  # decodes a large JPEG at a half or a quarter of its size
            image.load()
            info = {**image.info, **file.info}
            upright = _upright(image, turn(info))
            part = upright if region is None else upright.crop(region.pixels(*upright.size))
            picture = colours.shrunk(colours.even(part), min(longest_edge, LONGEST_EDGE))
            return colours.rgb(picture, info.get("icc_profile")), width * height
    except (PIL.Image.DecompressionBombError, PIL.Image.DecompressionBombWarning) as error:
        raise _too_many_pixels(label) from error
    except (PIL.UnidentifiedImageError, tiff.Unfit) as error:
        if data[:4] in tiff.STARTS:
            raise ImageRefused(f"{label} is a kind of TIFF that can't be opened. Save it as a PNG.") from error
        if data.startswith(START):
            raise _damaged(label) from error
        raise ImageRefused(f"{label} isn't a valid image. Use {KINDS}.") from error
    except (OSError, SyntaxError, ValueError, EOFError, RuntimeError, struct.error) as error:  # of HEIC, AVIF, TIFF
        raise _damaged(label) from error


def _upright(image: PIL.Image.Image, due: PIL.Image.Transpose | None) -> PIL.Image.Image:
    return image if due is None else image.transpose(due)


def _damaged(label: str) -> ImageRefused:
    return ImageRefused(f"{label} is damaged or incomplete. Save it again, then upload it.")


def _too_many_pixels(label: str) -> ImageRefused:
    return ImageRefused(f"{label} has more than {MAX_PIXELS // 1_000_000} megapixels. Use a smaller copy.")
