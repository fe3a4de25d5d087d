"""Documents with bytes, numbers and parts changed: each has to end in pages, in a text or in a sentence.

python scripts/fuzz_documents.py [--rounds 3000] [--seed 0] [--kinds pdf docx …] [--keep FOLDER]

Prints every file that ended otherwise, or whose process ended before its time, and writes it into the folder.
"""

import argparse
import io
import logging
import random
import re
import sys
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import openpyxl
import pptx

from backend.chat.errors import DocumentRefused
from backend.documents.reader import MAX_MEMORY, MODULES, DocumentReader
from backend.sandbox.pool import Sandbox
from tests.support.odd_pdfs import ODD
from tests.support.office import docx, paragraph, table

SECONDS = 5.0  # of processor time, for each of a file's calls
MOST = 300_000  # bytes of a PDF to begin with
LONG = re.compile("pixels|billion|tiles|curves")  # what takes its time as it is
NUMBERS = (b"0", b"-1", b"1", b"65536", b"2147483647", b"4294967296", b"99999999999999999999", b"1e9", b"null", b"[")
WORDS = re.compile(rb"/[A-Za-z]{1,20}|\d{1,10}")
PLAIN = "couldn't be opened"  # of the sentence for what a library raised and documents nowhere


def workbook() -> bytes:
    """A small one, with two sheets."""
    file, book = io.BytesIO(), openpyxl.Workbook()
    book.create_sheet("a").append(["a", 1, 2.5, True])
    book.create_sheet("b").append(["=1+1", "text"])
    book.save(file)
    return file.getvalue()


def slides() -> bytes:
    """A small show, with a table."""
    file, show = io.BytesIO(), pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[5])
    slide.shapes.title.text = "Title"
    slide.shapes.add_table(2, 2, 0, 0, 99, 99).table.cell(0, 0).text = "cell"
    show.save(file)
    return file.getvalue()


def seeds(kind: str) -> list[bytes]:
    """Files to begin with."""
    if kind == "pdf":
        files = (make() for name, make in ODD.items() if not LONG.search(name))
        return [data for data in files if 0 < len(data) <= MOST]
    made: dict[str, Callable[[], bytes]] = {
        "docx": lambda: docx(
            paragraph("Title", "Heading1") + table(("a", "b"), ("1", "2")) + paragraph("x", bold=True)
        ),
        "xlsx": workbook,
        "pptx": slides,
    }
    return [made[kind]()]


def mutated(data: bytes, chance: random.Random) -> bytes:
    """A few of its bytes, words or parts changed."""
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        at = chance.randrange(len(data)) if data else 0
        match chance.randrange(6):
            case 0:
                data = data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
            case 1:
                data = data[:at] + data[at + chance.choice((1, 10, 100)) :]
            case 2:
                part = data[at : at + chance.choice((1, 20, 200))]
                data = data[:at] + part * chance.choice((2, 50)) + data[at:]
            case _:
                data = _with_word(data, at, chance)
    return data[:2_000_000]


def _with_word(data: bytes, at: int, chance: random.Random) -> bytes:
    """The next name or number is another: one of the file's own, or an odd number."""
    found = WORDS.search(data, at)
    if not found:
        return data
    other = WORDS.search(data, chance.randrange(len(data)))
    new = other[0] if other and chance.random() < 0.5 else chance.choice(NUMBERS)
    return data[: found.start()] + new + data[found.end() :]


def in_parts(data: bytes, chance: random.Random) -> bytes:
    """A zip file with one of its parts changed, since a changed zip file is mostly none."""
    if chance.random() < 0.2:
        return mutated(data, chance)
    with zipfile.ZipFile(io.BytesIO(data)) as read:
        parts = {name: read.read(name) for name in read.namelist()}
    name = chance.choice(list(parts))
    parts[name] = mutated(parts[name], chance)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
        for part, body in parts.items():
            made.writestr(part, body)
    return file.getvalue()


def tried(reader: DocumentReader, path: Path) -> str:
    """How a file ended, in some words."""
    try:
        info = reader.look(path, "a")
        if info.kind == "pdf":
            for number in range(1, min(info.count, 2) + 1):
                with suppress(DocumentRefused):
                    reader.page_text(path, "a", number)
                reader.page(path, "a", number, 300)
        return info.kind
    except DocumentRefused as refused:
        return re.sub(r"\d[\d,.]*", "N", str(refused))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", nargs="+", default=["pdf", "docx", "xlsx", "pptx"])
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "fuzzed-documents")
    given = parser.parse_args()
    logging.basicConfig(format="%(message)s")
    given.keep.mkdir(parents=True, exist_ok=True)
    chance, ends = random.Random(given.seed), Counter[str]()
    corpus = [(kind, data) for kind in given.kinds for data in seeds(kind)]
    with closing(Sandbox(SECONDS, MAX_MEMORY, MODULES)) as sandbox, tempfile.TemporaryDirectory() as folder:
        reader, path = DocumentReader(sandbox.run), Path(folder) / "a"
        for _ in range(given.rounds):
            kind = chance.choice(given.kinds)
            data = chance.choice([seed for of, seed in corpus if of == kind])
            changed = mutated(data, chance) if kind == "pdf" else in_parts(data, chance)
            path.write_bytes(changed)
            try:
                ended = tried(reader, path)
            except Exception as error:  # whatever else it is, is what is looked for
                ended = f"neither: {error!r}"
            ends[f"{kind}: {ended}"] += 1
            if "takes too" in ended or ended.startswith("neither") or PLAIN in ended:
                (given.keep / f"{zlib.crc32(changed):08x}.{kind}").write_bytes(changed)
    print(*(f"{count:6,} {end}" for end, count in ends.most_common()), sep="\n")


if __name__ == "__main__":
    main()
