"""The reader of documents: what a file is, its pages as pictures, its text. All work on a file is done where `run` does
it, page by page as one is asked for; that side is given the file's path, and hands back sizes, a PNG or a text.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from backend.chat.errors import DocumentRefused, DocumentWaits, UserError, trace
from backend.chat.file_names import quoted
from backend.documents import office, pdf, text
from backend.documents.kinds import kind_of
from backend.documents.values import DocumentInfo
from backend.sandbox.pool import Busy, LimitReached, Run, Sandbox, directly

MAX_BYTES = 20_000_000
MAX_AT_ONCE, MAX_SECONDS, MAX_MEMORY = 2, 10.0, 1_500_000_000  # each, in s of processor time and bytes
# What pages and text need. Office's libraries, 0.3 s and 40 MB, are imported by the process that is given such a file.
MODULES = ("pypdfium2", "PIL.PngImagePlugin", "charset_normalizer", __name__)

log = logging.getLogger(__name__)


def documents(max_bytes: int = MAX_BYTES) -> Sandbox:
    """Processes for a reader to read in; there may be three copies of the file beside what is made of it."""
    return Sandbox(MAX_SECONDS, MAX_MEMORY + 3 * max_bytes, MODULES, MAX_AT_ONCE)


class DocumentReader:
    """Reads files that people attach. Every method takes a file's path and the name that the person knows it by, and
    raises DocumentRefused, or DocumentWaits where it may well be read later. Safe to use from several threads where
    `run` is.
    """

    def __init__(self, run: Run = directly, max_bytes: int = MAX_BYTES) -> None:
        """`max_bytes` is the largest file read; `run` is where, which `documents` bounds. Directly, one at a time."""
        self._run, self._max_bytes = run, max_bytes

    def look(self, path: str | Path, name: str) -> DocumentInfo:
        """What the file is; a PDF's pages are not drawn for it. Refuses what is neither a document nor a picture."""
        label = _label(name)
        info: DocumentInfo = self._read(path, label, f"{label} takes too long or too much memory to open.", _look)
        return info

    def page(self, path: str | Path, name: str, number: int, longest_edge: int) -> bytes:
        """A PDF's page as a PNG on white, numbered from 1; `pixels` tells its size beforehand."""
        drawn: bytes = self._read(path, _label(name), _too_much(name, number), pdf.draw, number, longest_edge)
        return drawn

    def page_text(self, path: str | Path, name: str, number: int) -> str:
        """The text layer of a PDF's page, numbered from 1; empty where it has none, as a scan."""
        layer: str = self._read(path, _label(name), _too_much(name, number), pdf.text_of, number)
        return layer

    def text(self, path: str | Path, name: str) -> str:
        """All of a file of text, and the Markdown of Office's files."""
        label = _label(name)
        whole: str = self._read(path, label, f"{label} takes too long or too much memory to open.", _text)
        return whole

    def _read(self, path: str | Path, label: str, too_much: str, read: Callable[..., Any], *more: object) -> Any:
        try:
            self._check_size(Path(path), label)
            return self._run(read, str(path), label, *more)
        except Busy as error:
            raise DocumentWaits(
                f"{label} has to wait while other files are being opened. Try again in a moment."
            ) from error
        except LimitReached as error:
            raise DocumentRefused(f"{too_much} Save it again, or add a simpler copy.") from error
        except UserError:
            raise
        except Exception as error:  # what a damaged file has these libraries raise is documented nowhere
            log.warning("a document could not be read: %s", trace(error))
            raise DocumentRefused(f"{label} couldn't be opened. Save it again, then add it.") from error

    def _check_size(self, path: Path, label: str) -> None:
        try:
            size = path.stat().st_size
        except OSError as error:
            raise DocumentRefused(f"{label} couldn't be read. Upload it again.") from error
        if size > self._max_bytes:
            limit = f"{self._max_bytes / 1e6:g} MB"
            smaller = "Use a smaller copy" if kind_of(path) == "picture" else "Add a part of it"
            raise DocumentRefused(f"{label} is {size / 1e6:.1f} MB, over the limit of {limit}. {smaller}.")
        if not size:
            raise DocumentRefused(f"{label} is empty. Check the file, and add it again.")


def _label(name: str) -> str:
    return quoted(name) or "The file"


def _too_much(name: str, number: int) -> str:
    return f"Page {number} of {_label(name)} takes too long or too much memory to draw."


def _look(path: str, label: str) -> DocumentInfo:
    kind = kind_of(path)
    if kind == "pdf":
        pages, count = pdf.sizes(path, label)
        return DocumentInfo(kind, pages, count)
    if kind == "picture":
        return DocumentInfo(kind)
    return DocumentInfo(kind, text_length=len(_text(path, label)))


def _text(path: str, label: str) -> str:
    match kind := kind_of(path):
        case "text":
            return text.read_text(path, label)
        case "docx" | "xlsx" | "pptx":
            return office.read_office(path, label, kind)
        case "old office":
            raise office.too_old(path, label)
    raise text.not_supported(label)
