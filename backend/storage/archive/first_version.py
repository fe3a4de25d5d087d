"""Files of the first version: one row a conversation, its whole tree in one text."""

import logging
import sqlite3
from dataclasses import replace

from backend.chat.errors import ConversationInvalid
from backend.storage.archive.rows import save_all
from backend.storage.archive.tables import TABLES, run
from backend.storage.document_json import parsed

log = logging.getLogger(__name__)
OLD = """
CREATE TABLE IF NOT EXISTS documents (id TEXT PRIMARY KEY, title TEXT, updated TEXT, words TEXT, body TEXT)
"""


def from_first(db: sqlite3.Connection) -> None:
    """To the second version, within a transaction. The pictures stay under the names that they had.

    A conversation that cannot be read does not keep the others from it: it stays as it is, in a table of its own.
    """
    run(db, OLD)  # the app may have ended between making one table and the next
    run(db, TABLES)
    run(db, "ALTER TABLE documents RENAME TO unreadable")
    for (id,) in db.execute("SELECT id FROM unreadable ORDER BY updated").fetchall():
        body, updated = db.execute("SELECT body, updated FROM unreadable WHERE id = ?", (id,)).fetchone()
        try:
            document = parsed(body)
        except ConversationInvalid:
            log.warning("a conversation in the history file cannot be read, and is left as it is there")
            continue
        # That a person gave a title is known, and not when: before anything that comes.
        titled = updated or "" if document.title else ""
        save_all(db, replace(document, id=id, updated=updated or "", titled=titled))
        db.execute("DELETE FROM unreadable WHERE id = ?", (id,))
    if not db.execute("SELECT 1 FROM unreadable").fetchone():
        run(db, "DROP TABLE unreadable")
