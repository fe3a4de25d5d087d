"""Office's newer files as Markdown: text and tables. For the processes with limits; pictures are left out.

The libraries are imported where they are used, since the app itself need not have them.
"""

import datetime
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from backend.chat.errors import DocumentRefused
from backend.documents.kinds import Kind
from backend.documents.markdown import of_html, table
from backend.documents.pdf import protected
from backend.documents.text import bounded, lines_of

MAX_UNPACKED, MAX_PARTS = 100_000_000, 5_000  # bytes of all that a file unpacks to; files in it
STREAMS = {"Workbook": ".xlsx", "PowerPoint Document": ".pptx"}  # in the older formats; of any other, Word is likely
MAX_ROWS, MAX_COLUMNS = 10_000, 100  # of a sheet
MAX_DEPTH = 20  # of groups within groups on a slide


def read_office(path: str, label: str, kind: Kind) -> str:
    """The Markdown of a file that `kind_of` says is of Office. Raises DocumentRefused."""
    try:
        _check_unpacked(path, label)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what openpyxl leaves out is none of ours
            text = READERS[kind](path)
    except zipfile.BadZipFile:
        raise DocumentRefused(f"{label} is damaged or incomplete. Save it again, then add it.") from None
    if not text.strip():
        raise DocumentRefused(f"{label} has no text. If it holds images, save it as a PDF, then add that.")
    return bounded(lines_of(text).strip("\n"), label)


def too_old(path: str, label: str) -> DocumentRefused:
    """What to do with a file of an older kind, or one that Office has encrypted, which it puts into the older kind."""
    with open(path, "rb") as file:
        data = file.read(MAX_UNPACKED)
    if "EncryptedPackage".encode("utf-16-le") in data:
        return protected(label)
    ending = next((ending for stream, ending in STREAMS.items() if stream.encode("utf-16-le") in data), ".docx")
    return DocumentRefused(f"{label} is in an older format. Save it as {ending}, then add it.")


def _check_unpacked(path: str, label: str) -> None:
    """A zip file unpacks to no more than it says: zipfile reads no further."""
    with zipfile.ZipFile(path) as file:
        parts = file.infolist()
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MAX_UNPACKED or len(parts) > MAX_PARTS:
        raise DocumentRefused(
            f"{label} unpacks to {unpacked / 1e6:,.0f} MB in {len(parts):,} parts, over the limits of "
            f"{MAX_UNPACKED // 1_000_000} MB and {MAX_PARTS:,}. Add a part of it."
        )


def _docx(path: str) -> str:
    import mammoth

    with open(path, "rb") as file:
        return of_html(mammoth.convert_to_html(file, convert_image=_no_picture).value)


def _no_picture(_: object) -> list[object]:
    return []


def _xlsx(path: str) -> str:
    import openpyxl

    with open(path, "rb") as file:  # and not the path, whose ending it would want
        book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        return "\n\n".join(_sheet(sheet) for sheet in book.worksheets)


def _sheet(sheet: Any) -> str:
    sheet.reset_dimensions()  # which a file may claim as it likes
    rows, more = [], False
    for number, row in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS + 1, values_only=True)):
        more |= number >= MAX_ROWS or any(value is not None for value in row[MAX_COLUMNS:])
        if number >= MAX_ROWS:
            break
        cells = [_cell(value) for value in row[:MAX_COLUMNS]]
        if any(cells):
            rows.append(cells)
    note = f"\n\n(Only the first {MAX_ROWS:,} rows and {MAX_COLUMNS} columns of this sheet are here.)" if more else ""
    return f"## {sheet.title}\n\n{table(rows)}{note}".rstrip()


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case datetime.datetime() if value.time() == datetime.time():
            return value.date().isoformat()
        case datetime.datetime():
            return value.isoformat(" ", "minutes" if not value.second else "seconds")
        case float():
            return f"{value:.15g}"  # as Excel shows it: without the last, inexact digits
    return str(value)


def _pptx(path: str) -> str:
    import pptx

    slides = enumerate(pptx.Presentation(path).slides, 1)
    return "\n\n".join("\n\n".join(_slide(slide, number)) for number, slide in slides)


def _slide(slide: Any, number: int) -> Iterator[str]:
    title = slide.shapes.title
    named = _line(title.text_frame.text) if title is not None and title.has_text_frame else ""
    yield f"## Slide {number}: {named}" if named else f"## Slide {number}"
    yield from _shapes((shape for shape in slide.shapes if title is None or shape.shape_id != title.shape_id), 0)
    if slide.has_notes_slide and (notes := slide.notes_slide.notes_text_frame) is not None and notes.text.strip():
        yield f"Notes: {notes.text.strip()}"


def _shapes(shapes: Iterable[Any], depth: int) -> Iterator[str]:
    from pptx.enum.shapes import MSO_SHAPE_TYPE

    for shape in shapes:
        if shape.has_text_frame and shape.text_frame.text.strip():
            yield lines_of(shape.text_frame.text).replace("\v", "\n").strip()
        elif getattr(shape, "has_table", False) and shape.has_table:
            yield table([[_line(cell.text) for cell in row.cells] for row in shape.table.rows])
        elif depth < MAX_DEPTH and shape.shape_type == MSO_SHAPE_TYPE.GROUP:
            yield from _shapes(shape.shapes, depth + 1)


def _line(text: str) -> str:
    return " ".join(text.split())


READERS: dict[str, Callable[[str], str]] = {"docx": _docx, "xlsx": _xlsx, "pptx": _pptx}
