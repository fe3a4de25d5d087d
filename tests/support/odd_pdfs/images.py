"""Pages that are images, in every packing that the format has."""

import io
import struct
import zlib
from collections.abc import Callable
from functools import partial

import PIL.Image
import PIL.ImageDraw

from tests.support.odd_pdfs.raw import stream, with_objects

DRAW = b"q 500 0 0 700 50 70 cm /I Do Q"
SIDE = 200


def bar(mode: str) -> PIL.Image.Image:
    """Dark in the middle, light around it."""
    dark = {"1": 0, "L": 0, "RGB": (0, 0, 160), "CMYK": (255, 255, 0, 60)}[mode]
    picture = PIL.Image.new(mode, (SIDE, SIDE), {"1": 1, "CMYK": (0, 0, 0, 0)}.get(mode, "white"))
    PIL.ImageDraw.Draw(picture).rectangle((50, 50, 149, 149), fill=dark)
    return picture


def page_of(data: bytes, entries: bytes, side: int = SIDE, before: bytes = b"") -> bytes:
    size = b"/Type /XObject /Subtype /Image /Width %d /Height %d " % (side, side)
    return with_objects(before + DRAW, [stream(data, size + entries)], b"/XObject << /I 10 0 R >>")


def encoded(picture: PIL.Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def fax() -> bytes:
    """The lines of a scan as group 4 packs them, taken out of a TIFF."""
    with PIL.Image.open(io.BytesIO(encoded(bar("1"), "TIFF", compression="group4", strip_size=SIDE * SIDE))) as tiff:
        tags = tiff.tag_v2
        start, count = tags[273][0], tags[279][0]
        source = tiff.fp
        assert source
        source.seek(start)
        return source.read(count)


def jbig2() -> bytes:
    """A page of one region in JBIG2, whose lines are packed as a fax's: T.88, 7.4.8 and 7.4.6."""
    info = struct.pack(">IIIIBH", SIDE, SIDE, 0, 0, 0, 0)
    region = struct.pack(">IIIIB", SIDE, SIDE, 0, 0, 0) + b"\x01" + fax()  # MMR
    head = struct.pack(">IBBBI", 0, 48, 0, 1, len(info)), struct.pack(">IBBBI", 1, 38, 0, 1, len(region))
    return head[0] + info + head[1] + region


GREY, COLOUR = b"/ColorSpace /DeviceGray ", b"/ColorSpace /DeviceRGB "


def cmyk() -> bytes:
    entries = b"/ColorSpace /DeviceCMYK /BitsPerComponent 8 /Filter /FlateDecode"
    return page_of(zlib.compress(bar("CMYK").tobytes()), entries)


def huge(side: int) -> bytes:
    packer = zlib.compressobj()
    packed = b"".join(packer.compress(bytes(1_000_000)) for _ in range(side * side * 3 // 1_000_000))
    return page_of(packed + packer.flush(), COLOUR + b"/BitsPerComponent 8 /Filter /FlateDecode", side)


FAX = b"/BitsPerComponent 1 /Filter /CCITTFaxDecode /DecodeParms << /K -1 /Columns 200 /Rows 200 /BlackIs1 false >>"
OVER = b"BT 3 Tr /F 24 Tf 100 400 Td (read by a machine) Tj ET "
FILES: dict[str, Callable[[], bytes]] = {
    "a scan in black and white": lambda: page_of(bar("1").tobytes(), GREY + b"/BitsPerComponent 1"),
    "a scan as a fax": lambda: page_of(fax(), GREY + FAX),
    "a scan in JBIG2": lambda: page_of(jbig2(), GREY + b"/BitsPerComponent 1 /Filter /JBIG2Decode"),
    "a scan with its text under it": lambda: page_of(
        encoded(bar("L"), "JPEG"), GREY + b"/BitsPerComponent 8 /Filter /DCTDecode", before=OVER
    ),
    "a JPEG in CMYK": lambda: page_of(
        encoded(bar("CMYK"), "JPEG"), b"/ColorSpace /DeviceCMYK /BitsPerComponent 8 /Filter /DCTDecode"
    ),
    "an image in CMYK": cmyk,
    "a JPEG 2000": lambda: page_of(encoded(bar("RGB"), "JPEG2000"), COLOUR + b"/BitsPerComponent 8 /Filter /JPXDecode"),
    "a JPEG that is cut off": lambda: page_of(
        encoded(bar("RGB"), "JPEG")[:900], COLOUR + b"/BitsPerComponent 8 /Filter /DCTDecode"
    ),
    "an image without its data": lambda: page_of(b"", COLOUR + b"/BitsPerComponent 8"),
    "an image that is noise": lambda: page_of(
        b"\xff\xd8noise" * 99, COLOUR + b"/BitsPerComponent 8 /Filter /JPXDecode"
    ),
    "an image of 100 megapixels": partial(huge, 10_000),
    "an image of 225 megapixels": partial(huge, 15_000),
    "an image that claims 4 gigapixels": lambda: page_of(b"x" * 99, GREY + b"/BitsPerComponent 8", 65_535),
}
