"""What the files in message boxes hold: pictures, a document's pages, and texts."""

import os
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import ParamSpec, TypeVar

from backend.chat.parts import Image
from backend.documents.reader import DocumentReader
from backend.documents.values import DocumentInfo
from backend.storage.images import ImageStore
from ui.attachments.remembered import Remembered
from ui.texts import texts

P = ParamSpec("P")
T = TypeVar("T")
MOST_PICTURES, MOST_DOCUMENTS = 1_000, 100
MOST_CHARACTERS = 10_000_000  # of texts that are remembered; one has a tenth of that at most


_ALONE = threading.Lock()


def one_by_one(function: Callable[P, T], /, *given: P.args, **named: P.kwargs) -> T:
    """Runs what reads a document in this process: PDFium does so for one thread at a time."""
    with _ALONE:
        return function(*given, **named)


def name_of(path: str) -> str:
    """What a person calls a file."""
    return path.rsplit("/", 1)[-1]


def page_label(number: int, path: str) -> str:
    """What a picture of a page is."""
    return texts.documents.page_of.format(number=number, name=name_of(path))


@dataclass(frozen=True)
class Readings:
    """Reads files by their paths. All raise ImageRefused or DocumentRefused, and tell what has to wait from it."""

    images: ImageStore
    documents: DocumentReader = field(default_factory=lambda: DocumentReader(one_by_one))
    look: Remembered[DocumentInfo] = field(init=False)
    text: Remembered[str] = field(init=False)
    page_text: Remembered[str] = field(init=False)  # of a page, by its number
    _pictures: Remembered[Image] = field(init=False)
    _pages: Remembered[Image] = field(init=False)

    def __post_init__(self) -> None:
        reader = self.documents
        for name, remembered in {
            "look": Remembered(self._looked, MOST_DOCUMENTS),
            "text": Remembered(lambda path: reader.text(path, name_of(path)), MOST_CHARACTERS, len),
            "page_text": Remembered(self._text_of, MOST_CHARACTERS, len),
            "_pictures": Remembered(self._taken, MOST_PICTURES),
            "_pages": Remembered(self._drawn, MOST_PICTURES),
        }.items():
            object.__setattr__(self, name, remembered)

    def picture(self, path: str, detail: int) -> Image:
        """The picture in a file, its longest edge of so many pixels at most."""
        return _there(self._pictures, path, detail)

    def page(self, path: str, number: int, detail: int) -> Image:
        """A page of a document as a picture."""
        return _there(self._pages, path, number, detail)

    def is_drawn(self, path: str, number: int, detail: int) -> bool:
        """Whether that has been made."""
        return self._pages.known(path, number, detail)

    def _looked(self, path: str) -> DocumentInfo:
        """A picture of the store's own has a name that tells a person nothing: the store says what is wrong with it."""
        return DocumentInfo("picture") if self.images.holds(path) else self.documents.look(path, name_of(path))

    def _taken(self, path: str, detail: int) -> Image:
        return self.images.take(path, name_of(path), detail)

    def _drawn(self, path: str, number: int, detail: int) -> Image:
        data = self.documents.page(path, name_of(path), number, detail)
        return replace(self.images.take_bytes(data, name_of(path)), label=page_label(number, path))

    def _text_of(self, path: str, number: int) -> str:
        return self.documents.page_text(path, name_of(path), number)


def _there(remembered: Remembered[Image], *key: Hashable) -> Image:
    """The picture, made anew where its file was swept, or cleared by the system."""
    image = remembered(*key)
    if not os.path.exists(image.path):
        remembered.forget(*key)
        image = remembered(*key)
    return image
