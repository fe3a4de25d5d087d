"""Conversations kept in one SQLite file, pictures included, for an app that one person uses (--history PATH).

One row a node: saving inserts what is new, and reads nothing back. Of title, branch and panel the later one wins.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from backend.chat.errors import Deleted, ImageRefused, NotSaved
from backend.chat.messages import Image, Text, UserMessage
from backend.chat.tree import Node, images_of
from backend.storage.archive_file import begin_migration, end_migration, first_documents, prepare
from backend.storage.document import Document
from backend.storage.document_json import FORMAT, from_json, node_json, panel_json
from backend.storage.images import ImageStore

MAX_SEARCHED = 20_000  # characters of a conversation that a search looks through
BUSY_SECONDS = 5.0
DELETED = (
    "This conversation was deleted elsewhere, so what is written here is not kept: export it, or begin a new chat."
)


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
        with self._told():
            if prepare(path, BUSY_SECONDS):
                self._migrate()

    @contextmanager
    def _open(self, writes: bool = False) -> Iterator[sqlite3.Connection]:
        """Where it `writes`, nobody else does meanwhile: what is read before still holds."""
        with (
            self._told(),
            closing(sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=rw", BUSY_SECONDS, uri=True)) as db,
        ):
            db.execute("PRAGMA foreign_keys = ON")
            with db:
                if writes:
                    db.execute("BEGIN IMMEDIATE")
                yield db

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise NotSaved(f"The history file {self._path.name} cannot be used: {error}.") from error

    def _migrate(self) -> None:
        """A file of the first version becomes one of this, whole or not at all."""
        with self._open() as db:
            begin_migration(db)
            for document in first_documents(db):
                self._save(db, document, tuple(document.history.nodes.values()), None)
            end_migration(db)

    def entries(self) -> list[ConversationSummary]:
        """All conversations, the newest first."""
        with self._open() as db:
            rows = db.execute("SELECT id, name, updated FROM conversations ORDER BY updated DESC").fetchall()
        return [ConversationSummary(*row) for row in rows]

    def search(self, text: str) -> list[str]:
        """The ids of those that hold a text in their name or their words, the newest first."""
        wanted = text.lower()
        query = "SELECT id FROM conversations WHERE instr(words, ?) OR instr(lower_name, ?) ORDER BY updated DESC"
        with self._open() as db:
            return [row[0] for row in db.execute(query, (wanted, wanted))]

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
        saved = tuple(document.history.nodes.values()) if nodes is None else nodes
        with self._open(writes=True) as db:
            if is_import:
                db.execute("DELETE FROM deleted WHERE id = ?", (document.id,))
            if db.execute("SELECT 1 FROM deleted WHERE id = ?", (document.id,)).fetchone():
                raise Deleted(DELETED)
            self._save(db, document, saved, growing)

    def _save(self, db: sqlite3.Connection, document: Document, nodes: Sequence[Node], growing: str | None) -> None:
        self._save_head(db, document)
        saved = [node for node in nodes if self._save_node(db, document.id, node, is_done=node.id != growing)]
        if saved:
            words = " ".join(["", *map(words_of, saved)])
            query = "UPDATE conversations SET words = substr(words || ?, 1, ?) WHERE id = ?"
            db.execute(query, (words, MAX_SEARCHED, document.id))

    def _save_head(self, db: sqlite3.Connection, document: Document) -> None:
        panel = json.dumps(panel_json(document), ensure_ascii=False)
        new = {
            "id": document.id, "name": document.name, "lower_name": document.name.lower(), "title": document.title,
            "titled": document.titled, "updated": document.updated, "leaf": document.history.leaf, "panel": panel,
        }  # fmt: skip
        db.execute(
            "INSERT INTO conversations (id, name, lower_name, title, titled, updated, leaf, panel, words)"
            " VALUES (:id, :name, :lower_name, :title, :titled, :updated, :leaf, :panel, '') ON CONFLICT DO NOTHING",
            new,
        )
        db.execute(
            "UPDATE conversations SET updated = :updated, leaf = :leaf, panel = :panel"
            " WHERE id = :id AND updated <= :updated",
            new,
        )
        if document.titled:
            db.execute(_TITLE, new)

    def _save_node(self, db: sqlite3.Connection, key: str, node: Node, is_done: bool) -> bool:
        """Whether the node is now kept as a whole for the first time."""
        values, setups = node_json(node, lambda image: Path(image.path).name)
        for setup, value in setups.items():
            db.execute("INSERT OR IGNORE INTO setups VALUES (?, ?)", (setup, json.dumps(value, ensure_ascii=False)))
        for image in images_of(node.message):
            self._save_picture(db, key, image)
        was_done = db.execute("SELECT done FROM nodes WHERE conversation = ? AND id = ?", (key, node.id)).fetchone()
        db.execute(
            "INSERT INTO nodes (conversation, id, setup, done, body) VALUES (:key, :id, :setup, :done, :body)"
            " ON CONFLICT (conversation, id) DO UPDATE SET setup = :setup, done = :done, body = :body WHERE done <= :done",
            {
                "key": key, "id": node.id, "setup": next(iter(setups), None), "done": is_done,
                "body": json.dumps(values, ensure_ascii=False),
            },
        )  # fmt: skip
        return is_done and not (was_done and was_done[0])

    def _save_picture(self, db: sqlite3.Connection, key: str, image: Image) -> None:
        """One whose file is gone is marked when the conversation is opened: all else is kept."""
        name = Path(image.path).name
        if not db.execute("SELECT 1 FROM pictures WHERE name = ?", (name,)).fetchone():
            with suppress(FileNotFoundError):
                db.execute("INSERT INTO pictures VALUES (?, ?)", (name, Path(image.path).read_bytes()))
        db.execute("INSERT OR IGNORE INTO uses VALUES (?, ?)", (key, name))

    def load(self, key: str) -> Document | None:
        """The conversation kept under this id, its pictures back in the store; one that is damaged is marked."""
        with self._open() as db:
            head = db.execute("SELECT title, titled, updated, leaf, panel FROM conversations WHERE id = ?", (key,))
            row = head.fetchone()
            if row is None:
                return None
            bodies = [json.loads(body) for (body,) in db.execute(_NODES, (key,))]
            used = {body["asked"]["setup"] for body in bodies if body["asked"]}
            setups = {name: json.loads(db.execute(_SETUP, (name,)).fetchone()[0]) for name in used}
            title, titled, updated, leaf, panel = row
            known = {body["id"] for body in bodies}
            values = {
                "format": FORMAT, "id": key, "title": title, "titled": titled, "updated": updated, "setups": setups,
                "leaf": leaf if leaf in known else None, "nodes": bodies, **json.loads(panel),
            }  # fmt: skip
            return from_json(values, lambda name: self._picture(db, name))

    def _picture(self, db: sqlite3.Connection, name: str) -> Image:
        row = db.execute("SELECT bytes FROM pictures WHERE name = ?", (name,)).fetchone()
        if row is None:
            raise ImageRefused("A picture of this conversation is gone.")
        return self._store.take_bytes(row[0], name)

    def documents(self) -> Iterator[Document]:
        """All conversations, one after the other."""
        for entry in self.entries():
            if document := self.load(entry.id):
                yield document

    def rename(self, key: str, title: str, at: str) -> None:
        """Gives a conversation a title, at a time as ISO 8601 in UTC; a blank one changes nothing."""
        if title.strip():
            with self._open() as db:
                new = {"id": key, "title": title, "name": title, "lower_name": title.lower(), "titled": at}
                db.execute(_TITLE, new)

    def delete(self, key: str) -> None:
        """Forgets a conversation for good, and the pictures that no other holds."""
        with self._open() as db:
            db.execute("DELETE FROM conversations WHERE id = ?", (key,))
            db.execute("INSERT OR IGNORE INTO deleted VALUES (?)", (key,))
            db.execute("DELETE FROM pictures WHERE name NOT IN (SELECT picture FROM uses)")
            db.execute("DELETE FROM setups WHERE hash NOT IN (SELECT setup FROM nodes WHERE setup IS NOT NULL)")


_TITLE = (
    "UPDATE conversations SET title = :title, name = :name, lower_name = :lower_name, titled = :titled"
    " WHERE id = :id AND titled <= :titled"
)
_NODES = "SELECT body FROM nodes WHERE conversation = ? ORDER BY number"
_SETUP = "SELECT body FROM setups WHERE hash = ?"


def words_of(node: Node) -> str:
    """The text of a node's message, in lower case, as far as a search looks."""
    message = node.message
    if isinstance(message, UserMessage):
        text = " ".join(part.text for part in message.parts if isinstance(part, Text))
    else:
        text = getattr(message, "text", "")
    return text.lower()[:MAX_SEARCHED]
