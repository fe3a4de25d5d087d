"""Conversations that come in as files: read in a process with limits, and their pictures then taken in here.

Reading 99 MB of nothing but brackets took 13 s, in which nothing else ran, and 2.5 GB.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from backend.chat.errors import ConversationInvalid, ImageRefused, ImageWaits
from backend.chat.messages import Image, Message, Text, ToolMessage, UserMessage
from backend.sandbox.pool import Busy, LimitReached, Run
from backend.storage.document import Document
from backend.storage.foreign.pieces import CHAT, DAMAGED, Kind
from backend.storage.images import TooManyPictures, once_each
from backend.storage.reading import Reading, members, read_file, read_kept

UNREADABLE = "(a picture that could not be read)"


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
        return f"Not all could be taken as it is in the file, and is marked where it stood: {listed}."


def import_file(path: Path, take: Callable[[str], Image], run: Run) -> Imported:
    """The conversations in a file: exports of ours and of other programs, one or many, or a zip of such files.

    `take` turns a picture's data URL into a picture of ours, and one that it refuses is marked in its place; `run`
    reads, see Sandbox.run. Raises ConversationInvalid, ImageWaits, and ImageRefused for too many pictures.
    """
    documents: list[Document] = []
    prompt, left = None, Counter[Kind]()
    for name in _limited(run, members, path):
        try:
            read: Reading = _limited(run, read_file, path, name)
        except ConversationInvalid:
            if name is None:
                raise
            left[CHAT] += 1
            continue
        prompt = prompt if documents else read.prompt
        documents += _with_pictures(read.documents, take, left)
        left.update(read.left)
    if not documents:
        raise ConversationInvalid("There are no messages in this file.")
    return Imported(tuple(documents), prompt, tuple(_counted(left)))


def open_kept(path: Path, take: Callable[[str], Image], run: Run) -> Document:
    """The conversation that a page kept, which it has uploaded as JSON; see import_file."""
    document: Document = _limited(run, read_kept, path)
    return next(_with_pictures([document], take, Counter()))


def _with_pictures(documents: list[Document], take: Callable[[str], Image], left: Counter[Kind]) -> Iterator[Document]:
    """The documents with their pictures in the store, or marks in place of those that cannot be read."""
    take_once = once_each(take)

    def taken(image: Image) -> Image | Text:
        try:
            return take_once(image.path)
        except (ImageWaits, TooManyPictures):
            raise
        except ImageRefused:
            left[DAMAGED] += 1
            return Text(UNREADABLE)

    for document in documents:
        nodes = document.history.nodes.items()
        changed = {id: replace(node, message=_changed(node.message, taken)) for id, node in nodes}
        yield replace(document, history=replace(document.history, nodes=changed))


def _changed(message: Message, taken: Callable[[Image], Image | Text]) -> Message:
    """The message with its pictures taken in."""
    match message:
        case UserMessage(parts) if message.images:
            return UserMessage(tuple(taken(part) if isinstance(part, Image) else part for part in parts))
        case ToolMessage(result) if result.images:
            found = [taken(image) for image in result.images]
            images = tuple(each for each in found if isinstance(each, Image))
            marks = [each.text for each in found if isinstance(each, Text)]
            output = "\n\n".join(filter(None, [result.output, *marks]))
            return ToolMessage(replace(result, images=images, output=output))
    return message


def _counted(left: Counter[Kind]) -> Iterator[str]:
    """Each kind with its number, in the order in which they were met."""
    for (one, several), count in left.items():
        if count:
            yield f"1 {one}" if count == 1 else f"{count:,} {several}"


def _limited(run: Run, read: Callable[..., Any], *given: object) -> Any:
    try:
        return run(read, *given)
    except Busy as error:
        raise ConversationInvalid("Many conversations are being opened: try again in a moment.") from error
    except LimitReached as error:
        raise ConversationInvalid("This conversation takes too long or too much memory to open.") from error
