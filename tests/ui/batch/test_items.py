"""What comes into a page's batch, and what a model is shown of it."""

from pathlib import Path

from backend.batch.values import Item
from backend.chat.parts import Image, TextFile
from backend.documents.reader import DocumentReader
from backend.storage.images import ImageStore
from tests.support.pdfs import pdf_of, written
from tests.support.shapes import draw
from ui.batch.items import THUMBNAIL, BatchFiles


def test_pages_images_and_texts_come_in_and_what_is_broken_says_so(tmp_path: Path) -> None:
    files = BatchFiles(ImageStore(tmp_path / "pictures"), DocumentReader())
    pdf, broken, text = tmp_path / "a.pdf", tmp_path / "b.pdf", tmp_path / "c.csv"
    pdf.write_bytes(pdf_of(written("One"), written("Two"), written("Three")))
    broken.write_bytes(b"%PDF-1.7 broken")
    text.write_text("a,b", "utf-8")
    rows = files.taken_in(str(pdf), "in/a.pdf", most=2)
    assert [row.item.label for row, _ in rows] == ["in/a.pdf, page 1", "in/a.pdf, page 2"]
    (image,) = files.parts(rows[1][0].item)
    assert isinstance(image, Image)
    assert (max(image.width, image.height), image.label) == (1540, "page 2 of a.pdf")
    small = files.thumbnail(rows[1][0].item)
    assert small
    assert max(small.width, small.height) == THUMBNAIL
    ((row, _),) = files.taken_in(str(broken), "b.pdf", most=5)
    assert (row.status, "b.pdf" in row.error) == ("failed", True)
    assert files.parts(Item("in/c.csv", text)) == (TextFile("c.csv", "a,b"),)
    ((row, shown),) = files.taken_in(str(draw("red circle", tmp_path / "d.png")), "d.png", most=5)
    assert row.status == "waiting"
    assert shown
