"""The items of a folder, and what each shows the model: files by their content, a document page by page."""

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from backend.batch.values import Item
from backend.chat.errors import InputRefused, UserError
from backend.chat.parts import Image, Part, TextFile
from backend.documents.kinds import kind_of
from backend.documents.reader import DocumentReader
from backend.sandbox.pool import Run
from backend.storage.decoding.picture import LONGEST_EDGE
from backend.storage.images import ImageStore

UNREADABLE = "{} can't be read. Check its permissions."


class Files:
    """Opens items: each in a folder of its own, which is gone with it. Safe to use from several threads."""

    def __init__(self, documents: DocumentReader, decode: Run, max_bytes: int) -> None:
        """`decode` is how pictures are decoded, of at most `max_bytes`."""
        self._documents, self._decode, self._max_bytes = documents, decode, max_bytes

    def items(self, folder: Path, without: Collection[Path] = ()) -> Iterator[Item]:
        """The folder's files and its sub-folders', in the order of their names; what is hidden is passed over."""
        for path in _files(folder):
            if path.resolve() not in without:
                name = path.relative_to(folder).as_posix()
                yield from self._items(path, os.fsencode(name).decode(errors="replace"))  # it may be no UTF-8

    @contextmanager
    def open(self, item: Item) -> Iterator[tuple[Part, ...]]:
        """What the item shows the model, as long as it is open. Raises UserError where it can't be used."""
        try:
            kind = kind_of(item.path)
        except OSError as error:
            raise InputRefused(UNREADABLE.format(item.label)) from error
        if kind not in ("picture", "pdf"):
            yield (TextFile(item.name, self._documents.text(item.path, item.name)),)
            return
        with TemporaryDirectory(prefix="mistral-chat-") as folder:
            store = ImageStore(Path(folder) / "pictures", self._max_bytes, self._decode)
            yield (self._picture(store, item),)

    def _items(self, path: Path, name: str) -> Iterator[Item]:
        """A file's; one that can't be read is an item too, which says so when it is opened."""
        try:
            count = self._documents.look(path, name).count if kind_of(path) == "pdf" else 0
        except (OSError, UserError):
            count = 0
        if not count:
            yield Item(name, path)
        for page in range(1, count + 1):
            yield Item(name, path, page)

    def _picture(self, store: ImageStore, item: Item) -> Image:
        if kind_of(item.path) == "picture":
            return store.take(item.path, item.name)
        page = self._documents.page(item.path, item.name, item.page or 1, LONGEST_EDGE)
        return replace(store.take_bytes(page, item.label), label=f"page {item.page} of {item.path.name}")


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if path.name.startswith("."):
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _files(path)
        elif path.is_file():
            yield path
