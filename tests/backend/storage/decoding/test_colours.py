"""The colours of a picture: those that its profile says, as a browser on an ordinary display shows them.

The colours expected are worked out by hand, from the primaries, the curves and the matrix of sRGB at D50.
"""

import io
import struct
import zlib
from pathlib import Path

import PIL.Image
import pytest

from backend.storage.decoding import colours
from backend.storage.images import ImageStore
from tests.support.profiles import ADOBE_RGB, DISPLAY_P3, SRGB_CURVE, cmyk_profile, grey_profile, rgb_profile

WHITE = (255, 255, 255)
ADOBE, P3 = rgb_profile(ADOBE_RGB, (2.19921875,)), rgb_profile(DISPLAY_P3, SRGB_CURVE)
KINDS = ["PNG", "JPEG", "WEBP", "AVIF", "HEIF", "TIFF"]
Colour = tuple[int, ...]


def shown(
    tmp_path: Path, kind: str, mode: str, colour: Colour | int, profile: bytes | None, **options: object
) -> Colour:
    """What becomes of a picture of one colour, as the store keeps it."""
    buffer = io.BytesIO()
    named = {"quality": 100, "subsampling": 0} if kind == "JPEG" else {"lossless": True} if kind == "WEBP" else {}
    PIL.Image.new(mode, (64, 64), colour).save(buffer, kind, icc_profile=profile, **named, **options)
    with PIL.Image.open(ImageStore(tmp_path / "store").take_bytes(buffer.getvalue(), "").path) as kept:
        assert kept.mode == "RGB"
        found = kept.getpixel((30, 30))
    assert isinstance(found, tuple)
    return found


def near(found: Colour, expected: Colour, most: int = 6) -> bool:
    return max(abs(a - b) for a, b in zip(found, expected, strict=True)) <= most


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("profile", "expected"), [(ADOBE, (66, 151, 97)), (P3, (83, 152, 95)), (None, (100, 150, 100))]
)
def test_a_photo_has_the_colours_of_its_profile(
    tmp_path: Path, kind: str, profile: bytes | None, expected: Colour
) -> None:
    found = shown(tmp_path, kind, "RGB", (100, 150, 100), profile)
    assert near(found, expected), found


def test_a_press_has_the_colours_of_its_inks(tmp_path: Path) -> None:
    cyan = (255, 0, 0, 0)
    for kind in ("JPEG", "TIFF"):
        assert near(shown(tmp_path, kind, "CMYK", cyan, cmyk_profile()), (0, 167, 235), 12)
        assert near(shown(tmp_path, kind, "CMYK", (0, 0, 0, 0), cmyk_profile()), WHITE)
        assert near(shown(tmp_path, kind, "CMYK", cyan, None), (0, 255, 255))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_grey_has_the_lightness_of_its_profile(tmp_path: Path, kind: str) -> None:
    assert near(shown(tmp_path, kind, "L", 128, grey_profile(1.0)), (188, 188, 188), 2)
    assert near(shown(tmp_path, kind, "L", 128, None), (128, 128, 128), 1)


def test_lab_of_a_tiff_is_shown_in_its_colours(tmp_path: Path) -> None:
    red = (round(54.3 * 2.55), 81 + 128, 70 + 128)  # of sRGB, at D50
    assert near(shown(tmp_path, "TIFF", "LAB", red, None), (255, 0, 0), 12)


def test_what_is_transparent_is_white_whatever_the_profile(tmp_path: Path) -> None:
    assert shown(tmp_path, "PNG", "RGBA", (100, 150, 100, 0), ADOBE) == WHITE
    assert near(shown(tmp_path, "PNG", "RGBA", (100, 150, 100, 255), ADOBE), (66, 151, 97), 1)
    assert near(shown(tmp_path, "PNG", "LA", (128, 128), grey_profile(1.0)), (221, 221, 221), 2)


@pytest.mark.parametrize(
    "profile",
    [b"x", b"profile" * 400, ADOBE[:200], ADOBE[:132] + b"\xff" * 300, grey_profile(1.0), cmyk_profile()],
    ids=["one byte", "nonsense", "cut off", "broken", "of grey", "of a press"],
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_profile_that_is_broken_or_of_another_kind_of_picture_is_ignored(
    tmp_path: Path, kind: str, profile: bytes
) -> None:
    assert near(shown(tmp_path, kind, "RGB", (100, 150, 100), profile), (100, 150, 100))


def test_an_endless_profile_is_ignored(tmp_path: Path) -> None:
    assert near(shown(tmp_path, "TIFF", "RGB", (100, 150, 100), ADOBE + bytes(6_000_000)), (100, 150, 100))
    chunk = b"iCCPp\0\0" + zlib.compress(ADOBE + bytes(6_000_000))
    buffer = io.BytesIO()
    PIL.Image.new("RGB", (8, 8), (100, 150, 100)).save(buffer, "PNG")
    data = buffer.getvalue()
    data = data[:33] + struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) + data[33:]
    with PIL.Image.open(ImageStore(tmp_path / "store").take_bytes(data, "").path) as kept:
        assert kept.getpixel((0, 0)) == (100, 150, 100)


def test_a_profile_survives_shrinking_and_a_turn(tmp_path: Path) -> None:
    buffer, exif = io.BytesIO(), PIL.Image.Exif()
    exif[0x0112] = 6
    PIL.Image.new("RGB", (4000, 2000), (100, 150, 100)).save(buffer, "JPEG", icc_profile=ADOBE, exif=exif)
    image = ImageStore(tmp_path / "store").take_bytes(buffer.getvalue(), "")
    assert (image.width, image.height) == (770, 1540)
    with PIL.Image.open(image.path) as kept:
        found = kept.getpixel((300, 300))
    assert isinstance(found, tuple)
    assert near(found, (66, 151, 97))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA", "RGBa", "La", "I", "I;16", "CMYK", "P", "L", "1", "YCbCr", "F"])
def test_every_mode_that_a_decoder_gives_becomes_rgb(mode: str) -> None:
    """HEIC decoders give La and RGBa, from which Pillow has no way to RGB."""
    white = PIL.Image.new("L", (2, 2), 255).convert("RGB")
    grey16 = PIL.Image.new(mode, (2, 2), 65535) if mode.startswith("I") else None
    through = {"La": "LA", "RGBa": "RGBA", "PA": "P"}.get(mode, mode)
    image = grey16 or white.convert(through).convert(mode)
    assert colours.rgb(colours.even(image), None).getpixel((0, 0)) == WHITE


def test_what_is_hidden_does_not_shine_through_a_picture_that_is_shrunk() -> None:
    picture = PIL.Image.new("RGBA", (4000, 10), (255, 0, 0, 0))
    picture.paste((0, 0, 255, 255), (1000, 0, 4000, 10))
    found = colours.rgb(colours.shrunk(colours.even(picture), 100), None).getpixel((25, 0))
    assert isinstance(found, tuple)
    assert found[1] >= found[0] - 1
