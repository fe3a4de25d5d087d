"""How the archive's file is opened, and what a person is told where that fails: why, and what to do."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from backend.chat.errors import NotSaved

BUSY_SECONDS = 5.0  # for which another program's lock is waited for
DAMAGED = "is damaged. Restore a copy of it, or give --history another file."
PRIMARY = 0xFF  # of a result code; https://www.sqlite.org/rescode.html
REASONS = {
    sqlite3.SQLITE_BUSY: "is in use by another program. Close that program, or try again in a moment.",
    sqlite3.SQLITE_LOCKED: "is in use by another program. Close that program, or try again in a moment.",
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
    sqlite3.SQLITE_READONLY: "isn't writable. Allow the app to write to it and its folder.",
    sqlite3.SQLITE_PERM: "can't be opened. Allow the app to use it.",
    sqlite3.SQLITE_FULL: "can't grow because the disk is full. Free some space, then try again.",
    sqlite3.SQLITE_IOERR: "couldn't be read or written. Check whether the disk is full or failing.",
    sqlite3.SQLITE_CANTOPEN: "can't be opened. Check that it exists and that the app can write to its folder.",
}


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """The file, which has to be there, all of it as of one moment. Raises NotSaved."""
    with told(path), closing(connected(path, "rw")) as db:
        db.execute("BEGIN")
        yield db


@contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    """The same in a transaction, which ends with this block, whole or not at all. Raises NotSaved."""
    with told(path), closing(connected(path, "rw")) as db, transaction(db):
        yield db


def connected(path: Path, mode: str) -> sqlite3.Connection:
    """A connection with which every transaction is begun in so many words. Raises sqlite3.Error."""
    address = f"{path.absolute().as_uri()}?mode={mode}"
    db = sqlite3.connect(address, timeout=BUSY_SECONDS, isolation_level=None, uri=True)
    db.execute("PRAGMA foreign_keys = ON")
    return db


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """One that may write from its beginning: what it read has not changed when it writes."""
    db.execute("BEGIN IMMEDIATE")
    with db:
        yield


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Raises NotSaved in place of what SQLite and the system raise."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise NotSaved(f"The history file {path.name} {_reason(error)}") from error


def _reason(error: sqlite3.Error | OSError) -> str:
    code = getattr(error, "sqlite_errorcode", 0) & PRIMARY  # Python's own errors have none
    if "UTF-8" in str(error):  # a text that is none
        return DAMAGED
    return REASONS.get(code, f"can't be used: {error}.")
