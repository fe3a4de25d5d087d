"""What a page's batch is: pure values. Every change gives a new one."""

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from backend.batch.expected import Expected
from backend.batch.values import Row, Task
from backend.chat.parts import Image

State = Literal["empty", "setup", "running", "paused", "done"]
ENTRY = 2_000  # bytes of a row in memory without its texts, measured


@dataclass(frozen=True)
class Entry:
    """A row, which keeps its number, and at which version of the batch it changed last."""

    id: int
    row: Row
    thumbnail: Image | None = None
    changed: int = 0

    @property
    def bytes(self) -> int:
        """What it takes in memory, nearly."""
        row = self.row
        texts = (row.answer, row.error, row.note, row.item.name, *(text for field in row.fields for text in field))
        return ENTRY + sum(map(sys.getsizeof, texts))


@dataclass(frozen=True)
class Batch:
    """The rows in their order, each at the place of its number; `task` is None until it was begun.

    `key` tells one batch from another, `version` counts its changes. `told` is why it stopped by itself, `bytes` what
    its rows take.
    """

    key: str
    entries: tuple[Entry, ...] = ()
    task: Task | None = None
    is_paused: bool = True
    expected: Expected | None = None
    told: str = ""
    version: int = 0
    bytes: int = 0

    @property
    def weight(self) -> int:
        """Bytes of all of it in memory, nearly."""
        asked = sys.getsizeof(self.task.prompt) + sys.getsizeof(self.task.system_prompt) if self.task else 0
        return self.bytes + asked + (self.expected.bytes if self.expected else 0)

    @property
    def rows(self) -> tuple[Row, ...]:
        """All of them."""
        return tuple(entry.row for entry in self.entries)

    @property
    def state(self) -> State:
        """How far it is."""
        statuses = {entry.row.status for entry in self.entries}
        if not self.entries:
            return "empty"
        if self.task is None:
            return "setup"
        if "running" in statuses or ("waiting" in statuses and not self.is_paused):
            return "running"
        return "paused" if "waiting" in statuses else "done"

    def count(self, status: str) -> int:
        """How many rows are so."""
        return sum(entry.row.status == status for entry in self.entries)

    @property
    def left(self) -> int:
        """How many rows are not done."""
        return self.count("waiting") + self.count("running")

    def changed(self, **fields: object) -> "Batch":
        """The batch with these fields, as its next version; rows stay as they are."""
        return replace(self, version=self.version + 1, **fields)  # type: ignore[arg-type] # its own fields

    def redrawn(self, **fields: object) -> "Batch":
        """The same where every row is to be drawn anew."""
        after = self.changed(**fields)
        return replace(after, entries=tuple(replace(entry, changed=after.version) for entry in after.entries))

    def add(self, added: Iterable[tuple[Row, Image | None]]) -> "Batch":
        """The batch with more rows at its end."""
        at, version = len(self.entries), self.version + 1
        new = tuple(Entry(at + number, row, image, version) for number, (row, image) in enumerate(added))
        return self.changed(entries=self.entries + new, bytes=self.bytes + sum(entry.bytes for entry in new))

    def with_row(self, id: int, row: Row, thumbnail: Image | None = None) -> "Batch":
        """The batch with this row in the place of its former one, and of its picture if there is another."""
        before = self.entries[id]
        after = Entry(id, row, thumbnail or before.thumbnail, self.version + 1)
        entries = (*self.entries[:id], after, *self.entries[id + 1 :])
        return self.changed(entries=entries, bytes=self.bytes + after.bytes - before.bytes)

    def again(self, chosen: Callable[[Row], bool]) -> "Batch":
        """The batch with these rows to be asked about once more."""
        batch = self
        for entry in self.entries:
            if chosen(entry.row):
                batch = batch.with_row(entry.id, Row(entry.row.item))
        return batch

    def take(self) -> "tuple[Batch, Entry | None]":
        """The batch with its next row running, and that; as it is where there is none, or it is paused."""
        waiting = next((entry for entry in self.entries if entry.row.status == "waiting"), None)
        if waiting is None or self.is_paused:
            return self, None
        return self.with_row(waiting.id, replace(waiting.row, status="running")), waiting

    def files(self) -> Iterator[str]:
        """The paths of all files that it needs."""
        for entry in self.entries:
            yield str(entry.row.item.path)
            if entry.thumbnail:
                yield entry.thumbnail.path
