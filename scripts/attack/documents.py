"""Section 3: documents that cost more than they look, and one visitor who asks for page after page."""

import asyncio
import io
import time
import zipfile
import zlib
from urllib.parse import quote

import openpyxl

from scripts.attack.arena import ANOTHER, Arena, Case, Seen, as_file, counted, many, sentence, told, uploaded
from scripts.visitors import Visitor
from tests.support.odd_pdfs.contents import CURVES
from tests.support.odd_pdfs.pages import tree
from tests.support.odd_pdfs.raw import simple, stream
from tests.support.office import docx, paragraph, zipped

DELAY = 8.0  # seconds that somebody else's page may take
SMALL, SHEET = simple(), "xl/worksheets/sheet1.xml"


def endless() -> bytes:
    """A PDF of two pages, whose content unpacks to 270 MB of curves."""
    content = stream(zlib.compress(CURVES * 5_000_000, 9), b"/Filter /FlateDecode")
    return simple(changes={2: tree(b"3 0 R 3 0 R", 2), 8: content})


def million() -> bytes:
    """A PDF of 6 MB whose tree names one page a million times."""
    return simple(changes={2: tree(b"3 0 R " * 1_000_000, 1_000_000)})


def book_bomb() -> bytes:
    """An xlsx whose one sheet has 90 MB of rows."""
    file, row = io.BytesIO(), b"<row>" + b'<c t="inlineStr"><is><t>x</t></is></c>' * 16_000 + b"</row>"
    openpyxl.Workbook().save(file)
    with zipfile.ZipFile(file) as read:
        parts: dict[str, str | bytes] = {name: read.read(name) for name in read.namelist()}
    kind = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    parts[SHEET] = b'<worksheet xmlns="%b"><sheetData>' % kind + row * 145 + b"</sheetData></worksheet>"
    return zipped(parts)


async def drawn(page: Visitor, path: str, number: int) -> int:
    """The status of a page's thumbnail."""
    answer = await page.client.get(f"/document-page?file={quote(path)}&page={number}", timeout=60)
    return int(answer.status_code)


async def _beside(arena: Arena, data: bytes, name: str, numbers: range) -> Seen:
    """Thumbnails of one visitor's document, and somebody else's one a second later."""
    async with arena.page() as page, arena.page(ANOTHER) as other:
        theirs, mine = await uploaded(page, data, name), await uploaded(other, SMALL, "mine.pdf")
        work = asyncio.ensure_future(many([drawn(page, theirs, number) for number in numbers]))
        await asyncio.sleep(1)
        begun = time.monotonic()
        status = await drawn(other, mine, 1)
        took = time.monotonic() - begun
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
    return Seen(f"another's page: {status} after {took:.1f} s", status == 200 and took < DELAY)


async def curves(arena: Arena) -> Seen:
    """Both of its pages at once."""
    return await _beside(arena, endless(), "curves.pdf", range(1, 3))


async def pages(arena: Arena) -> Seen:
    """20 pages from all over the document."""
    return await _beside(arena, million(), "million.pdf", range(1, 1_000_000, 50_000))


async def storm(arena: Arena) -> Seen:
    """Every page of a document of a thousand, 40 at a time."""
    return await _beside(arena, simple(changes={2: tree(b"3 0 R " * 1_000, 1_000)}), "long.pdf", range(1, 1_001))


async def _sent(arena: Arena, data: bytes, name: str) -> Seen:
    """A message with this file, and what a person is told."""
    async with arena.page() as page:
        path = await uploaded(page, data, name)
        begun = time.monotonic()
        fields = {"message": {"text": "Look", "files": [as_file(path)]}, "max-tokens": 1}
        said = sentence(await told(page, "message", "submit", fields))
        took = time.monotonic() - begun
    return Seen(f"{counted([said])[:120]} after {took:.1f} s", bool(said) and took < 60)


async def word_bomb(arena: Arena) -> Seen:
    """300 kB of which 90 MB are unpacked."""
    return await _sent(arena, docx(paragraph("x" * 90_000_000)), "bomb.docx")


async def sheet_bomb(arena: Arena) -> Seen:
    """A row of 16,000 cells, 145 times."""
    return await _sent(arena, book_bomb(), "bomb.xlsx")


CASES = (
    Case("3", "a PDF whose content has no end", curves, seconds=60, growth=1_800),
    Case("3", "a PDF of a million pages", pages, seconds=60, growth=600),
    Case("3", "a thousand pages drawn for one visitor", storm, seconds=60),
    Case("3", "a docx that unpacks to 90 MB", word_bomb, seconds=70, growth=1_800),
    Case("3", "an xlsx that unpacks to 90 MB", sheet_bomb, seconds=70, growth=1_800),
)
