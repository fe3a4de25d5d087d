"""The file of the archive: what is in it, and how a file of an older version becomes one of this.

The version is in `user_version`; https://www.sqlite.org/pragma.html#pragma_user_version. A file is changed in one
transaction, after a copy of it was made beside it.
"""

import filecmp
import itertools
import json
import logging
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from backend.chat.errors import ConversationInvalid, NotSaved
from backend.chat.messages import Text, UserMessage
from backend.chat.tree import Node
from backend.storage.document import Document
from backend.storage.document_json import parsed

APPLICATION, VERSION = 0x4D434832, 2  # marks the file as ours; the first version's mark is another, so it refuses ours
FIRST = 0x4D434854
MAX_SEARCHED = 20_000  # characters of a conversation that a search looks through
TABLES = """
CREATE TABLE conversations (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, lower_name TEXT NOT NULL, title TEXT NOT NULL, titled TEXT NOT NULL,
  updated TEXT NOT NULL, leaf TEXT, panel TEXT NOT NULL, words TEXT NOT NULL
);
CREATE TABLE nodes (
  number INTEGER PRIMARY KEY, conversation TEXT NOT NULL REFERENCES conversations ON DELETE CASCADE, id TEXT NOT NULL,
  setup TEXT, done INTEGER NOT NULL, body TEXT NOT NULL, UNIQUE (conversation, id)
);
CREATE INDEX set_up ON nodes (setup) WHERE setup IS NOT NULL;
CREATE TABLE setups (hash TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE pictures (name TEXT PRIMARY KEY, bytes BLOB NOT NULL);
CREATE TABLE uses (
  conversation TEXT NOT NULL REFERENCES conversations ON DELETE CASCADE, picture TEXT NOT NULL,
  PRIMARY KEY (conversation, picture)
) WITHOUT ROWID;
CREATE INDEX used ON uses (picture);
CREATE TABLE deleted (id TEXT PRIMARY KEY);
"""
MARKS = f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION};"

log = logging.getLogger(__name__)


def prepare(path: Path, busy_seconds: float) -> bool:
    """Makes the file where there is none; whether it is one of the first version.

    Raises NotSaved where it is none of ours, or of a newer version of the app; sqlite3.Error and OSError.
    """
    with closing(sqlite3.connect(path, busy_seconds, isolation_level=None)) as db:
        version = db.execute("PRAGMA user_version").fetchone()[0]
        mark, is_empty = _mark(db), _is_empty(db)
        if not (mark in (FIRST, APPLICATION) or (is_empty and mark == 0)):
            raise NotSaved(f"{path} is another program's file; give --history a file of its own.")
        if version > VERSION:
            raise NotSaved(
                f"{path} was written by a newer version of this app: update the app, or give --history another file."
            )
        if mark == FIRST and not is_empty:
            return True
        db.execute("PRAGMA journal_mode = WAL")
        if is_empty:
            _make(db)
        return False


def _mark(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA application_id").fetchone()[0])


def _is_empty(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM sqlite_master").fetchone() is None


def _make(db: sqlite3.Connection) -> None:
    """Makes the tables, unless another process was quicker."""
    db.execute("BEGIN IMMEDIATE")
    if _is_empty(db):
        _run(db, TABLES)
        _run(db, MARKS)
    db.execute("COMMIT")


def _run(db: sqlite3.Connection, statements: str) -> None:
    """Unlike executescript, within the transaction that there is."""
    for statement in filter(str.strip, statements.split(";")):
        db.execute(statement)


def _copy(db: sqlite3.Connection, path: Path) -> None:
    """Copies the database beside its file. Copies from before stay: each was made of something else."""
    partial = path.with_name(f"{path.name}.{secrets.token_hex(8)}.part")
    try:
        with closing(sqlite3.connect(partial)) as copy:
            db.backup(copy)
        for number in itertools.count(1):
            beside = path.with_name(f"{path.name}.before-{VERSION}{f'-{number}' if number > 1 else ''}")
            if not beside.exists():
                partial.replace(beside)
                return
            if filecmp.cmp(partial, beside, shallow=False):
                return
    finally:
        partial.unlink(missing_ok=True)


def begin_migration(db: sqlite3.Connection, path: Path) -> bool:
    """Copies the file and makes the new tables beside the old ones, in a transaction that the caller ends.

    Whether there is something to do: another process may have been quicker.
    """
    db.execute("BEGIN IMMEDIATE")
    if _mark(db) != FIRST:
        return False
    with closing(sqlite3.connect(path)) as source:
        _copy(source, path)
    db.execute("ALTER TABLE pictures RENAME TO first_pictures")
    _run(db, TABLES)
    db.execute("INSERT INTO pictures SELECT name, bytes FROM first_pictures WHERE bytes IS NOT NULL")
    return True


def first_documents(db: sqlite3.Connection) -> Iterator[Document]:
    """The conversations of the first version; a title that a person gave counts as given when it was kept last.

    One that could not be opened before either is left to the copy.
    """
    for id, body, updated in db.execute("SELECT id, body, updated FROM documents ORDER BY updated").fetchall():
        try:
            document = parsed(body)
        except ConversationInvalid:
            log.warning("a conversation of the history file is damaged: only the copy from before has it still")
            continue
        yield replace(document, id=id, updated=updated or "", titled=(updated or "") if document.title else "")


def end_migration(db: sqlite3.Connection) -> None:
    """Takes the old tables away, and marks the file as of this version."""
    db.execute("DROP TABLE documents")
    db.execute("DROP TABLE first_pictures")
    _run(db, MARKS)


def words_of(node: Node) -> str:
    """The text of a node's message, in lower case, as far as a search looks."""
    message = node.message
    if isinstance(message, UserMessage):
        text = " ".join(part.text for part in message.parts if isinstance(part, Text))
    else:
        text = getattr(message, "text", "")
    return whole(text.lower().replace("\0", " ")[:MAX_SEARCHED])


def json_text(value: object) -> str:
    """JSON values as they are kept."""
    return whole(json.dumps(value, ensure_ascii=False))


def whole(text: str) -> str:
    """The text with a mark in place of each half of a character, which SQLite cannot keep."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
