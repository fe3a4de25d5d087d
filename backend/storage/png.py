"""PNG files without the texts beside their pixels, some of which are millions of characters: how a picture was made.

Pillow takes a long text, or a large colour profile, for damage, and unpacks all of them. https://www.w3.org/TR/png-3/
"""

import struct
import zlib
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
HEAD = struct.Struct(">I4s")  # of a chunk: the length of its content, and its kind
CHECKSUM = 4  # bytes after the content
BESIDE = (b"tEXt", b"zTXt", b"iTXt", b"iCCP")
# Texts that may say how the picture is turned.
TURNING = (b"Raw profile type exif", b"XML:com.adobe.xmp")
LONGEST = 500_000  # bytes of such a text


def without_texts(data: bytes) -> bytes:
    """The file without them, but for the first text of each kind that may say how the picture is turned.

    Anything else than a PNG file stays as it is.
    """
    return b"".join((SIGNATURE, *_kept(memoryview(data)))) if data.startswith(SIGNATURE) else data


def _kept(data: memoryview) -> Iterator[memoryview]:
    turning, at, begun = set(TURNING), len(SIGNATURE), len(SIGNATURE)
    while at + HEAD.size <= len(data):
        length, kind = HEAD.unpack_from(data, at)
        content, end = at + HEAD.size, at + HEAD.size + length + CHECKSUM
        if kind in BESIDE:
            keyword = bytes(data[content : content + 80]).partition(b"\0")[0]
            if keyword not in turning or not _is_short(kind, bytes(data[content : end - CHECKSUM])):
                yield data[begun:at]
                begun = end
            turning.discard(keyword)
        at = end
    yield data[begun:]


def _is_short(kind: bytes, content: bytes) -> bool:
    """Whether a text, unpacked as far as is needed to tell, is no longer than LONGEST."""
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
