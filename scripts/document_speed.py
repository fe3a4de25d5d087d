"""What documents cost: python scripts/document_speed.py. Prints a table; docs/documents.md holds one.

The PDF is its own: a hundred pages of A4, each with fifty lines of text and a chart of curves.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from backend.documents.reader import DocumentReader, documents
from tests.support.pdfs import pdf_of, written

PAGES, THUMBNAIL, FULL, CUT = 100, 200, 1_540, 4_000  # pixels of the longest edge
CHART = b"".join(b"0 0 1 RG 50 %d m 200 %d 400 %d 545 60 c S\n" % (20 + y, 90 - y, 40 + y) for y in range(20))


def page(number: int) -> bytes:
    """A page's content."""
    lines = (f"{number}.{line} The quick brown fox jumps over the lazy dog and reads on." for line in range(50))
    return CHART + b"".join(written(text, 50, 790 - 14 * line, 11) for line, text in enumerate(lines))


def took(deed: Callable[[], object], times: int) -> float:
    """Milliseconds, of so many the one in the middle."""
    spent = []
    for _ in range(times):
        begun = time.perf_counter()
        deed()
        spent.append(1_000 * (time.perf_counter() - begun))
    return median(spent)


def rows(path: Path, times: int) -> list[tuple[str, str]]:
    """What was measured, and the figure."""
    own = psutil.Process()
    with closing(documents()) as sandbox:
        before = own.memory_info().rss
        sandbox.start()
        reader = DocumentReader(sandbox.run)
        look = took(lambda: reader.look(path, "a.pdf"), times)
        small = took(lambda: reader.page(path, "a.pdf", PAGES // 2, THUMBNAIL), times)
        strip = took(lambda: [reader.page(path, "a.pdf", number, THUMBNAIL) for number in range(1, PAGES + 1)], 1)
        full = took(lambda: reader.page(path, "a.pdf", 1, FULL), times)
        cut = took(lambda: reader.page(path, "a.pdf", 1, CUT), times)
        text = took(lambda: reader.page_text(path, "a.pdf", 1), times)
        reading = [_peak(child.pid) for child in own.children()]
        grown = own.memory_info().rss - before
    return [
        (f"a look at {PAGES} pages", f"{look:.0f} ms"),
        (f"a page at {THUMBNAIL} pixels", f"{small:.0f} ms"),
        (f"{PAGES} pages at {THUMBNAIL} pixels, one after the other", f"{strip / 1_000:.1f} s"),
        (f"a page at {FULL} pixels", f"{full:.0f} ms"),
        (f"a page at {CUT} pixels", f"{cut:.0f} ms"),
        ("a page's text", f"{text:.0f} ms"),
        (f"a look, of a page at {FULL} pixels", f"{look / full:.2f}"),
        ("memory of the process that reads, at its most", f"{max(reading) / 1e6:.0f} MB"),
        ("memory that the app's own process grew by", f"{grown / 1e6:.0f} MB"),
    ]


def _peak(pid: int) -> int:
    """Bytes of a process's memory at its most; Linux tells it."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) * 1_024 for line in lines if line.startswith("VmHWM:"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.pdf"
        path.write_bytes(pdf_of(*(page(number) for number in range(1, PAGES + 1))))
        print("| what | figure |\n|---|---|")
        for what, figure in rows(path, given.times):
            print(f"| {what} | {figure} |")


if __name__ == "__main__":
    main()
