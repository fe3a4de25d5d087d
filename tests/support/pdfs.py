"""PDFs of one's own making, and what is to be seen on a page."""

import io
from collections.abc import Sequence

import pikepdf
import PIL.Image
from pikepdf import Array, Dictionary, Name, Pdf, Stream

A4 = (0, 0, 595, 842)


def add_page(document: Pdf, content: bytes = b"", box: Sequence[float] = A4, **entries: object) -> pikepdf.Page:
    """A page that draws `content` in a media box of points; /F is Helvetica. `entries` go into its dictionary."""
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding)
    resources = Dictionary(Font=Dictionary(F=font))
    page = Dictionary(
        Type=Name.Page, MediaBox=Array(list(box)), Contents=Stream(document, content), Resources=resources, **entries
    )
    document.pages.append(pikepdf.Page(document.make_indirect(page)))
    return document.pages[-1]


def written(text: str, x: float = 50, y: float = 700, size: float = 24) -> bytes:
    """A content that writes a line."""
    return f"BT /F {size} Tf {x} {y} Td ({text}) Tj ET\n".encode("latin-1")


def filled(colour: str, x: float, y: float, width: float, height: float) -> bytes:
    """A content that fills a rectangle, in a colour such as "1 0 0"."""
    return f"{colour} rg {x} {y} {width} {height} re f\n".encode()


def saved(document: Pdf, **options: object) -> bytes:
    """The document as a file."""
    file = io.BytesIO()
    document.save(file, **options)
    return file.getvalue()


def pdf_of(*contents: bytes, box: Sequence[float] = A4, **entries: object) -> bytes:
    """A PDF with a page for each content."""
    document = Pdf.new()
    for content in contents:
        add_page(document, content, box, **entries)
    return saved(document)


def seen(png: bytes) -> PIL.Image.Image:
    """A PNG's picture."""
    picture = PIL.Image.open(io.BytesIO(png))
    picture.load()
    return picture


def is_blank(picture: PIL.Image.Image) -> bool:
    """Whether nothing but white is on it."""
    return picture.convert("L").getextrema() == (255, 255)
