"""Pictures are turned as Pillow would turn them, whatever program wrote how they lie."""

import io
import struct

import PIL.Image
import PIL.ImageOps
import pytest
from PIL.PngImagePlugin import PngInfo

from backend.storage.decoding.orientation import turn

XMP = b'<x:xmpmeta><rdf:Description tiff:Orientation="8"/><tiff:Orientation>3</tiff:Orientation></x:xmpmeta>'


def exif(order: str = "<", kind: int = 3, orientation: int = 6, start: int = 8) -> bytes:
    """Exif data of a maker's tag and an orientation, as a whole number of this kind."""
    entries = struct.pack(f"{order}HHII", 0x010F, 2, 4, 0)
    value = struct.pack(f"{order}I" if kind == 4 else f"{order}Hxx", orientation)
    entries += struct.pack(f"{order}HHI", 0x0112, kind, 1) + value
    head = struct.pack(f"{order}2sHI", b"II" if order == "<" else b"MM", 42, start)
    return head + bytes(start - 8) + struct.pack(f"{order}H", 2) + entries + bytes(4)


def raw_profile(data: bytes) -> PngInfo:
    """As ImageMagick writes Exif data into a PNG."""
    text = PngInfo()
    text.add_text("Raw profile type exif", f"\nexif\n{len(data):8}\n{data.hex()}")
    return text


def xmp_text() -> PngInfo:
    text = PngInfo()
    text.add_itxt("XML:com.adobe.xmp", XMP.decode())
    return text


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {"exif": exif()}),
        ("PNG", {"exif": exif(">")}),
        ("PNG", {"exif": exif("<", 4)}),
        ("PNG", {"exif": exif(">", 4)}),
        ("PNG", {"exif": exif(start=100)}),
        ("PNG", {"exif": exif(orientation=9)}),
        ("PNG", {"exif": exif(orientation=1), "pnginfo": xmp_text()}),
        ("PNG", {"pnginfo": raw_profile(exif())}),
        ("PNG", {"pnginfo": raw_profile(b"Exif\0\0" + exif(">"))}),
        ("PNG", {"pnginfo": xmp_text()}),
        ("JPEG", {"exif": b"Exif\0\0" + exif(), "quality": 100}),
        ("JPEG", {"xmp": XMP, "quality": 100}),
        ("WEBP", {"exif": exif(">"), "lossless": True}),
        ("WEBP", {"xmp": XMP, "lossless": True}),
        ("AVIF", {"exif": exif(), "quality": 100}),
        ("PNG", {}),
    ],
)
def test_a_picture_is_turned_as_pillow_turns_it(kind: str, options: dict[str, object]) -> None:
    picture, file = PIL.Image.new("RGB", (24, 8), "red"), io.BytesIO()
    picture.paste("blue", (0, 0, 12, 4))
    picture.save(file, kind, **options)
    with PIL.Image.open(file) as image:
        image.load()
        due = turn(image.info)
        turned = image if due is None else image.transpose(due)
        assert turned.tobytes() == PIL.ImageOps.exif_transpose(image).tobytes()
    assert (due is None) == (not options or "orientation=9" in str(options) or turned.tobytes() == image.tobytes())


@pytest.mark.parametrize(
    "info",
    [
        {"exif": exif(start=100)[:-20]},
        {"exif": b"II*\0\xff\xff\xff\xff"},
        {"exif": exif(kind=2)},
        {"exif": b"Exif\0\0nonsense"},
        {"Raw profile type exif": "\nexif\n 4\nno digits"},
        {"Raw profile type exif": "one line"},
        {},
    ],
)
def test_what_cannot_be_read_turns_nothing(info: dict[str | tuple[int, int], object]) -> None:
    assert turn(info) is None
