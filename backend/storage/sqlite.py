"""Conversations kept in one SQLite file, pictures included, for an app that one person uses (--history PATH)."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from backend.chat.errors import NotSaved
from backend.chat.messages import Image, Text, UserMessage
from backend.storage.document import Document, from_json, to_json
from backend.storage.images import ImageStore

MAX_SEARCHED = 20_000  # characters of a conversation that a search looks through
APPLICATION = 0x4D434854  # marks the file as ours; https://www.sqlite.org/pragma.html#pragma_application_id
TABLES = f"""
PRAGMA application_id = {APPLICATION};
CREATE TABLE IF NOT EXISTS documents (id TEXT PRIMARY KEY, title TEXT, updated TEXT, words TEXT, body TEXT);
CREATE TABLE IF NOT EXISTS pictures (name TEXT PRIMARY KEY, bytes BLOB);
"""


@dataclass(frozen=True)
class ConversationSummary:
    """A kept conversation in a list: `words` is what a search looks through."""

    id: str
    title: str
    updated: str
    words: str


class Archive:
    """A file of conversations. Safe to use from several threads: each use has a connection of its own.

    Every method raises NotSaved where the file cannot be used.
    """

    def __init__(self, path: Path, store: ImageStore) -> None:
        """Raises NotSaved where the file is none of ours or cannot be made."""
        self._path = path
        self._store = store
        with self._open() as db:
            mark = db.execute("PRAGMA application_id").fetchone()[0]
            if mark != APPLICATION and db.execute("SELECT 1 FROM sqlite_master").fetchone():
                raise NotSaved(f"{path} is another program's file; give --history a file of its own.")
            db.executescript(TABLES)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._path, timeout=10)) as db, db:
                yield db
        except sqlite3.Error as error:
            raise NotSaved(f"The history file {self._path.name} cannot be used: {error}.") from error

    def entries(self) -> list[ConversationSummary]:
        """All conversations, the newest first."""
        with self._open() as db:
            rows = db.execute("SELECT id, title, updated, words FROM documents ORDER BY updated DESC").fetchall()
        return [ConversationSummary(*row) for row in rows]

    def save(self, document: Document) -> None:
        """Keeps a conversation in place of what was kept under its id; a title given by hand stays."""
        with self._open() as db:
            kept = db.execute("SELECT body FROM documents WHERE id = ?", (document.id,)).fetchone()
            if kept and not document.title:
                document = replace(document, title=json.loads(kept[0])["title"])
            for image in document.history.images:
                name = Path(image.path).name
                if not db.execute("SELECT 1 FROM pictures WHERE name = ?", (name,)).fetchone():
                    db.execute("INSERT INTO pictures VALUES (?, ?)", (name, _picture(image)))
            body = json.dumps(to_json(document, lambda image: Path(image.path).name), ensure_ascii=False)
            row = (document.id, document.name, document.updated, words(document), body)
            db.execute("INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?, ?)", row)

    def load(self, key: str) -> Document | None:
        """The conversation kept under this id, its pictures back in the store."""
        with self._open() as db:
            row = db.execute("SELECT body FROM documents WHERE id = ?", (key,)).fetchone()
            return from_json(row[0], lambda name: self._picture(db, name)) if row else None

    def _picture(self, db: sqlite3.Connection, name: str) -> Image:
        row = db.execute("SELECT bytes FROM pictures WHERE name = ?", (name,)).fetchone()
        return self._store.take_bytes(row[0] if row else b"", name)

    def rename(self, key: str, title: str) -> None:
        """Gives a conversation a title; a blank one changes nothing."""
        if not title.strip():
            return
        with self._open() as db:
            row = db.execute("SELECT body FROM documents WHERE id = ?", (key,)).fetchone()
            if row:
                body = json.dumps(json.loads(row[0]) | {"title": title}, ensure_ascii=False)
                db.execute("UPDATE documents SET title = ?, body = ? WHERE id = ?", (title, body, key))

    def delete(self, key: str) -> None:
        """Forgets a conversation, and the pictures that no other holds."""
        with self._open() as db:
            db.execute("DELETE FROM documents WHERE id = ?", (key,))
            for (name,) in db.execute("SELECT name FROM pictures").fetchall():
                if not db.execute("SELECT 1 FROM documents WHERE instr(body, ?)", (name,)).fetchone():
                    db.execute("DELETE FROM pictures WHERE name = ?", (name,))


def _picture(image: Image) -> bytes:
    try:
        return Path(image.path).read_bytes()
    except OSError as error:
        raise NotSaved("A picture of this conversation is gone, so it could not be kept.") from error


def words(document: Document) -> str:
    """The text of all messages, in lower case, as far as a search looks."""
    texts = []
    for node in document.history.nodes:
        message = node.message
        if isinstance(message, UserMessage):
            texts += [part.text for part in message.parts if isinstance(part, Text)]
        else:
            texts.append(getattr(message, "text", ""))
    return " ".join(texts).lower()[:MAX_SEARCHED]
