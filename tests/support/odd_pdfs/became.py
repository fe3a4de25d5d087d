"""What a document becomes, in a few words."""

from pathlib import Path

from backend.chat.errors import DocumentRefused
from backend.documents.reader import DocumentReader
from tests.support.pdfs import is_blank, seen

NAME = "a.pdf"
LOOKED_AT = 3  # pages at its start
MOST = 40  # characters of a text


def became(reader: DocumentReader, path: Path) -> str:
    """The sentence that refuses it, or how many pages it has, and of the first ones what is drawn and read."""
    try:
        info = reader.look(path, NAME)
    except DocumentRefused as refused:
        return str(refused)
    if info.kind != "pdf":
        return f"a file of {info.kind}"
    pages = [_page(reader, path, number) for number in range(1, min(info.count, LOOKED_AT) + 1)]
    words = f"{info.count:,} page{'s' * (info.count != 1)}"
    return f"{words}: {pages[0] if len(set(pages)) == 1 else '; '.join(pages)}"


def _page(reader: DocumentReader, path: Path, number: int) -> str:
    try:
        picture = seen(reader.page(path, NAME, number, 200))
        text = " ".join(reader.page_text(path, NAME, number).split())
    except DocumentRefused as refused:
        return str(refused)
    shape = "" if picture.size == (141, 200) else f", {picture.width} × {picture.height}"
    look = "blank" if is_blank(picture) else "drawn"
    return f"{look}{shape}, “{text[:MOST]}”" if text else f"{look}{shape}"
