"""JPEG files that are cut off, or have broken or endless notes beside their pixels: what there is of them is shown."""

import io
import struct
from pathlib import Path

import PIL.Image
import pytest

from backend.chat.errors import ImageRefused
from backend.storage.images import ImageStore

RED, BLUE = (255, 0, 0), (0, 0, 255)


def photo(**options: object) -> bytes:
    """Red above, blue below."""
    picture, buffer = PIL.Image.new("RGB", (320, 320), RED), io.BytesIO()
    picture.paste(BLUE, (0, 160, 320, 320))
    picture.save(buffer, "JPEG", quality=95, **options)
    return buffer.getvalue()


def kept(tmp_path: Path, data: bytes) -> PIL.Image.Image:
    picture = PIL.Image.open(ImageStore(tmp_path / "store").take_bytes(data, "photo.jpg").path)
    picture.load()
    return picture


def is_near(found: object, expected: tuple[int, int, int]) -> bool:
    return isinstance(found, tuple) and max(abs(a - b) for a, b in zip(found, expected, strict=True)) < 20


def segment(kind: int, content: bytes) -> bytes:
    return bytes((0xFF, kind)) + struct.pack(">H", len(content) + 2) + content


@pytest.mark.parametrize("progressive", [False, True], ids=["row by row", "scan by scan"])
@pytest.mark.parametrize("missing", [1, 2, 3, 40])
def test_a_jpeg_without_its_last_bytes_is_shown(tmp_path: Path, progressive: bool, missing: int) -> None:
    picture = kept(tmp_path, photo(progressive=progressive)[:-missing])
    assert picture.size == (320, 320)
    assert is_near(picture.getpixel((10, 10)), RED)


def test_a_jpeg_is_shown_as_far_as_it_goes(tmp_path: Path) -> None:
    data = photo()
    start = data.index(b"\xff\xda")
    picture = kept(tmp_path, data[: start + (len(data) - start) * 3 // 4])
    assert is_near(picture.getpixel((10, 10)), RED)
    assert is_near(picture.getpixel((10, 200)), BLUE)


def test_a_jpeg_that_ends_before_its_pixels_is_refused(tmp_path: Path) -> None:
    data = photo()
    with pytest.raises(ImageRefused, match="is damaged or incomplete"):
        kept(tmp_path, data[: data.index(b"\xff\xda")])


@pytest.mark.parametrize(
    "notes",
    [
        segment(0xE1, b"Exif\0\0nonsense"),
        segment(0xE1, b"Exif\0\0II*\0" + b"\xff" * 60),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta"),
        segment(0xE2, b"ICC_PROFILE\0"),
        segment(0xE2, b"ICC_PROFILE\0\7\2nothing"),
        segment(0xE2, b"MPF\0nonsense"),
        segment(0xE2, b"MPF\0II*\0\x08\0\0\0" + b"\xff" * 40),
        segment(0xED, b"Photoshop 3.0\x008BIM\x03\xed\0\0\0\0\0\1x"),
        segment(0xE0, b"JFXX\0") + segment(0xEE, b"Ado") + segment(0xFE, b"\xff" * 65_000) * 40,
    ],
    ids=[
        "exif",
        "its directory",
        "xmp",
        "no profile",
        "half a profile",
        "pages",
        "broken pages",
        "photoshop",
        "others",
    ],
)
def test_no_note_beside_the_pixels_has_a_jpeg_refused(tmp_path: Path, notes: bytes) -> None:
    data = photo()
    assert is_near(kept(tmp_path, data[:2] + notes + data[2:]).getpixel((10, 10)), RED)
