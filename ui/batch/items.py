"""The files of a page's batch: as items when they come in, and as what a model is shown of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from backend.batch.values import Item, Row
from backend.chat.errors import UserError
from backend.chat.parts import Image, Part, TextFile
from backend.documents.kinds import kind_of
from backend.documents.reader import DocumentReader
from backend.storage.decoding.picture import LONGEST_EDGE
from backend.storage.images import ImageStore
from ui.texts import texts

THUMBNAIL = 160  # pixels: twice what is drawn


@dataclass(frozen=True)
class BatchFiles:
    """Reads them in the processes of the image store and of the reader of documents. They block."""

    images: ImageStore
    documents: DocumentReader

    def taken_in(self, path: str, name: str, most: int) -> list[tuple[Row, Image | None]]:
        """The rows of an upload, at most so many, each with its thumbnail; one that can't be used says why."""
        item = Item(name, Path(path))
        try:
            kind = kind_of(path)
            if kind == "picture":
                return [(Row(item), self.images.take(path, name, THUMBNAIL))]
            if kind == "pdf":
                count = min(self.documents.look(path, name).count, most)
                return [(Row(replace(item, page=page)), None) for page in range(1, count + 1)]
        except OSError:
            return [(Row(item).failed(texts.batch.unreadable), None)]
        except UserError as error:
            return [(Row(item).failed(str(error)), None)]
        return [(Row(item), None)]

    @contextmanager
    def open(self, item: Item) -> Iterator[tuple[Part, ...]]:
        """What the item shows the model. Raises UserError where it can't be used."""
        yield self.parts(item)

    def parts(self, item: Item) -> tuple[Part, ...]:
        """The same; what it names stays as long as the image store keeps it. Raises UserError."""
        if item.page is not None:
            page = self.documents.page(item.path, item.name, item.page, LONGEST_EDGE)
            image = self.images.take_bytes(page, item.label)
            return (replace(image, label=texts.batch.page.format(page=item.page, name=_last(item.name))),)
        try:
            kind = kind_of(item.path)
        except OSError as error:
            raise UserError(texts.batch.unreadable) from error
        if kind == "picture":
            return (self.images.take(item.path, item.name),)
        return (TextFile(_last(item.name), self.documents.text(item.path, item.name)),)

    def thumbnail(self, item: Item) -> Image | None:
        """A page's, which is made when it is asked about; None where there is nothing to be seen."""
        if item.page is None:
            return None
        try:
            return self.images.take_bytes(self.documents.page(item.path, item.name, item.page, THUMBNAIL), item.label)
        except UserError:
            return None  # its row says why


def _last(name: str) -> str:
    return name.rpartition("/")[2]
