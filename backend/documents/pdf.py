"""The pages of a PDF, with PDFium: sizes, pictures, text. For the processes with limits, one page at a time.

This PDFium has neither JavaScript nor XFA in it, opens no address and is asked for no action of a document. The library
is imported where it is used, since the app itself need not have it.
"""

import contextlib
import io
import re
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from backend.chat.errors import DocumentRefused
from backend.documents.values import MAX_PAGES, PageSize, pixels

MAX_CHARACTERS = 200_000  # of a page's text
UNKNOWN_SIZE = PageSize(595.0, 842.0)  # A4: of a page between others that cannot be found
# What a file whose end is cut off lacks. PDFium finds a trailer only after a whole object.
END = b"\nendobj\n1000000 0 obj\n<<>>\nendobj\ntrailer\n<< /Root %b %b R /Size 1000001 >>\nstartxref\n0\n%%%%EOF\n"
# How PDFium writes a hyphen at a line's end, together with that end.
HYPHENS = re.compile("[\x02\ufffe]\n?")
NO_CHARACTERS = str.maketrans("", "", "\0\uffff")


def sizes(path: str, label: str) -> tuple[tuple[PageSize, ...], int]:
    """The sizes of the first MAX_PAGES pages at most, and how many pages there are. Raises DocumentRefused."""
    with _opened(path, label) as (document, is_whole):
        claimed = len(document)
        found = [_size(document, index) for index in range(min(claimed, MAX_PAGES))]
        # A document may claim more pages than it has, or be cut off where the contents of its last ones were.
        while found and (found[-1] is None or not (is_whole or _is_drawn_on(document, len(found) - 1))):
            found.pop()
        count = len(found) if len(found) < MAX_PAGES else _count(document, claimed)
    if not found:
        raise DocumentRefused(f"{label} has no pages that can be opened. Save it again, or add another file.")
    return tuple(size or UNKNOWN_SIZE for size in found), count


def draw(path: str, label: str, number: int, longest_edge: int) -> bytes:
    """A page as a PNG on white, with its annotations and form fields; see `pixels`. Raises DocumentRefused."""
    import pypdfium2.raw as pdfium
    from pypdfium2 import PdfBitmap

    with _opened(path, label) as (document, _), _page(document, label, number) as page:
        width, height = pixels(PageSize(*page.get_size()), longest_edge)
        bitmap = PdfBitmap.new_native(width, height, pdfium.FPDFBitmap_BGRx)
        bitmap.fill_rect((255, 255, 255, 255), 0, 0, width, height)
        area = (bitmap, page, 0, 0, width, height, 0, pdfium.FPDF_ANNOT)
        pdfium.FPDF_RenderPageBitmap(*area)
        if document.formenv:
            pdfium.FPDF_FFLDraw(document.formenv, *area)
        file = io.BytesIO()
        # Level 1 is several times as fast as the default, and a page of text a little larger.
        bitmap.to_pil().convert("RGB").save(file, format="PNG", compress_level=1)
    return file.getvalue()


def text_of(path: str, label: str, number: int) -> str:
    """The text layer of a page, within what is seen of it; empty where it has none. Raises DocumentRefused."""
    with _opened(path, label) as (document, _), _page(document, label, number) as page:
        text: str = page.get_textpage().get_text_bounded()
    text = text[: 2 * MAX_CHARACTERS].replace("\r\n", "\n").replace("\r", "\n")
    return HYPHENS.sub("-\n", text).translate(NO_CHARACTERS)[:MAX_CHARACTERS].strip("\n")


def protected(label: str) -> DocumentRefused:
    """That nobody can read a file without its password."""
    return DocumentRefused(f"{label} is protected by a password. Save a copy without it, then add that.")


@contextlib.contextmanager
def _opened(path: str, label: str) -> Iterator[tuple[Any, bool]]:
    """A document, and whether its file is whole."""
    import pypdfium2.raw as pdfium
    from pypdfium2 import PdfiumError

    try:
        document, is_whole = _loaded(path)
    except PdfiumError as error:
        if error.err_code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
            raise protected(label) from None
        raise DocumentRefused(f"{label} is damaged or incomplete. Save it again, then add it.") from None
    except OSError:
        raise DocumentRefused(f"{label} couldn't be read. Upload it again.") from None
    with document:
        with contextlib.suppress(PdfiumError):  # a form that is broken is left out
            document.init_forms()
        yield document, is_whole


def _loaded(path: str) -> tuple[Any, bool]:
    """A document, or what is there of one whose end is cut off; and whether it is whole. Raises PdfiumError."""
    import pypdfium2.raw as pdfium
    from pypdfium2 import PdfDocument, PdfiumError

    try:
        return PdfDocument(path), True
    except PdfiumError as error:
        data = Path(path).read_bytes() if error.err_code == pdfium.FPDF_ERR_FORMAT else b""
        catalog = data.rfind(b"/Catalog")
        found = re.findall(rb"(\d{1,9}) (\d{1,5}) obj\b", data[max(0, catalog - 2_000) : max(0, catalog)])
        if not found:
            raise
        return PdfDocument(data + END % found[-1]), False


@contextlib.contextmanager
def _page(document: Any, label: str, number: int) -> Iterator[Any]:
    from pypdfium2 import PdfiumError

    count = len(document)
    if not 1 <= number <= count:
        raise DocumentRefused(f"{label} has no page {number}. Its last page is {count}.")
    try:
        if _size(document, number - 1) is None:
            raise PdfiumError("there is nothing to be seen of it")
        page = document[number - 1]
    except PdfiumError:
        raise DocumentRefused(f"Page {number} of {label} is damaged. The other pages can still be used.") from None
    with contextlib.closing(page):
        yield page


def _size(document: Any, index: int) -> PageSize | None:
    """A page's size; nothing where there is no such page, or no area of it is seen."""
    from pypdfium2 import PdfiumError

    try:
        width, height = document.get_page_size(index)
    except PdfiumError:
        return None
    return PageSize(width, height) if width > 0 and height > 0 else None


def _count(document: Any, claimed: int) -> int:
    """How many there are of the pages that a document of MAX_PAGES and more claims to have."""
    if _size(document, claimed - 1) is not None:
        return claimed
    return MAX_PAGES + bisect_left(range(MAX_PAGES, claimed), True, key=lambda index: _size(document, index) is None)


def _is_drawn_on(document: Any, index: int) -> bool:
    import pypdfium2.raw as pdfium
    from pypdfium2 import PdfiumError

    try:
        with contextlib.closing(document[index]) as page:
            return bool(pdfium.FPDFPage_CountObjects(page) > 0)
    except PdfiumError:
        return False
