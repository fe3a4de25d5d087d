"""JPEG files without what stands beside their pixels, for which no picture is refused, and with an end in any case.

The markers are those of annex B of https://www.w3.org/Graphics/JPEG/itu-t81.pdf; a colour profile's parts as in annex
B.4 of https://www.color.org/specification/ICC.1-2022-05.pdf.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

START, END, SCAN = b"\xff\xd8", b"\xff\xd9", 0xDA
APP0, EXIF, PROFILE, ADOBE, LAST_APP, COMMENT = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF, 0xFE
LONGEST_SEGMENT, TABLE = 65_540, re.compile(rb"\xff[\xc4\xda\xdb\xdd]")
EXIF_MARK, XMP_MARK, PROFILE_MARK = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"ICC_PROFILE\0"


@dataclass(frozen=True)
class Plain:
    """A file without its metadata, and what of them says how its pixels are shown, as Pillow would name it."""

    data: bytes
    info: dict[str | tuple[int, int], bytes]


def plain(data: bytes) -> Plain:
    """The file's picture alone. A file that is cut off in its pixels has an end: the decoder shows what there is.

    Anything else than a JPEG file stays as it is.
    """
    if not data.startswith(START):
        return Plain(data, {})
    kept, info, parts, rest = [START], dict[str | tuple[int, int], bytes](), dict[int, bytes](), len(START)
    for kind, whole, content, end in _segments(data):
        rest = end
        if kind == EXIF and content.startswith(EXIF_MARK):
            info.setdefault("exif", content)
        elif kind == EXIF and content.startswith(XMP_MARK):
            info.setdefault("xmp", content.removeprefix(XMP_MARK))
        elif kind == PROFILE and content.startswith(PROFILE_MARK):
            parts.setdefault(content[len(PROFILE_MARK)] if len(content) > len(PROFILE_MARK) else 0, content[14:])
        elif _says_how_pixels_are_stored(kind, content):
            kept.append(whole)
    if parts:
        info["icc_profile"] = b"".join(part for _, part in sorted(parts.items()))
    return Plain(b"".join((*kept, _without_half_a_segment(data[rest:]), END)), info)


def _without_half_a_segment(scans: bytes) -> bytes:
    """The scans, and if they have no end nor that of a segment between two of them, without its beginning."""
    tail = max(0, len(scans) - LONGEST_SEGMENT)
    if scans.find(END, tail) == -1:
        for found in TABLE.finditer(scans, tail):
            if found.end() + int.from_bytes(scans[found.end() : found.end() + 2], "big") > len(scans):
                return scans[: found.start()]
    return scans


def _segments(data: bytes) -> Iterator[tuple[int, bytes, bytes, int]]:
    """Each segment before the first scan: its kind, its bytes, its content, and where it ends."""
    at = len(START)
    while at + 4 <= len(data) and data[at] == 0xFF:
        kind = data[at + 1]
        if kind == 0xFF:  # a fill byte
            at += 1
            continue
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if kind == SCAN or end < at + 4 or end > len(data):
            return
        yield kind, data[at:end], data[at + 4 : end], end
        at = end


def _says_how_pixels_are_stored(kind: int, content: bytes) -> bool:
    if kind == APP0:
        return content.startswith(b"JFIF\0")
    if kind == ADOBE:
        return content.startswith(b"Adobe")
    return not (APP0 <= kind <= LAST_APP or kind == COMMENT)
