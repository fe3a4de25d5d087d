"""The rows of one conversation: saved, read, deleted. Each function runs within a transaction of its caller."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from backend.chat.messages import AssistantMessage, Message, UserMessage
from backend.chat.parts import Image
from backend.chat.request import is_json
from backend.chat.tree import Node, images_of
from backend.storage.document import Document
from backend.storage.document_json import FORMAT, node_json, panel_json

MAX_SEARCHED = 20_000  # characters of a conversation that a search looks through
MAX_OF_FILE = 4_000  # and of a file in it, after which there is more to be found
HEAD = """
INSERT INTO conversations VALUES (:id, :name, :lower_name, :title, :titled, :updated, :leaf)
ON CONFLICT (id) DO UPDATE SET
  updated = :updated, leaf = :leaf,
  name = iif(titled = '', :name, name), lower_name = iif(titled = '', :lower_name, lower_name)
WHERE updated <= :updated
"""
TITLE = """
UPDATE conversations SET title = :title, name = :name, lower_name = :lower_name, titled = :titled
WHERE id = :id AND titled <= :titled
"""
PANEL = "INSERT INTO panels VALUES (?, ?) ON CONFLICT DO UPDATE SET body = excluded.body WHERE body <> excluded.body"
NODE = """
INSERT INTO nodes (conversation, id, setup, size, done, body) VALUES (:conversation, :id, :setup, :size, :done, :body)
ON CONFLICT (conversation, id) DO UPDATE SET setup = :setup, size = :size, done = max(done, :done), body = :body
WHERE size < :size OR (size = :size AND done <= :done)
"""
WORDS = """
INSERT INTO words VALUES (:id, substr(:words, 1, :most)) ON CONFLICT DO UPDATE
SET body = substr(body || ' ' || :words, 1, :most) WHERE length(body) < :most
"""
BROKEN_OFF = "SELECT conversation, json_extract(body, '$.message.text') FROM nodes WHERE NOT done AND json_valid(body)"
UNUSED_PICTURE = "DELETE FROM pictures WHERE name = ? AND NOT EXISTS (SELECT 1 FROM uses WHERE picture = pictures.name)"
UNUSED_SETUP = "DELETE FROM setups WHERE hash = ? AND NOT EXISTS (SELECT 1 FROM nodes WHERE setup = setups.hash)"
SETUPS = "SELECT hash, CAST(body AS TEXT) FROM setups WHERE hash IN (SELECT setup FROM nodes WHERE conversation = ?)"
NODES = "SELECT id, setup, CAST(body AS TEXT) FROM nodes WHERE conversation = ? ORDER BY number"


def rename(db: sqlite3.Connection, key: str, title: str, at: str) -> None:
    """See Archive.rename."""
    name = whole(Document(title=title).name)
    db.execute(TITLE, {"id": key, "title": whole(title), "name": name, "lower_name": name.lower(), "titled": at})


def save_all(db: sqlite3.Connection, document: Document) -> None:
    """Saves a conversation that is whole."""
    save(db, document, tuple(document.history.nodes.values()), None)


def save(db: sqlite3.Connection, document: Document, nodes: Sequence[Node], growing: str | None) -> None:
    """See Archive.save."""
    name = whole(document.name)
    head = {
        "id": document.id, "name": name, "lower_name": name.lower(), "title": whole(document.title),
        "titled": document.titled, "updated": document.updated, "leaf": _shown(db, document),
    }  # fmt: skip
    if db.execute(HEAD, head).rowcount:
        db.execute(PANEL, (document.id, _json(panel_json(document))))
    if document.titled:
        db.execute(TITLE, head)
    if not _follows(db, document.id, nodes):
        nodes = tuple(document.history.nodes.values())
    done = [node for node in nodes if _save_node(db, document.id, node, is_done=node.id != growing)]
    _add_words(db, document.id, " ".join(filter(None, (words_of(node.message) for node in done))))


def _shown(db: sqlite3.Connection, document: Document) -> str | None:
    """The end of the shown branch; theirs where another tab has gone on from it, in nodes that this one has not."""
    row = db.execute("SELECT leaf FROM conversations WHERE id = ?", (document.id,)).fetchone()
    at, query = row and row[0], "SELECT json_extract(body, '$.parent') FROM nodes WHERE conversation = ? AND id = ?"
    while at is not None and at not in document.history.nodes:
        parent = db.execute(query, (document.id, at)).fetchone()
        at = parent and parent[0]
    is_behind = at is not None and at == document.history.leaf
    return str(row[0]) if is_behind else document.history.leaf


def _follows(db: sqlite3.Connection, key: str, nodes: Sequence[Node]) -> bool:
    """Whether the parents are kept of all these nodes. Not so where another file was put in this one's place."""
    parents = {node.parent for node in nodes} - {node.id for node in nodes} - {None}
    query = "SELECT 1 FROM nodes WHERE conversation = ? AND id = ?"
    return all(db.execute(query, (key, id)).fetchone() for id in parents)


