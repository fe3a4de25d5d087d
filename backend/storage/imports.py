"""Conversations that come in as files: read in a process with limits, and their pictures then taken in here.

Reading 99 MB of nothing but brackets took 13 s, in which nothing else ran, and 2.5 GB.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.chat.errors import ConversationInvalid, ImageRefused
from backend.chat.parts import Image
from backend.sandbox.pool import Busy, LimitReached, Run
from backend.storage.document import Document
from backend.storage.document_json import with_pictures
from backend.storage.foreign.pieces import CHAT, DAMAGED, Kind
from backend.storage.foreign.reading import Reading, members, read_file, read_kept

MAX_SLOW = 3  # files of one zip that take up a whole share of time or memory


class _TookTooMuch(ConversationInvalid):
    """Reading it came to its limits."""


@dataclass(frozen=True)
class Imported:
    """What a file held, at least one document. `left_out` says what was left out or changed: “2 recordings”.

    `prompt` is the first conversation's system prompt, None where the file is an export of ours: a document of those
    has the whole panel as it was, and another only what its file tells: the prompt, and the tools' schemas.
    """

    documents: tuple[Document, ...]
    prompt: str | None = None
    left_out: tuple[str, ...] = ()

    @property
    def notice(self) -> str:
        """One sentence on what was left out; empty where nothing was."""
        if not self.left_out:
            return ""
        *others, last = self.left_out
        listed = f"{', '.join(others)} and {last}" if others else last
        return f"Some parts couldn't be imported and are marked in the chat: {listed}."


def import_file(path: Path, take: Callable[[str], Image], run: Run) -> Imported:
    """The conversations in a file: exports of ours and of other programs, one or many, or a zip of such files.

    `take` turns a picture's data URL into a picture of ours, and one that it refuses is marked in its place; `run`
    reads, see Sandbox.run. Raises ConversationInvalid, ImageWaits, and ImageRefused for too many pictures.
    """
    documents: list[Document] = []
    prompt, left, slow = None, Counter[Kind](), 0
    for name in _limited(run, members, path):
        try:
            read: Reading = _limited(run, read_file, path, name)
        except ConversationInvalid as error:
            slow += isinstance(error, _TookTooMuch)
            if name is None or slow == MAX_SLOW:
                raise
            left[CHAT] += 1
            continue
        prompt = prompt if documents else read.prompt
        documents += _with_pictures(read.documents, take, left)
        left.update(read.left)
    if not documents:
        raise ConversationInvalid("This file has no messages.")
    return Imported(tuple(documents), prompt, tuple(_counted(left)))


def open_kept(path: Path, take: Callable[[str], Image], run: Run) -> Document:
    """The conversation that a page kept, which it has uploaded as JSON; see import_file."""
    document: Document = _limited(run, read_kept, path)
    return with_pictures(document, take)


def _with_pictures(documents: list[Document], take: Callable[[str], Image], left: Counter[Kind]) -> list[Document]:
    """The documents with their pictures in the store, or marks in place of those that cannot be read."""

    def counted(address: str) -> Image:
        try:
            return take(address)
        except ImageRefused:
            left[DAMAGED] += 1
            raise

    return [with_pictures(document, counted) for document in documents]


def _counted(left: Counter[Kind]) -> Iterator[str]:
    """Each kind with its number, in the order in which they were met."""
    for (one, several), count in left.items():
        if count:
            yield f"1 {one}" if count == 1 else f"{count:,} {several}"


def _limited(run: Run, read: Callable[..., Any], *given: object) -> Any:
    try:
        return run(read, *given)
    except Busy as error:
        raise ConversationInvalid("Too many chats are being opened. Try again in a moment.") from error
    except LimitReached as error:
        raise _TookTooMuch("This chat takes too long or too much memory to open.") from error
