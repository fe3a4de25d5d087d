"""PDFs from the bytes of their objects, whatever these are."""

from collections.abc import Mapping, Sequence

PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources 9 0 R /Contents 8 0 R >>"
FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
HELLO = b"BT /F 24 Tf 50 700 Td (Hello) Tj ET"


def stream(data: bytes, entries: bytes = b"") -> bytes:
    """A stream's object."""
    return b"<< /Length %d %b >>\nstream\n%b\nendstream" % (len(data), entries, data)


def file_of(objects: Mapping[int, bytes], trailer: bytes = b"/Root 1 0 R", header: bytes = b"%PDF-1.7\n") -> bytes:
    """A file of these objects with a table that is right, and a trailer with these entries."""
    made, places = bytearray(header), {}
    for number, body in objects.items():
        places[number] = len(made)
        made += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table, size = len(made), max(objects) + 1
    made += b"xref\n0 1\n0000000000 65535 f \n"
    for number, at in places.items():
        made += b"%d 1\n%010d 00000 n \n" % (number, at)
    made += b"trailer\n<< /Size %d %b >>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, table)
    return bytes(made)


def simple(
    content: bytes = HELLO, changes: Mapping[int, bytes] | None = None, trailer: bytes = b"/Root 1 0 R"
) -> bytes:
    """One page, whose objects are 1 the catalog, 2 the tree, 3 the page, 7 the font, 8 the content, 9 the resources;
    `changes` are others in their places, or more.
    """
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: PAGE,
        7: FONT,
        8: stream(content),
        9: b"<< /Font << /F 7 0 R >> >>",
    }
    return file_of({**objects, **(changes or {})}, trailer)


def boxed(box: bytes, more: bytes = b"", content: bytes = HELLO) -> bytes:
    """One page with this media box and more entries."""
    page = PAGE.replace(b"[0 0 595 842]", box).replace(b">>", more + b" >>")
    return simple(content, {3: page})


def with_objects(content: bytes, objects: Sequence[bytes], resources: bytes) -> bytes:
    """One page with more objects, from 10 on, and with more resources."""
    numbered = dict(enumerate(objects, 10))
    return simple(content, {**numbered, 9: b"<< /Font << /F 7 0 R >> %b >>" % resources})