def _save_node(db: sqlite3.Connection, key: str, node: Node, is_done: bool) -> bool:
    """Whether the node is now kept as a whole for the first time. Nothing but an answer ever grows."""
    kept = db.execute("SELECT done FROM nodes WHERE conversation = ? AND id = ?", (key, node.id)).fetchone()
    if kept and kept[0] and not isinstance(node.message, AssistantMessage):
        return False
    values, setups = node_json(node, lambda image: Path(image.path).name)
    for setup, value in setups.items():
        db.execute("INSERT OR IGNORE INTO setups VALUES (?, ?)", (setup, _json(value)))
    for image in images_of(node.message):
        _save_picture(db, key, image)
    row = {
        "conversation": key, "id": node.id, "setup": next(iter(setups), None), "size": _size(node.message),
        "done": is_done, "body": _json(values),
    }  # fmt: skip
    db.execute(NODE, row)
    return is_done and not (kept and kept[0])


def _size(message: Message) -> int:
    """How much of an answer is written. It only grows: of two of the same node, the one with less is the earlier."""
    if not isinstance(message, AssistantMessage):
        return 0
    written = len(message.text) + len(message.thought) + sum(1 + len(call.arguments) for call in message.tool_calls)
    return 2 * written + (message.stats is not None)  # how it ended comes last


def _save_picture(db: sqlite3.Connection, key: str, image: Image) -> None:
    """One whose file is gone is marked when the conversation is opened: all else is kept."""
    path = Path(image.path)
    if path.name != image.path and not db.execute("SELECT 1 FROM pictures WHERE name = ?", (path.name,)).fetchone():
        with suppress(FileNotFoundError):
            db.execute("INSERT INTO pictures VALUES (?, ?)", (path.name, path.read_bytes()))
    db.execute("INSERT OR IGNORE INTO uses VALUES (?, ?)", (key, path.name))


def words_of(message: Message) -> str:
    """The text of a message, in lower case, as far as a search looks."""
    if isinstance(message, UserMessage):
        text = " ".join([message.text, *(f"{file.name} {file.content[:MAX_OF_FILE]}" for file in message.files)])
    else:
        text = f"{message.text} {message.thought[:MAX_OF_FILE]}" if isinstance(message, AssistantMessage) else ""
    return whole(text[:MAX_SEARCHED]).strip().lower()


def whole(text: str) -> str:
    """The text with a question mark for each half of a character: a file of texts can hold none."""
    return text.encode("utf-8", "replace").decode()


def _json(value: object) -> str:
    return whole(json.dumps(value, ensure_ascii=False))


def _add_words(db: sqlite3.Connection, key: str, words: str) -> None:
    if words:
        db.execute(WORDS, {"id": key, "words": words, "most": MAX_SEARCHED})


def end_broken_off(db: sqlite3.Connection) -> None:
    """Answers that were being written when the app ended are found by a search from now on, as far as they came."""
    for key, text in db.execute(BROKEN_OFF).fetchall():
        _add_words(db, key, str(text or "")[:MAX_SEARCHED].lower())
    db.execute("UPDATE nodes SET done = 1 WHERE NOT done")


def load(db: sqlite3.Connection, key: str) -> str | None:
    """The conversation as the text of an export, each picture having its name for an address. It is not checked."""
    columns = "title, titled, updated, leaf, (SELECT body FROM panels WHERE conversation = id)"
    row = db.execute(f"SELECT {columns} FROM conversations WHERE id = ?", (key,)).fetchone()
    if row is None:
        return None
    setups = {name: body for name, body in db.execute(SETUPS, (key,)) if is_json(body)}
    nodes = {
        id: body if setup is None or setup in setups else _without_request(db, body)
        for id, setup, body in db.execute(NODES, (key,)).fetchall()
    }
    title, titled, updated, leaf, panel = row
    shown = leaf if leaf in nodes else next(reversed(nodes), None)
    head = {"format": FORMAT, "id": key, "title": title, "titled": titled, "updated": updated, "leaf": shown}
    parts = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in head.items()]
    named = (f"{json.dumps(name)}: {body}" for name, body in setups.items())
    parts += [f'"nodes": [{", ".join(nodes.values())}]', f'"setups": {{{", ".join(named)}}}']
    return "{" + ", ".join([*parts, str(panel)[1:-1]]) + "}"


def _without_request(db: sqlite3.Connection, body: str) -> str:
    """A node of which the request is damaged: the answer itself is there."""
    return str(db.execute("SELECT json_set(?, '$.asked', NULL)", (body,)).fetchone()[0])


def delete(db: sqlite3.Connection, key: str) -> None:
    """See Archive.delete."""
    pictures = db.execute("SELECT picture FROM uses WHERE conversation = ?", (key,)).fetchall()
    setups = db.execute("SELECT DISTINCT setup FROM nodes WHERE conversation = ?", (key,)).fetchall()
    db.execute("DELETE FROM conversations WHERE id = ?", (key,))
    db.execute("INSERT OR IGNORE INTO deleted VALUES (?)", (key,))
    db.executemany(UNUSED_PICTURE, pictures)
    db.executemany(UNUSED_SETUP, setups)
