"""Notes beside the pixels of a PNG that are broken: the picture is shown."""

import io
import struct
import zlib
from pathlib import Path

import PIL.Image
import pytest

from backend.storage.images import ImageStore

RED = (255, 0, 0)


def chunk(kind: bytes, content: bytes, checksum: int | None = None) -> bytes:
    right = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", right if checksum is None else checksum)


@pytest.mark.parametrize(
    "notes",
    [
        chunk(b"tEXt", b"parameters\0a castle", 1),
        chunk(b"eXIf", b"II*\0" + b"\xff" * 30, 1),
        chunk(b"eXIf", b"nonsense"),
        chunk(b"gAMA", b"\0"),
        chunk(b"gAMA", b"\0\0\xb1\x8f", 1),
        chunk(b"tIME", b"", 1) + chunk(b"pHYs", b"\1"),
        chunk(b"iCCP", b"profile\0\0nothing that was packed"),
        chunk(b"iCCP", b"profile\0\0" + zlib.compress(b"x"), 1),
        chunk(b"acTL", b"\0"),
    ],
)
def test_no_note_beside_the_pixels_has_a_png_refused(tmp_path: Path, notes: bytes) -> None:
    buffer = io.BytesIO()
    PIL.Image.new("RGB", (8, 8), RED).save(buffer, "PNG")
    data = buffer.getvalue()
    image = ImageStore(tmp_path / "store").take_bytes(data[:33] + notes + data[33:], "photo.png")
    with PIL.Image.open(image.path) as kept:
        assert kept.getpixel((3, 3)) == RED
