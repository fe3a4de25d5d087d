"""How a picture has to be turned to stand upright, as its Exif or XMP data says.

Pillow's own `exif_transpose` reads every tag of the Exif data, and 2,500 tags can share the same megabyte.
"""

import re
import struct
from collections.abc import Mapping
from typing import Any

from PIL.Image import Transpose

TAG, SHORT, LONG = 0x0112, 3, 4
ENTRY = 12  # bytes
ORDERS = {b"II": "<", b"MM": ">"}
XMP = r'tiff:Orientation(="|>)([1-8])'
TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}


def turn(info: Mapping[str | tuple[int, int], Any]) -> Transpose | None:
    """The turn that is due; None where there is none, or where the data cannot be read. `info` is an image's own."""
    orientation = _of_exif(_exif(info))
    return TURNS.get(_of_xmp(info) if orientation is None else orientation)


def _exif(info: Mapping[str | tuple[int, int], Any]) -> bytes:
    exif = info.get("exif")
    if exif is None:  # some programs write it into a PNG as text: three lines, then hexadecimal digits
        lines = str(info.get("Raw profile type exif", "")).split("\n")
        try:
            exif = bytes.fromhex("".join(lines[3:]))
        except ValueError:
            return b""
    return bytes(exif)


def _of_exif(exif: bytes) -> int | None:
    """The tag's value in the first directory of Exif data. https://www.cipa.jp/std/documents/download_e.html?DC-008"""
    tiff = exif.removeprefix(b"Exif\0\0")
    order = ORDERS.get(tiff[:2])
    if order is None:
        return None
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
        for entry in range(start + 2, start + 2 + count * ENTRY, ENTRY):
            tag, kind = struct.unpack_from(f"{order}HH", tiff, entry)
            if tag == TAG:
                value: int = struct.unpack_from({SHORT: f"{order}H", LONG: f"{order}I"}[kind], tiff, entry + 8)[0]
                return value
    except (struct.error, KeyError):  # cut off, or no number
        pass
    return None


def _of_xmp(info: Mapping[str | tuple[int, int], Any]) -> int:
    xmp = info.get("XML:com.adobe.xmp") or info.get("xmp") or ""
    found = re.search(XMP, xmp if isinstance(xmp, str) else bytes(xmp).decode("latin-1"))
    return int(found[2]) if found else 1
