"""Which items a folder has, and what each shows the model."""

import os
import sys
from pathlib import Path

import pytest
from PIL import Image as PILImage

from backend.batch.files import Files
from backend.batch.values import Item
from backend.chat.errors import UserError
from backend.chat.parts import Image, Part, TextFile
from backend.documents.reader import DocumentReader
from backend.sandbox.pool import directly
from tests.support.pdfs import pdf_of, written
from tests.support.shapes import draw

FILES = Files(DocumentReader(), directly, 1_000_000)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "b" / ".git").mkdir(parents=True)
    (tmp_path / "b" / ".git" / "config").write_text("hidden", "utf-8")
    (tmp_path / "b" / "notes.txt").write_bytes("Größe".encode("utf-16"))
    (tmp_path / "a.pdf").write_bytes(pdf_of(written("One"), written("Two")))
    draw("red circle", tmp_path / "c.jpg")
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    (tmp_path / "data.bin").write_bytes(bytes(range(256)))
    (tmp_path / "table.csv").write_text("results", "utf-8")
    return tmp_path


def items(folder: Path) -> tuple[Item, ...]:
    return tuple(FILES.items(folder, {(folder / "table.csv").resolve()}))


def test_each_page_is_an_item_and_so_is_each_other_file_but_what_is_hidden_or_the_batchs_own(folder: Path) -> None:
    labels = [item.label for item in items(folder)]
    assert labels == ["a.pdf, page 1", "a.pdf, page 2", "b/notes.txt", "broken.pdf", "c.jpg", "data.bin"]


def test_what_an_item_shows_is_there_while_it_is_open(folder: Path) -> None:
    shown: dict[str, Part] = {}
    for item in items(folder)[:3]:
        with FILES.open(item) as parts:
            (shown[item.label],) = parts
            if isinstance(part := parts[0], Image):
                with PILImage.open(part.path) as picture:
                    assert picture.size == (part.width, part.height)
    page = shown["a.pdf, page 2"]
    assert isinstance(page, Image)
    assert max(page.width, page.height) == 1540
    assert not Path(page.path).exists()
    assert shown["b/notes.txt"] == TextFile("b/notes.txt", "Größe")


@pytest.mark.parametrize("name", ["broken.pdf", "data.bin", "gone.png"])
def test_what_cannot_be_used_is_refused_by_its_name(folder: Path, name: str) -> None:
    with pytest.raises(UserError, match=name), FILES.open(Item(name, folder / name)):
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_is_no_utf_8_can_be_written(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.txt")).write_text("tea", "utf-8")
    (item,) = FILES.items(tmp_path)
    assert item.label.encode() == "caf\ufffd.txt".encode()
    with FILES.open(item) as parts:
        assert parts == (TextFile("caf\ufffd.txt", "tea"),)
