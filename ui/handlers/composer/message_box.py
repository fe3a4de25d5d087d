"""The message box: what stands in it, and the message that it makes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend.chat.errors import InputRefused
from backend.chat.marks import composed, numbered, written
from backend.chat.messages import UserMessage
from backend.chat.parts import TextFile
from ui.attachments.box_files import BoxFiles, DocumentFile
from ui.attachments.choice import Choice, Choices
from ui.attachments.uploads import TextUploads
from ui.components.chat import ChatComponents
from ui.requests.values import fitting
from ui.session import Session
from ui.texts import texts
from ui.values import Values, box

EMPTY = texts.errors.empty  # a page of ours does not send it
Following = tuple[tuple[str, Choice], ...]


@dataclass(frozen=True)
class Made:
    """A message, and the documents of which more pages can follow: their paths, and those pages."""

    message: UserMessage
    following: Following = ()


@dataclass(frozen=True)
class Composer:
    """The message box."""

    components: ChatComponents
    attached: BoxFiles
    uploads: TextUploads

    def text(self, values: Values) -> str:
        """What is written in it."""
        return (values[self.components.message] or {}).get("text") or ""

    def files(self, values: Values) -> list[str]:
        """The paths of the files in it."""
        return list((values[self.components.message] or {}).get("files") or [])

    def message(self, values: Values, session: Session) -> UserMessage:
        """The message in it, its files taken in. Raises what `made` raises."""
        return self.made(self.text(values), self.files(values), session.choices).message

    def made(self, text: str, files: Sequence[str], choices: Choices) -> Made:
        """A message of this text and these files, of which that was chosen, taken in.

        Raises InputRefused, ImageRefused and DocumentRefused.
        """
        fitting(text, texts.errors.your_message)
        found = self.attached.look(files, choices)
        parts = composed(text, *self.attached.taken(found))
        if not parts:
            raise InputRefused(EMPTY)
        return Made(UserMessage(parts), _following(found))

    def refilled(self, message: UserMessage) -> tuple[dict[str, Any], Mapping[str, Choice]]:
        """The box with a message that was sent, to be changed, and what its files are. Raises InputRefused."""
        images = numbered(message.parts)
        texts_of = [part for part in message.parts if isinstance(part, TextFile) and part.content]
        files = [*(image.path for image in images), *map(self.uploads.path, texts_of)]
        return box(written(message), files), {image.path: Choice(label=image.label) for image in images if image.label}


def _following(files: Sequence[object]) -> Following:
    """The documents with more pages, by the pages that come next."""
    return tuple(
        (file.path, Choice(file.choice.detail, file.later, file.choice.form))
        for file in files
        if isinstance(file, DocumentFile) and file.later
    )
