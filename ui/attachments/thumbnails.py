"""Small pictures of a document's pages, for the strip: drawn when they are seen, kept on the disk as uploads are."""

import contextlib
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from backend.chat.errors import DocumentRefused
from backend.documents.reader import DocumentReader
from ui.attachments.choice import MAX_PAGES
from ui.attachments.readings import name_of
from ui.attachments.remembered import Remembered
from ui.texts import texts

EDGE = 224  # pixels: twice what the strip shows, for screens with two to a point
AT_ONCE = 1_000  # of which it is remembered where they are


@dataclass(frozen=True)
class Thumbnails:
    """Draws pages of uploads into a folder. `keep` counts a file that was made as the visitor's for whom it was.

    Safe to use from several threads.
    """

    folder: Path
    documents: DocumentReader
    keep: Callable[[str], object]
    _made: Remembered[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_made", Remembered(self._make, AT_ONCE))

    def draw(self, path: str, number: int) -> Path:
        """The file, a PNG, of a page of an upload. Raises DocumentRefused, and DiskFull where there is no room."""
        if not 1 <= number <= MAX_PAGES:
            raise DocumentRefused(texts.documents.no_page)
        made = Path(self._made(path, number))
        if not made.exists():
            self._made.forget(path, number)
            made = Path(self._made(path, number))
        return made

    def _make(self, path: str, number: int) -> str:
        """Of one upload in a folder whose name nobody can tell from another's."""
        place = self.folder / blake2b(os.fsencode(path), digest_size=20).hexdigest() / f"{number}.png"
        if not place.exists():
            data = self.documents.page(path, name_of(path), number, EDGE)
            place.parent.mkdir(parents=True, exist_ok=True)
            partial = place.with_name(f"{secrets.token_hex(8)}.part")
            try:
                partial.write_bytes(data)
                partial.replace(place)
            except OSError as error:
                raise DocumentRefused(texts.documents.not_drawn) from error
            finally:
                with contextlib.suppress(OSError):
                    partial.unlink()
        self.keep(str(place))
        return str(place)
