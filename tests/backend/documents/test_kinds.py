"""What a file is, by its content."""

import io
from pathlib import Path

import openpyxl
import PIL.Image
import pillow_heif
import pptx
import pytest

from backend.documents.kinds import kind_of
from tests.support.office import docx, paragraph, zipped
from tests.support.pdfs import pdf_of

pillow_heif.register_heif_opener()


def picture(kind: str) -> bytes:
    file = io.BytesIO()
    PIL.Image.new("RGB", (20, 10), "red").save(file, kind)
    return file.getvalue()


def book() -> bytes:
    file = io.BytesIO()
    openpyxl.Workbook().save(file)
    return file.getvalue()


def slides() -> bytes:
    file = io.BytesIO()
    pptx.Presentation().save(file)
    return file.getvalue()


KINDS = {
    "a PDF": (pdf_of(b""), "pdf"),
    "a PDF after garbage": (b"\0\1garbage" * 50 + pdf_of(b""), "pdf"),
    "a text that begins as a PDF is said to": (b"A file of this kind begins with %PDF-1.7, says the book.", "text"),
    **{kind: (picture(kind), "picture") for kind in ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "AVIF", "HEIF")},
    "docx": (docx(paragraph("x")), "docx"),
    "docx with a book in it": (docx(paragraph("x"), "", {"word/embeddings/a.xlsx": book()}), "docx"),
    "xlsx": (book(), "xlsx"),
    "pptx": (slides(), "pptx"),
    "another zip file": (zipped({"a.txt": "word/document.xml"}), "other"),
    "an older format": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old office"),
    "rtf": (b"{\\rtf1 x}", "old office"),
    "SVG": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "text"),
    "cars": (b"BMW, Audi,\nVW, Opel", "text"),
    "UTF-16": ("Grüße".encode("utf-16"), "text"),
    "UTF-32": ("Grüße".encode("utf-32"), "text"),
    "Latin 1": ("Grüße".encode("latin-1"), "text"),
    "a program": (b"\x7fELF\2\1\1" + bytes(200), "other"),
    "noise": (bytes(range(1, 256)) * 4, "other"),
    "nothing": (b"", "text"),
}


@pytest.mark.parametrize("name", KINDS)
def test_a_file_is_what_is_in_it(name: str, tmp_path: Path) -> None:
    data, kind = KINDS[name]
    path = tmp_path / "a.jpg"
    path.write_bytes(data)
    assert kind_of(path) == kind
