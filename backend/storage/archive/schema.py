"""What is in the archive's file, and how one of an older version becomes one of this.

The version is in `user_version`; https://www.sqlite.org/pragma.html#pragma_user_version. A file is changed in one
transaction, after a copy of it was made beside it.
"""

import filecmp
import itertools
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from backend.chat.errors import NotSaved
from backend.storage.archive.connection import connected, told, transaction
from backend.storage.archive.first_version import from_first
from backend.storage.archive.tables import TABLES, run

APPLICATION, VERSION = 0x4D434832, 2  # marks the file as ours; the first version's mark is another, so it refuses ours
FIRST = 0x4D434854
STEPS = (from_first,)  # from each version to the next


def prepare(path: Path) -> None:
    """Makes the file where there is none; makes one of an older version one of this.

    Raises NotSaved where it is none of ours, or of a newer version of the app, and where it cannot be used.
    """
    with told(path), closing(connected(path, "rwc")) as db:
        found = _version(db, path)
        if 0 < found < VERSION:
            _copy(db, path)
        if found < VERSION:
            with transaction(db):
                _bring_up_to_date(db, _version(db, path))  # another process may have been quicker
        db.execute("PRAGMA journal_mode = WAL")  # not before: an older file stays as it is where this fails


def _version(db: sqlite3.Connection, path: Path) -> int:
    """0 for an empty file. Raises NotSaved where it is none of ours, or newer."""
    mark, version = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
    if not db.execute("SELECT 1 FROM sqlite_master").fetchone():
        return 0
    if mark == FIRST:
        return 1
    if mark != APPLICATION:
        raise NotSaved(f"{path} belongs to another program. Give --history a file of its own.")
    if version > VERSION:
        raise NotSaved(
            f"{path} was written by a newer version of this app. Update the app, or give --history another file."
        )
    return int(version)


def _bring_up_to_date(db: sqlite3.Connection, found: int) -> None:
    if found == 0:
        run(db, TABLES)
    for step in STEPS[found - 1 :] if found else ():
        step(db)
    run(db, f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION}")


def _copy(db: sqlite3.Connection, path: Path) -> None:
    """A copy of the file beside it: of the same content there is one, and one of another stays. Raises NotSaved."""
    partial = path.with_name(f"{path.name}.before-{VERSION}.part")
    try:
        partial.unlink(missing_ok=True)
        with closing(sqlite3.connect(partial)) as copy:
            db.backup(copy)
        beside = next(place for place in _places(path) if not place.exists() or filecmp.cmp(place, partial, False))
        partial.replace(beside)
    except (sqlite3.Error, OSError) as error:
        raise NotSaved(
            f"{path} is of an older version and was left unchanged, since it couldn't be backed up. Free some space "
            "there, and allow the app to write to that folder."
        ) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def _places(path: Path) -> "itertools.chain[Path]":
    names = itertools.chain([""], (f"-{number}" for number in itertools.count(2)))
    return itertools.chain(path.with_name(f"{path.name}.before-{VERSION}{name}") for name in names)
