"""The colours that a file's numbers stand for -> sRGB, on white where the picture is transparent."""

import io
from typing import Final

import PIL.Image
from PIL import ImageCms

SRGB: Final = ImageCms.createProfile("sRGB")
SHRUNK_AS = {
    "LA": "La",
    "RGBA": "RGBa",
}  # colours weighed by how much they cover, or what is hidden would shine through


def even(image: PIL.Image.Image) -> PIL.Image.Image:
    """The picture with 8 bits a channel, in a mode that can be shrunk: L, LA, RGB, RGBA, CMYK or LAB."""
    if image.mode.startswith("I"):
        # 16-bit grey: Pillow's own way to 8 bits clips. Rounded, from 0..65535 to 0..255.
        return image.convert("I").point(lambda value: value * (1 / 257) + 0.5).convert("L")
    if image.mode == "F":  # from 0..1, as programs for photos write it, or from 0..255
        _, highest = image.getextrema()
        is_small = isinstance(highest, float) and highest <= 1
        return (image.point(lambda value: value * 255 + 0.5) if is_small else image).convert("L")
    if image.mode in ("La", "RGBa"):
        return image.convert({"La": "LA", "RGBa": "RGBA"}[image.mode])
    if image.mode in ("LA", "RGBA", "CMYK", "LAB"):
        return image
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def shrunk(picture: PIL.Image.Image, longest_edge: int) -> PIL.Image.Image:
    """The picture, of a mode that `even` gives, with no edge longer than this, in pixels."""
    if max(picture.size) <= longest_edge:
        return picture
    mode = picture.mode
    picture = picture.convert(SHRUNK_AS.get(mode, mode))
    picture.thumbnail((longest_edge, longest_edge), PIL.Image.Resampling.LANCZOS)
    return picture.convert(mode)


def rgb(picture: PIL.Image.Image, profile: bytes | None) -> PIL.Image.Image:
    """A new picture in sRGB, without metadata, of one of a mode that `even` gives. A profile that is broken, or of
    another kind of picture, is ignored.
    """
    canvas = PIL.Image.new("RGB", picture.size, "white")
    if picture.mode in SHRUNK_AS:
        opaque = _in_srgb(picture.convert(picture.mode[:-1]), profile)
        canvas.paste(opaque, mask=picture.getchannel("A"))
    else:
        canvas.paste(_in_srgb(picture, profile))
    return canvas


def _in_srgb(picture: PIL.Image.Image, profile: bytes | None) -> PIL.Image.Image:
    if not profile:
        return picture.convert("RGB")
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        transform = ImageCms.buildTransform(
            source, SRGB, picture.mode, "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )  # fmt: skip
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return picture.convert("RGB")
    return transform.apply(picture)
