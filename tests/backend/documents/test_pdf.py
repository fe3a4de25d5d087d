"""Pages of PDFs: their sizes, pictures and text, and the sentence for what cannot be read."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf, String

from backend.chat.errors import DocumentRefused
from backend.documents.reader import MAX_MEMORY, MODULES, DocumentReader, documents
from backend.documents.values import DocumentInfo, PageSize, pixels
from backend.sandbox.pool import Sandbox
from tests.support.pdfs import A4, add_page, filled, is_blank, pdf_of, saved, seen, written

RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)
CORNER = filled("1 0 0", 0, 742, 100, 100)  # at the top left of A4


@pytest.fixture(scope="module")
def reader() -> Iterator[DocumentReader]:
    with closing(documents()) as sandbox:
        yield DocumentReader(sandbox.run)


def file(folder: Path, data: bytes) -> Path:
    path = folder / "upload"
    path.write_bytes(data)
    return path


def test_a_document_has_the_sizes_of_its_pages_in_order(reader: DocumentReader, tmp_path: Path) -> None:
    document = Pdf.new()
    add_page(document)
    add_page(document, box=(0, 0, 300, 200))
    info = reader.look(file(tmp_path, saved(document)), "a.pdf")
    assert info == DocumentInfo("pdf", (PageSize(595, 842), PageSize(300, 200)), 2)


@pytest.mark.parametrize(("turn", "place"), [(0, "↖"), (90, "↗"), (180, "↘"), (270, "↙")])
def test_a_page_is_drawn_as_it_is_turned(reader: DocumentReader, tmp_path: Path, turn: int, place: str) -> None:
    path = file(tmp_path, pdf_of(CORNER, Rotate=turn))
    (size,) = reader.look(path, "a.pdf").pages
    picture = seen(reader.page(path, "a.pdf", 1, 400))
    assert picture.size == pixels(size, 400) == ((283, 400) if turn % 180 == 0 else (400, 283))
    width, height = picture.width - 1, picture.height - 1
    corners = {"↖": (0, 0), "↗": (width, 0), "↘": (width, height), "↙": (0, height)}
    assert {name: picture.getpixel(at) == RED for name, at in corners.items()} == {
        name: name == place for name in corners
    }


def test_a_page_is_cropped_as_it_says(reader: DocumentReader, tmp_path: Path) -> None:
    path = file(tmp_path, pdf_of(CORNER + written("outside", y=100), CropBox=Array([0, 742, 200, 842])))
    assert reader.look(path, "a.pdf").pages == (PageSize(200, 100),)
    picture = seen(reader.page(path, "a.pdf", 1, 200))
    assert picture.size == (200, 100)
    assert (picture.getpixel((99, 50)), picture.getpixel((101, 50))) == (RED, WHITE)
    assert reader.page_text(path, "a.pdf", 1) == ""  # what is not seen is not told either


def test_each_page_is_drawn_by_its_number_with_its_text(reader: DocumentReader, tmp_path: Path) -> None:
    path = file(tmp_path, pdf_of(written("first"), written("second") + written("line two", y=600), b""))
    assert [reader.page_text(path, "a.pdf", number) for number in (1, 2, 3)] == ["first", "second\nline two", ""]
    assert [is_blank(seen(reader.page(path, "a.pdf", number, 300))) for number in (1, 2, 3)] == [False, False, True]
    for number in (0, -1, 4):
        with pytest.raises(DocumentRefused, match=rf"“a.pdf” has no page {number}. Its last page is 3."):
            reader.page(path, "a.pdf", number, 300)


@pytest.mark.parametrize(
    "box", [(0, 0, 0.1, 0.1), (0, 0, 28_346, 28_346), (0, 0, 28_346, 1), (0, 0, 1, 28_346), (-5, -5, 5, 5)], ids=str
)
@pytest.mark.parametrize("edge", [1, 200, 1_540, 4_000, 1_000_000])
def test_a_picture_is_as_large_as_was_asked_whatever_the_box(
    reader: DocumentReader, tmp_path: Path, box: tuple[float, ...], edge: int
) -> None:
    path = file(tmp_path, pdf_of(b"", box=box))
    (size,) = reader.look(path, "a.pdf").pages
    picture = seen(reader.page(path, "a.pdf", 1, edge))
    assert picture.size == pixels(size, edge)
    assert max(picture.size) == min(edge, 4_000)
    assert picture.mode == "RGB"


def test_annotations_and_form_fields_are_drawn(reader: DocumentReader, tmp_path: Path) -> None:
    document = Pdf.new()
    look = pikepdf.Stream(document, filled("0 0 1", 0, 0, 100, 100))
    look.stream_dict = Dictionary(Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 100, 100]))
    stamp = Dictionary(Type=Name.Annot, Subtype=Name.Stamp, Rect=Array([0, 0, 100, 100]), AP=Dictionary(N=look), F=4)
    field = Dictionary(
        Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String("a"), V=String("x"), F=4,
        Rect=Array([200, 0, 300, 100]), AP=Dictionary(N=look),
    )  # fmt: skip
    field = document.make_indirect(field)
    add_page(document, Annots=Array([document.make_indirect(stamp), field]))
    document.Root.AcroForm = Dictionary(Fields=Array([field]))
    picture = seen(reader.page(file(tmp_path, saved(document)), "a.pdf", 1, 842))
    assert [picture.getpixel((x, 800)) for x in (50, 150)] == [BLUE, WHITE]
    assert picture.getpixel((250, 800)) != WHITE


def test_what_only_the_owner_may_do_is_no_reason_not_to_read(reader: DocumentReader, tmp_path: Path) -> None:
    document = Pdf.new()
    add_page(document, written("read me"))
    path = file(tmp_path, saved(document, encryption=pikepdf.Encryption(owner="secret", user="")))
    assert reader.look(path, "a.pdf").count == 1
    assert reader.page_text(path, "a.pdf", 1) == "read me"


@pytest.mark.parametrize("revision", [3, 4, 6])  # RC4, AES-128, AES-256
def test_a_password_is_told_of(reader: DocumentReader, tmp_path: Path, revision: int) -> None:
    document = Pdf.new()
    add_page(document)
    lock = pikepdf.Encryption(owner="owner", user="user", R=revision, aes=revision > 3, metadata=revision > 3)
    path = file(tmp_path, saved(document, encryption=lock))
    with pytest.raises(DocumentRefused, match=r"^“a.pdf” is protected by a password. Save a copy without it, then"):
        reader.look(path, "folder/a.pdf")


@pytest.mark.parametrize("kept", [0.02, 0.3])
def test_a_damaged_file_is_told_of(reader: DocumentReader, tmp_path: Path, kept: float) -> None:
    data = pdf_of(*(written(f"page {number}") for number in range(20)))
    sentence = r"^“a.pdf” (is damaged or incomplete|has no pages that can be opened)\. Save it again, .*\.$"
    with pytest.raises(DocumentRefused, match=sentence):
        reader.look(file(tmp_path, data[: int(len(data) * kept)]), "a.pdf")


def test_pages_that_are_only_claimed_are_not_counted(reader: DocumentReader, tmp_path: Path) -> None:
    document = Pdf.new()
    add_page(document)
    add_page(document)
    honest = saved(document)
    lying = honest.replace(b"/Count 2", b"/Count 900000")
    assert lying != honest
    assert reader.look(file(tmp_path, lying), "a.pdf").count == 2


def test_of_many_pages_a_thousand_sizes_are_told_and_all_are_counted(reader: DocumentReader, tmp_path: Path) -> None:
    info = reader.look(file(tmp_path, pdf_of(*[b""] * 1_500)), "a.pdf")
    assert (len(info.pages), info.count) == (1_000, 1_500)


def test_of_many_pages_that_are_only_claimed_those_that_are_there_are_counted(
    reader: DocumentReader, tmp_path: Path
) -> None:
    data = pdf_of(*[written("x")] * 1_003)
    claims = file(tmp_path, data.replace(b"/Count 1003", b"/Count 999999"))
    assert reader.look(claims, "a.pdf").count == 1_003


def test_a_page_without_an_end_is_told_of_and_the_others_are_drawn(tmp_path: Path) -> None:
    endless = b"q 0 0 595 842 re W n " + b"0 0 m 595 842 595 0 0 842 c 595 842 0 0 595 842 c S " * 400_000
    path = file(tmp_path, pdf_of(endless, written("fine")))
    with closing(Sandbox(1.0, MAX_MEMORY, MODULES)) as sandbox:
        reader = DocumentReader(sandbox.run)
        assert reader.look(path, "a.pdf").count == 2
        with pytest.raises(DocumentRefused, match=r"^Page 1 of “a.pdf” takes too long or too much memory to draw."):
            reader.page(path, "a.pdf", 1, 1_540)
        assert reader.page_text(path, "a.pdf", 2) == "fine"


def test_text_has_the_characters_that_are_read(reader: DocumentReader, tmp_path: Path) -> None:
    path = file(tmp_path, pdf_of(written("na\xefve caf\xe9 \\(1\\)")))
    assert reader.page_text(path, "a.pdf", 1) == "naïve café (1)"
    places = [(x, y) for y in range(10, 830) for x in range(10, 590, 60)]
    full = pdf_of(b"".join(written("words and " * 5, x, y, size=1) for x, y in places))
    assert len(reader.page_text(file(tmp_path, full), "a.pdf", 1)) == 200_000


def test_a_word_that_two_lines_share_stays_in_two_lines(reader: DocumentReader, tmp_path: Path) -> None:
    path = file(tmp_path, pdf_of(written("an exam-", y=700) + written("ple of well-known words", y=670)))
    assert reader.page_text(path, "a.pdf", 1) == "an exam-\nple of well-known words"


@pytest.mark.parametrize(("tenths", "count"), [(9, 5), (6, 1)])
def test_of_a_file_that_is_cut_off_what_is_there_is_read(
    reader: DocumentReader, tmp_path: Path, tenths: int, count: int
) -> None:
    data = pdf_of(*(written(f"page {number}") for number in range(1, 6)))
    path = file(tmp_path, data[: len(data) * tenths // 10])
    assert reader.look(path, "a.pdf").count == count
    assert reader.page_text(path, "a.pdf", count) == f"page {count}"


def test_what_the_parent_need_not_have_is_not_imported() -> None:
    code = "import sys, backend.documents.reader; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "backend.documents.pdf" in loaded
    assert not {"pypdfium2", "mammoth", "openpyxl", "pptx", "lxml", "charset_normalizer", "PIL"} & set(loaded)


def test_sizes_are_whole_pixels_and_never_none() -> None:
    assert pixels(PageSize(595, 842), 1_540) == (1088, 1540)
    assert pixels(PageSize(1e30, 1), 1_540) == (1540, 1)
    assert pixels(PageSize(float("nan"), float("inf")), 100) == (1, 1)
    assert A4[2:] == (595, 842)
