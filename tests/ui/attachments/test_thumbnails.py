"""Small pictures of pages, and texts that are files again: on the disk, and counted as their visitor's."""

import io
from pathlib import Path

import PIL.Image
import pytest

from backend.chat.errors import DocumentRefused
from backend.chat.parts import TextFile
from backend.documents.reader import DocumentReader
from tests.support.pdfs import pdf_of, written
from ui.attachments.thumbnails import EDGE, Thumbnails
from ui.attachments.uploads import TextUploads, file_name


@pytest.fixture
def document(tmp_path: Path) -> str:
    path = tmp_path / "report.pdf"
    path.write_bytes(pdf_of(written("One"), written("Two")))
    return str(path)


def test_a_page_is_drawn_small_and_once_and_again_where_it_was_swept(document: str, tmp_path: Path) -> None:
    kept: list[str] = []
    thumbnails = Thumbnails(tmp_path / "thumbnails", DocumentReader(), kept.append)
    first = thumbnails.draw(document, 2)
    with PIL.Image.open(io.BytesIO(first.read_bytes())) as image:
        assert (image.format, max(image.size)) == ("PNG", EDGE)
    assert kept == [str(first)]
    assert thumbnails.draw(document, 2) == first
    assert thumbnails.draw(document, 1) != first
    first.unlink()
    assert thumbnails.draw(document, 2).exists()
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize("number", [0, -1, 3, 100_000])
def test_a_page_that_is_not_there_is_refused(document: str, tmp_path: Path, number: int) -> None:
    with pytest.raises(DocumentRefused):
        Thumbnails(tmp_path / "thumbnails", DocumentReader(), str).draw(document, number)


def test_a_text_that_was_sent_is_a_file_of_its_name_again(tmp_path: Path) -> None:
    kept: list[str] = []
    uploads = TextUploads(tmp_path, kept.append)
    path = uploads.path(TextFile("report.pdf, page 3", "Umläute\n"))
    assert Path(path).read_text("utf-8") == "Umläute\n"
    assert Path(path).name == "report.pdf, page 3"
    assert kept == [path]
    assert uploads.path(TextFile("report.pdf, page 3", "Umläute\n")) == path
    assert uploads.path(TextFile("report.pdf, page 3", "another")) != path


@pytest.mark.parametrize(
    ("name", "file"),
    [("../../etc/passwd", "_.._etc_passwd"), ("a\0b\n.txt", "a_b_.txt"), ("", "text"), ("..", "text")],
)
def test_no_name_leads_out_of_its_folder(name: str, file: str, tmp_path: Path) -> None:
    assert file_name(name) == file
    assert Path(TextUploads(tmp_path).path(TextFile(name, "x"))).parent.parent == tmp_path


def test_a_long_name_keeps_its_ending() -> None:
    name = file_name("ä" * 300 + ".md")
    assert len(name.encode()) <= 200
    assert name.endswith("ä.md")
