"""What becomes of odd PDFs is what docs/documents.md says."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from backend.documents.reader import DocumentReader, documents
from tests.support.odd_pdfs import ODD
from tests.support.odd_pdfs.became import became
from tests.support.pdfs import pdf_of, written

ROWS = dict(re.findall(r"^\| (\S.*?) \| (\S.*?) \|$", Path("docs/documents.md").read_text("utf-8"), re.MULTILINE))


@pytest.fixture(scope="module")
def reader() -> Iterator[DocumentReader]:
    with closing(documents()) as sandbox:
        yield DocumentReader(sandbox.run)


@pytest.mark.parametrize("name", ODD)
def test_a_pdf_becomes_what_is_written_of_it_and_the_next_is_read(
    reader: DocumentReader, tmp_path: Path, name: str
) -> None:
    path = tmp_path / "upload"
    path.write_bytes(ODD[name]())
    assert became(reader, path) == ROWS[name]
    path.write_bytes(pdf_of(written("fine")))
    assert became(reader, path) == "1 page: drawn, “fine”"
