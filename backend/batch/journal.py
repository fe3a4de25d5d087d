"""What a batch has come to so far, in a file of JSON lines, so that another run goes on from there."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from functools import lru_cache
from hashlib import blake2b, file_digest
from pathlib import Path
from typing import Any

from backend.batch.values import Item, Row, Task, fields_of
from backend.chat.messages import Usage


class Journal:
    """Rows that are done, by what they depend on: the model, the task, the file's content, the page."""

    def __init__(self, path: Path, model: str, task: Task) -> None:
        """Reads what is there. `model` names the model and its revision. Raises OSError."""
        self._path = path
        self._task = json.dumps([model, asdict(task)], sort_keys=True)
        self._has_schema = bool(task.settings.json_schema)
        self._digest = lru_cache(64)(_digest)
        self._held = {str(line.get("key")): line for line in _lines(path)}
        self._is_whole = not path.exists() or not path.stat().st_size or path.read_bytes()[-1:] == b"\n"

    def find(self, item: Item) -> Row | None:
        """The row that an earlier run left for the same content, however the file is called now."""
        try:
            line = self._held.get(self._key(item))
            return self._row(item, line) if line else None
        except (OSError, KeyError, TypeError, ValueError):
            return None  # no file to be read, or a line that somebody changed: the item is asked about anew

    def add(self, row: Row) -> None:
        """Keeps a row that is done; others are tried anew. Raises OSError."""
        if row.status != "done":
            return
        line = {
            "key": self._key(row.item), "name": row.item.label, "answer": row.answer, "note": row.note,
            "least_sure": row.least_sure, "seconds": row.seconds, "usage": asdict(row.usage) if row.usage else None,
        }  # fmt: skip
        with self._path.open("a", encoding="utf-8") as file:
            file.write(("" if self._is_whole else "\n") + json.dumps(line) + "\n")
        self._is_whole = True

    def _row(self, item: Item, line: dict[str, Any]) -> Row:
        usage, answer = line["usage"], str(line["answer"])
        return Row(
            item, "done", answer, fields_of(answer, self._has_schema), Usage(**usage) if usage else None,
            line["seconds"], str(line["least_sure"]), str(line["note"]),
        )  # fmt: skip

    def _key(self, item: Item) -> str:
        """Raises OSError where the file cannot be read."""
        what = f"{self._digest(item.path)} {item.page} {self._task}"
        return blake2b(what.encode(), digest_size=16).hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """The whole lines; the last may have been cut off in the middle."""
    if not path.exists():
        return
    with path.open(encoding="utf-8", errors="replace") as file:
        for text in file:
            try:
                line = json.loads(text)
            except (ValueError, RecursionError):
                continue
            if isinstance(line, dict):
                yield line
