"""PNG files without what stands beside their pixels, such as texts of millions of characters: how a picture was made.

Pillow takes a long text, a large colour profile or a wrong checksum there for damage, and unpacks all of them.
https://www.w3.org/TR/png-3/
"""

import struct
import zlib
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
HEAD = struct.Struct(">I4s")  # of a chunk: the length of its content, and its kind
CHECKSUM = 4  # bytes after the content
ANCILLARY = 0x20  # of the first letter of a kind: pixels can be read without it
TRANSPARENCY = b"tRNS"
TEXTS, EXIF, PROFILE = (b"tEXt", b"zTXt", b"iTXt"), b"eXIf", b"iCCP"
# Texts that may say how the picture is turned.
TURNING = (b"Raw profile type exif", b"XML:com.adobe.xmp")
LONGEST = 500_000  # bytes of such a text, and of a colour profile


def without_texts(data: bytes) -> bytes:
    """The file without them, but for the first of each that says how the picture is turned, and its colour profile.

    Anything else than a PNG file stays as it is.
    """
    return b"".join((SIGNATURE, *_kept(memoryview(data)))) if data.startswith(SIGNATURE) else data


def _kept(data: memoryview) -> Iterator[memoryview]:
    found, at, begun = set[bytes](), len(SIGNATURE), len(SIGNATURE)
    while at + HEAD.size <= len(data):
        length, kind = HEAD.unpack_from(data, at)
        end = at + HEAD.size + length + CHECKSUM
        if kind[0] & ANCILLARY and kind != TRANSPARENCY:
            use = _use(kind, data[at + HEAD.size : end])
            if not use or use in found:
                yield data[begun:at]
                begun = end
            found.add(use)
        at = end
    yield data[begun:]


def _use(kind: bytes, chunk: memoryview) -> bytes:
    """What the content of a chunk, with its checksum, is good for; nothing, b"", where it is of no use or broken."""
    if kind not in (*TEXTS, EXIF, PROFILE):
        return b""
    content = bytes(chunk[:-CHECKSUM])
    if zlib.crc32(kind + content).to_bytes(CHECKSUM, "big") != chunk[-CHECKSUM:]:
        return b""
    if kind == EXIF:
        return kind
    use = kind if kind == PROFILE else content[:80].partition(b"\0")[0]
    return use if use in (PROFILE, *TURNING) and _is_short(kind, content) else b""


def _is_short(kind: bytes, content: bytes) -> bool:
    """Whether a text or a profile, unpacked as far as is needed to tell, is no longer than LONGEST."""
    text = content.partition(b"\0")[2]
    if kind == b"tEXt" or (kind == b"iTXt" and text[:1] != b"\1"):
        return len(text) <= LONGEST
    packed = text[2:].split(b"\0", 2)[-1] if kind == b"iTXt" else text[1:]
    unpacking = zlib.decompressobj()
    try:
        unpacking.decompress(packed, LONGEST)
    except zlib.error:
        return False
    return not unpacking.unconsumed_tail
