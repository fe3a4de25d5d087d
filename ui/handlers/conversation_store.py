"""Where conversations are kept: in the visitor's browser, or in the archive of whoever runs the app for themselves."""

import itertools
import json
import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import gradio as gr

from backend.chat.errors import ImageRefused
from backend.chat.messages import Image, UserMessage
from backend.storage.conversations import Document, library_versions, to_json
from backend.storage.images import ImageStore
from backend.storage.sqlite import Archive, words
from ui.gradio_patches.uploads import upload_folder
from ui.handlers.request import RequestBuilder
from ui.session import Chat, Updates, Values

UNKEPT = "This conversation could not be kept: the history file cannot be written."


@dataclass(frozen=True)
class ConversationStore:
    """Makes documents of conversations, and hands them to whoever keeps them.

    The channel tells the page's script what came of a click, `reports` what came of an answer: of two messages that
    come at once by the same way, as when a new chat ends an answer, the script would see the later only.
    """

    asking: RequestBuilder
    store: ImageStore
    archive: Archive | None
    channel: gr.HTML
    reports: gr.HTML
    private: gr.Checkbox
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def document(self, values: Values, chat: Chat) -> Document:
        """The conversation with all that its answers depended on."""
        now, about = datetime.now(UTC).isoformat(timespec="milliseconds"), self.asking.about()
        return Document(
            chat.id, chat.title, now, about.name, about.revision, library_versions(), example=chat.example,
            history=chat.history, **self.asking.kept(values),
        )  # fmt: skip

    def save(self, values: Values, chat: Chat, **said: object) -> Updates:
        """Keeps the conversation, unless it is private or empty."""
        kept = self.kept(values, chat)
        return self.push({"current": chat.id} | kept) if kept else {}

    def kept(self, values: Values, chat: Chat) -> dict[str, Any]:
        """Keeps the conversation in the archive; else, what has the page's script keep it. Empty if nothing is kept."""
        if values[self.private] or not chat.history.nodes:
            return {}
        document = self.document(values, chat)
        if self.archive:
            try:
                self.archive.save(document)
            except (sqlite3.Error, OSError):
                gr.Warning(UNKEPT)
                return {}
            return self._list(self.archive)
        entry = {"id": document.id, "title": document.name, "updated": document.updated, "words": words(document)}
        body = json.dumps(to_json(document, lambda image: image.path), ensure_ascii=False)
        return {"save": entry | {"body": body}}

    def listed(self) -> Updates:
        """The archive's list, where there is an archive."""
        return self.push(self._list(self.archive)) if self.archive else {}

    def _list(self, archive: Archive) -> dict[str, Any]:
        return {"list": [vars(entry) for entry in archive.entries()]}

    def push(self, message: dict[str, Any]) -> Updates:
        """A message to the page's script on what came of a click."""
        return {self.channel: self.numbered(message)}

    def numbered(self, message: dict[str, Any]) -> dict[str, Any]:
        """The message such that no two are alike and none goes unseen."""
        return message | {"number": next(self._numbers)}

    def uploaded(self, address: str) -> Image:
        """A picture that the browser kept and has sent again. Raises ImageRefused for any other path."""
        path = Path(address).resolve()
        if not path.is_relative_to(upload_folder().resolve()):
            raise ImageRefused("A picture of this conversation is gone, so it cannot be opened.")
        return self.store.take(path, path.name)

    def opened(self, document: Document) -> tuple[Chat, Updates]:
        """The chat of a document, and the panel as it was kept with it."""
        history = document.history
        if history.leaf is not None and isinstance(history.nodes[history.leaf].message, UserMessage):
            history = history.switch_branch(
                len(history.path) - 1, 0
            )  # kept while it was asked again: an answer may be there
        panel = self.asking.shown(document.prompt, document.settings, document.tools, document.keep)
        return Chat(document.id, document.title, history.conversation, history, example=document.example), panel
