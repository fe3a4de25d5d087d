"""Documents that want to fetch, to run or to unpack without end: nothing is asked for, and the limits hold."""

import io
import threading
import urllib.request
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import openpyxl
import pikepdf
import pptx
import pytest
from pikepdf import Dictionary, Name, Pdf, Stream

from backend.chat.errors import DocumentRefused, UserError
from backend.documents.reader import MAX_MEMORY, MODULES, DocumentReader
from backend.sandbox.pool import Sandbox
from tests.support.odd_pdfs.restless import restless
from tests.support.office import OFFICE, TYPES, docx, paragraph, zipped
from tests.support.pdfs import add_page, saved, seen, written

PICTURE = "http://schemas.openxmlformats.org/drawingml/2006/main"


SECONDS = 3.0  # of processor time, so that the tests take no longer


@pytest.fixture(scope="module")
def reader() -> Iterator[DocumentReader]:
    with closing(Sandbox(SECONDS, MAX_MEMORY, MODULES)) as sandbox:
        yield DocumentReader(sandbox.run)


@contextmanager
def counting() -> Iterator[tuple[str, list[str]]]:
    """The address of a server on this machine, and what is asked of it."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        do_POST = do_HEAD = do_PUT = do_OPTIONS = do_PROPFIND = do_GET

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()


def file(folder: Path, data: bytes) -> Path:
    path = folder / "upload"
    path.write_bytes(data)
    return path


def test_nothing_in_a_pdf_is_fetched_or_run(reader: DocumentReader, tmp_path: Path) -> None:
    kept = tmp_path / "touched"
    with counting() as (url, asked):
        path = file(tmp_path, restless(url, kept))
        assert reader.look(path, "a.pdf").count == 1
        assert reader.page(path, "a.pdf", 1, 500).startswith(b"\x89PNG")
        assert reader.page_text(path, "a.pdf", 1) == "calm"
        assert not asked
    assert {found.name for found in tmp_path.iterdir()} == {"upload"}


def wanting(url: str) -> dict[str, bytes]:
    """Office files with relations, images and entities elsewhere."""
    picture = (
        f'<w:p><w:r><w:drawing><a:graphic xmlns:a="{PICTURE}"><a:graphicData><pic:pic xmlns:pic='
        f'"{PICTURE[:-4]}picture"><pic:blipFill><a:blip r:link="out" r:embed="out"/></pic:blipFill></pic:pic>'
        "</a:graphicData></a:graphic></w:drawing></w:r></w:p>"
    )
    outside = f'Id="out" Type="{OFFICE}/image" Target="{url}/image" TargetMode="External"'
    template = f'Id="t" Type="{OFFICE}/attachedTemplate" Target="{url}/template" TargetMode="External"'
    local = f'Id="out" Type="{OFFICE}/image" Target="file:///etc/passwd" TargetMode="External"'
    entity = f'<!DOCTYPE d [<!ENTITY x SYSTEM "{url}/entity">]>'
    whole = f'<!DOCTYPE d SYSTEM "{url}/dtd">'
    sheet, show = io.BytesIO(), io.BytesIO()
    book = openpyxl.Workbook()
    book.active["A1"] = f'=WEBSERVICE("{url}/cell")'
    book.active["A2"] = "calm"
    book.active["A2"].hyperlink = f"{url}/link"
    book.save(sheet)
    slides = pptx.Presentation()
    slide = slides.slides.add_slide(slides.slide_layouts[5])
    slide.shapes.title.text = "calm"
    slide.shapes.title.text_frame.paragraphs[0].runs[0].hyperlink.address = f"{url}/slide"
    slide.part.relate_to(f"{url}/image", f"{OFFICE}/image", is_external=True)
    slides.save(show)
    return {
        "links": docx(picture + paragraph("calm"), "", None, outside, template),
        "local": docx(picture + paragraph("calm"), "", None, local),
        "entity": docx(paragraph("calm &x;"), entity),
        "dtd": docx(paragraph("calm"), whole),
        "xlsx": sheet.getvalue(),
        "pptx": show.getvalue(),
        "pptx with an entity": _with(show.getvalue(), "ppt/slides/slide1.xml", b"<p:sld", entity.encode()),
        "xlsx with an entity": _with(sheet.getvalue(), "xl/workbook.xml", b"<workbook", entity.encode()),
    }


def _with(data: bytes, part: str, before: bytes, more: bytes) -> bytes:
    """A zip file with something written into one of its parts."""
    with zipfile.ZipFile(io.BytesIO(data)) as read:
        parts = {name: read.read(name) for name in read.namelist()}
    assert before in parts[part]
    parts[part] = parts[part].replace(before, more + before, 1)
    return zipped(parts)


def test_nothing_in_an_office_file_is_fetched(reader: DocumentReader, tmp_path: Path) -> None:
    with counting() as (url, asked):
        for name, data in wanting(url).items():
            try:
                text = reader.text(file(tmp_path, data), name)
            except UserError:
                text = "calm"
            assert "calm" in text, name
            assert "root:" not in text
        assert not asked


LAUGHS = "<!DOCTYPE d [<!ENTITY a0 'ha'>" + "".join(
    f"<!ENTITY a{level} '{f'&a{level - 1};' * 10}'>" for level in range(1, 10)
)
BOMBS = {
    "a part of a gigabyte": docx(paragraph("x"), "", {"word/media/a.bin": bytes(100_000_001)}),
    "an XML of 90 MB": docx(paragraph("x") * 1_000_000),
    "a text of 90 MB": docx(paragraph("x" * 90_000_000)),
    "entities": docx(paragraph("&a9;"), LAUGHS + "]>"),
    "6,000 parts": docx(paragraph("x"), "", {f"word/{number}.xml": "" for number in range(6_000)}),
    "tables in tables": docx("<w:tbl><w:tr><w:tc>" * 20_000 + paragraph("x") + "</w:tc></w:tr></w:tbl>" * 20_000),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_ends_in_a_sentence_and_the_next_file_is_read(reader: DocumentReader, tmp_path: Path, name: str) -> None:
    with pytest.raises(DocumentRefused, match=r"^“a.docx” (unpacks to|takes too|has 90|couldn't be|is damaged).*\.$"):
        reader.look(file(tmp_path, BOMBS[name]), "a.docx")
    assert reader.text(file(tmp_path, docx(paragraph("fine"))), "b.docx") == "fine"


def test_a_sheet_that_claims_to_be_endless_is_read_to_its_limits(reader: DocumentReader, tmp_path: Path) -> None:
    buffer, book = io.BytesIO(), openpyxl.Workbook()
    book.active["A1"], book.active["XFD1"], book.active["A1048576"] = 1, 2, 3
    book.save(buffer)
    text = reader.text(file(tmp_path, buffer.getvalue()), "a.xlsx")
    assert text.startswith("## Sheet\n\n| 1 |\n")
    assert "(Only the first" in text


def test_an_image_that_unpacks_to_gigabytes_costs_its_page_alone(reader: DocumentReader, tmp_path: Path) -> None:
    document, packer = Pdf.new(), zlib.compressobj()
    packed = b"".join(packer.compress(bytes(1_000_000)) for _ in range(2_000)) + packer.flush()
    image = Stream(document, b"")
    image.write(packed, filter=Name.FlateDecode)
    image.stream_dict.update(
        Dictionary(
            Type=Name.XObject, Subtype=Name.Image, Width=30_000, Height=22_000, BitsPerComponent=8,
            ColorSpace=Name.DeviceRGB,
        )
    )  # fmt: skip
    page = add_page(document, b"q 500 0 0 500 0 0 cm /I Do Q")
    page.obj.Resources.XObject = Dictionary(I=image)
    add_page(document, written("fine"))
    path = file(tmp_path, saved(document))
    assert reader.look(path, "a.pdf").count == 2
    with suppress(DocumentRefused):  # or drawn without it, as this PDFium does where there is time
        assert seen(reader.page(path, "a.pdf", 1, 300)).size == (212, 300)
    assert reader.page_text(path, "a.pdf", 2) == "fine"


def test_the_types_that_a_word_file_must_have_are_not_needed_to_tell_it(reader: DocumentReader, tmp_path: Path) -> None:
    with pytest.raises(DocumentRefused, match=r"^“a” couldn't be opened. Save it again, then add it.$"):
        reader.text(file(tmp_path, zipped({"[Content_Types].xml": TYPES, "word/document.xml": "<"})), "a")
    with pytest.raises(DocumentRefused, match=r"^“a” is damaged or incomplete. Save it again, then add it.$"):
        reader.text(file(tmp_path, docx(paragraph("x"))[:-200]), "a")


def test_what_would_be_fetched_would_be_counted(tmp_path: Path) -> None:
    with counting() as (url, asked), pikepdf.open(io.BytesIO(restless(url, tmp_path))) as document:
        with urllib.request.urlopen(str(document.Root.OpenAction.JS).split('"')[1]):
            pass
        assert asked == ["/script"]
