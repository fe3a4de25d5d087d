"""Files that are cut off, not what their name says, or wrong in what holds them together."""

import re
from collections.abc import Callable
from functools import partial

import pikepdf

from tests.support.odd_pdfs.raw import HELLO, file_of, simple, stream
from tests.support.pdfs import add_page, pdf_of, saved, written


def tenths(count: int) -> bytes:
    """So many tenths of a file of five pages."""
    data = pdf_of(*(written(f"page {number}") for number in range(1, 6)))
    return data[: len(data) * count // 10]


def half_for_the_web() -> bytes:
    document = pikepdf.Pdf.new()
    for number in range(1, 6):
        add_page(document, written(f"page {number}"))
    data = saved(document, linearize=True)
    return data[: len(data) // 2]


def packed(cut: bool) -> bytes:
    document = pikepdf.Pdf.new()
    add_page(document, written("Hello"))
    data = saved(document, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return data[: len(data) * 3 // 4] if cut else data


FILES: dict[str, Callable[[], bytes]] = {
    **{f"cut off after {count}0 %": partial(tenths, count) for count in range(1, 10)},
    "made for the web, cut off after 50 %": half_for_the_web,
    "with packed objects": partial(packed, False),
    "with packed objects, cut off after 75 %": partial(packed, True),
    "empty": lambda: b"",
    "the header alone": lambda: b"%PDF-1.7\n",
    "a web page": lambda: b"<!doctype html><title>Not found</title><p>No such file.",
    "zero bytes alone": lambda: bytes(10_000),
    "500 bytes before the header": lambda: b"\0\xff garbage" * 50 + simple(),
    "2,000 bytes before the header": lambda: b"\0\xff garbage" * 200 + simple(),
    "10,000 bytes after the end": lambda: simple() + b"\0\xff garbage" * 1_000,
    "of version 9.9": lambda: simple().replace(b"%PDF-1.7", b"%PDF-9.9"),
    "a table of objects that is wrong": lambda: re.sub(rb"\n0000000\d\d\d", b"\n0000000001", simple()),
    "no table of objects": lambda: simple().partition(b"xref\n")[0] + b"trailer\n<< /Root 1 0 R >>\n",
    "a table of objects that comes before itself": lambda: file_of_loop(),
    "lengths that are wrong": lambda: simple().replace(b"/Length 35", b"/Length 7 "),
    "a length that is its own": lambda: simple(
        changes={8: stream(HELLO).replace(b"/Length 35", b"/Length 8 0 R")}
    ),
    "no catalog": lambda: file_of({5: b"<< >>"}, b""),
    "arrays 100,000 deep": lambda: simple(changes={9: b"[" * 100_000 + b"]" * 100_000}),
    "100,000 objects": lambda: simple(changes={number: b"<< /A %d >>" % number for number in range(10, 100_010)}),
}  # fmt: skip


def file_of_loop() -> bytes:
    data = simple()
    return data.replace(b"/Root 1 0 R", b"/Root 1 0 R /Prev %d" % data.rfind(b"xref\n0 1"))
