"""Conversations kept in one SQLite file, pictures included, for an app that one person uses (--history PATH).

One row a node: saving inserts what is new, and reads nothing back. Of title, branch and panel the later one wins.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.chat.errors import ConversationInvalid, Deleted, ImageRefused, NotSaved
from backend.chat.parts import Image
from backend.chat.tree import Node
from backend.storage.archive import rows
from backend.storage.archive.connection import reading, writing
from backend.storage.archive.schema import prepare
from backend.storage.document import Document, Unreadable
from backend.storage.document_json import from_json
from backend.storage.images import ImageStore

DELETED = "This chat was deleted elsewhere, so new messages aren't saved. Export it, or start a new chat."
SEARCH = """
SELECT id FROM conversations LEFT JOIN words ON conversation = id
WHERE instr(body, :text) OR instr(lower_name, :text) ORDER BY updated DESC
"""


@dataclass(frozen=True)
class ConversationSummary:
    """A kept conversation in a list."""

    id: str
    title: str
    updated: str


class Archive:
    """A file of conversations. Safe to use from several threads: each use has a connection of its own.

    Every method raises NotSaved where the file cannot be used.
    """

    def __init__(self, path: Path, store: ImageStore) -> None:
        """Raises NotSaved where the file is none of ours, is of a newer version of the app, or cannot be made."""
        self._path = path
        self._store = store
        prepare(path)
        with writing(path) as db:
            rows.end_broken_off(db)

    def entries(self) -> list[ConversationSummary]:
        """All conversations, the newest first."""
        with reading(self._path) as db:
            found = db.execute("SELECT id, name, updated FROM conversations ORDER BY updated DESC").fetchall()
        return [ConversationSummary(*row) for row in found]

    def search(self, text: str) -> list[str]:
        """The ids of those that hold a text in their name or their words, the newest first."""
        with reading(self._path) as db:
            return [row[0] for row in db.execute(SEARCH, {"text": rows.whole(text).lower()})]

    def save(
        self,
        document: Document,
        nodes: Sequence[Node] | None = None,
        growing: str | None = None,
        is_import: bool = False,
    ) -> None:
        """Keeps these nodes of a conversation, or all, each in place of what was kept of it, and what belongs to it.

        `growing` is a node that is still being written. Raises Deleted where the conversation was deleted, unless
        `is_import`: then it is there again.
        """
        with writing(self._path) as db:
            if is_import:
                db.execute("DELETE FROM deleted WHERE id = ?", (document.id,))
            if db.execute("SELECT 1 FROM deleted WHERE id = ?", (document.id,)).fetchone():
                raise Deleted(DELETED)
            if nodes is None:
                nodes = tuple(document.history.nodes.values())
            rows.save(db, document, nodes, growing)

    def load(self, key: str) -> Document | None:
        """The conversation kept under this id, its pictures back in the store; one that is damaged is marked."""
        with reading(self._path) as db:
            text = rows.load(db, key)
            try:
                return from_json(text.encode(), lambda name: self._picture(db, name)) if text is not None else None
            except ConversationInvalid as error:
                damaged = f"This chat is damaged in the history file {self._path.name}."
                raise NotSaved(f"{damaged} Delete it, or restore a copy of the file.") from error

    def _picture(self, db: sqlite3.Connection, name: str) -> Image:
        row = db.execute("SELECT bytes FROM pictures WHERE name = ?", (name,)).fetchone()
        if row is None:
            raise ImageRefused("An image in this chat is gone.")
        return self._store.take_bytes(row[0] or b"", name)

    def documents(self) -> Iterator[Document | Unreadable]:
        """All conversations, one after the other; what is damaged keeps nobody from the others."""
        for entry in self.entries():
            try:
                document: Document | Unreadable | None = self.load(entry.id)
            except NotSaved as error:
                document = Unreadable(entry.title, str(error))
            if document:
                yield document

    def rename(self, key: str, title: str, at: str) -> None:
        """Gives a conversation a title, at a time as ISO 8601 in UTC; a blank one changes nothing."""
        if title.strip():
            with writing(self._path) as db:
                rows.rename(db, key, title, at)

    def delete(self, key: str) -> None:
        """Forgets a conversation for good, and the pictures that no other holds."""
        with writing(self._path) as db:
            rows.delete(db, key)
