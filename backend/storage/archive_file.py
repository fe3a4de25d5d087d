"""The file of the archive: what is in it, and how a file of an older version becomes one of this.

The version is in `user_version`; https://www.sqlite.org/pragma.html#pragma_user_version. A file is changed in one
transaction, after a copy of it was made beside it.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from backend.chat.errors import NotSaved
from backend.storage.document import Document
from backend.storage.document_json import parsed

APPLICATION, VERSION = 0x4D434832, 2  # marks the file as ours; the first version's mark is another, so it refuses ours
FIRST = 0x4D434854
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


def prepare(path: Path, busy_seconds: float) -> bool:
    """Makes the file where there is none; whether it is one of the first version, of which there is a copy now.

    Raises NotSaved where it is none of ours, or of a newer version of the app; sqlite3.Error and OSError.
    """
    with closing(sqlite3.connect(path, busy_seconds)) as db:
        mark, version = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
        if not db.execute("SELECT 1 FROM sqlite_master").fetchone():
            db.executescript(f"PRAGMA journal_mode = WAL; BEGIN; {TABLES} {_marks()} COMMIT;")
            return False
        if mark not in (FIRST, APPLICATION):
            raise NotSaved(f"{path} is another program's file; give --history a file of its own.")
        if version > VERSION:
            raise NotSaved(
                f"{path} was written by a newer version of this app: update the app, or give --history another file."
            )
        db.execute("PRAGMA journal_mode = WAL")
        if mark == FIRST:
            _copy(db, path.with_name(f"{path.name}.before-{VERSION}"))
        return bool(mark == FIRST)


def _copy(db: sqlite3.Connection, beside: Path) -> None:
    """One that was made before stays: it was made of the file as it was."""
    if beside.exists():
        return
    partial = beside.with_name(f"{beside.name}.part")
    partial.unlink(missing_ok=True)
    with closing(sqlite3.connect(partial)) as copy:
        db.backup(copy)
    partial.replace(beside)


def _marks() -> str:
    return f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION};"


def begin_migration(db: sqlite3.Connection) -> None:
    """Makes the new tables beside the old ones, in a transaction that the caller ends."""
    db.execute("BEGIN IMMEDIATE")
    db.execute("ALTER TABLE pictures RENAME TO first_pictures")
    for statement in filter(str.strip, TABLES.split(";")):
        db.execute(statement)
    db.execute("INSERT INTO pictures SELECT name, bytes FROM first_pictures WHERE bytes IS NOT NULL")


def first_documents(db: sqlite3.Connection) -> Iterator[Document]:
    """The conversations of the first version; a title that a person gave counts as given when it was kept last."""
    for id, body, updated in db.execute("SELECT id, body, updated FROM documents ORDER BY updated").fetchall():
        document = parsed(body)
        yield replace(document, id=id, updated=updated or "", titled=updated if document.title else "")


def end_migration(db: sqlite3.Connection) -> None:
    """Takes the old tables away, and marks the file as of this version."""
    db.execute("DROP TABLE documents")
    db.execute("DROP TABLE first_pictures")
    for statement in filter(str.strip, _marks().split(";")):
        db.execute(statement)
