"""Contents that have no end, no font or no bottom."""

import zlib
from collections.abc import Callable

from tests.support.odd_pdfs.raw import HELLO, boxed, simple, stream, with_objects

CURVES = b"0 0 m 595 842 595 0 0 842 c 595 842 0 0 595 842 c S "


def packed(part: bytes, count: int) -> bytes:
    """A content that repeats a part, packed a thousandfold."""
    return simple(changes={8: stream(zlib.compress(part * count), b"/Filter /FlateDecode")})


def forms(count: int, calls: int) -> bytes:
    """Forms each of which draws the next so many times; the last writes."""
    named = [
        stream(b"/X Do " * calls, b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources "
                                  b"<< /XObject << /X %d 0 R >> >>" % (number + 1))
        for number in range(10, 10 + count)
    ]  # fmt: skip
    last = stream(HELLO, b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources 9 0 R")
    return with_objects(b"/X Do", [*named, last], b"/XObject << /X 10 0 R >>")


def own_form() -> bytes:
    form = stream(b"/X Do " + HELLO, b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources 9 0 R")
    return with_objects(b"/X Do", [form], b"/XObject << /X 10 0 R >>")


def tiles() -> bytes:
    """A page filled with a pattern, whose tiles are a thousandth of a point apart."""
    tile = (
        b"/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 1 1] /XStep .001 /YStep .001 /Resources"
    )
    pattern = stream(b"1 0 0 rg 0 0 1 1 re f", tile + b" << >>")
    return with_objects(b"/Pattern cs /P scn 0 0 595 842 re f", [pattern], b"/Pattern << /P 10 0 R >>")


FONTLESS = b"<< /Type /Font /Subtype /TrueType /BaseFont /NobodyHasThisFont /Encoding /WinAnsiEncoding >>"
FILES: dict[str, Callable[[], bytes]] = {
    "a font that is not in it": lambda: simple(changes={7: FONTLESS}),
    "a font that is nowhere": lambda: simple(changes={9: b"<< >>"}),
    "a font file that is noise": lambda: simple(
        changes={
            7: FONTLESS.replace(b">>", b"/FontDescriptor 10 0 R >>"),
            10: b"<< /Type /FontDescriptor /FontName /NobodyHasThisFont /Flags 4 /FontFile2 11 0 R >>",
            11: stream(b"\0\1\0\0noise" * 999),
        }
    ),
    "no content": lambda: simple(b""),
    "a content that is noise": lambda: simple(bytes(range(256)) * 40),
    "a content that never closes what it opens": lambda: simple(b"q " * 100_000 + HELLO),
    "a content of 100,000 pieces": lambda: boxed(b"[0 0 595 842]").replace(
        b"/Contents 8 0 R", b"/Contents [" + b"8 0 R " * 100_000 + b"]"
    ),
    "a content of 20 million curves": lambda: packed(CURVES, 10_000_000),
    "a form that draws itself": own_form,
    "forms 30 deep": lambda: forms(30, 1),
    "forms 5,000 deep": lambda: forms(5_000, 1),
    "forms that draw a billion": lambda: forms(9, 10),
    "tiles a thousandth of a point apart": tiles,
    "an inline image that claims 4 gigapixels": lambda: simple(
        b"q 99 0 0 99 0 0 cm BI /W 65535 /H 65535 /BPC 8 /CS /RGB ID xxxx EI Q " + HELLO
    ),
}
