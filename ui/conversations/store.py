"""Where conversations are kept: in the visitor's browser, or in the archive of whoever runs the app for themselves."""

import itertools
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import gradio as gr

from backend.chat.errors import ImageRefused, NotSaved
from backend.chat.messages import Image, UserMessage
from backend.storage.document import Document, library_versions, to_json
from backend.storage.images import ImageStore
from backend.storage.imports import open_kept
from backend.storage.sqlite import Archive, words
from ui.gradio_patches.uploads import upload_folder
from ui.requests.presenter import PanelPresenter
from ui.requests.values import PanelValues
from ui.session import Chat, Updates


@dataclass(frozen=True)
class ConversationStore:
    """Makes documents of conversations, and hands them to whoever keeps them.

    The channel tells the page's script what came of a click; a second component tells what came of an answer. Of two
    messages that come at once by the same way, as when a new chat ends an answer, the script would see the later only.
    """

    presenter: PanelPresenter
    images: ImageStore
    archive: Archive | None
    channel: gr.HTML
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def document(self, panel: PanelValues, chat: Chat) -> Document:
        """The conversation with all that its answers depended on."""
        builder, now = self.presenter.builder, datetime.now(UTC).isoformat(timespec="milliseconds")
        model = builder.model()
        return Document(
            chat.id, chat.title, now, model.name, model.revision, library_versions(), example=chat.example,
            history=chat.history, **builder.document_fields(panel),
        )  # fmt: skip

    def save(self, panel: PanelValues, chat: Chat) -> Updates:
        """Keeps the conversation, unless it is private or empty, and says which is shown."""
        kept = self.keep(panel, chat)
        return self.push({"current": chat.id} | kept) if kept else {}

    def keep(self, panel: PanelValues, chat: Chat) -> dict[str, Any]:
        """Keeps the conversation in the archive; else, what has the page's script keep it. Empty if nothing is kept."""
        if panel.private or not chat.history.nodes:
            return {}
        document = self.document(panel, chat)
        if self.archive:
            try:
                self.archive.save(document)
                return self._list(self.archive)
            except NotSaved as error:
                gr.Warning(str(error))
                return {}
        entry = {"id": document.id, "title": document.name, "updated": document.updated, "words": words(document)}
        body = json.dumps(to_json(document, lambda image: image.path), ensure_ascii=False)
        return {"save": entry | {"body": body}}

    def load(self, key: str, body: object) -> Document | None:
        """A conversation that was kept: in the archive, or as the browser hands it over. Raises UserError."""
        if self.archive:
            return self.archive.load(key)
        return open_kept(body, self._uploaded, self.presenter.builder.run) if body else None

    def listed(self) -> Updates:
        """The archive's list, where there is an archive."""
        return self.push(self._list(self.archive)) if self.archive else {}

    def rename(self, key: str, title: str) -> None:
        """Renames in the archive, if there is one; the browser renames by itself."""
        if self.archive:
            self.archive.rename(key, title)

    def delete(self, key: str) -> None:
        """Deletes from the archive, if there is one; the browser deletes by itself."""
        if self.archive:
            self.archive.delete(key)

    def _list(self, archive: Archive) -> dict[str, Any]:
        return {"list": [vars(entry) for entry in archive.entries()]}

    def push(self, message: dict[str, Any]) -> Updates:
        """A message to the page's script on what came of a click."""
        return {self.channel: self.numbered(message)}

    def numbered(self, message: dict[str, Any]) -> dict[str, Any]:
        """The message such that no two are alike and none goes unseen."""
        return message | {"number": next(self._numbers)}

    def _uploaded(self, address: str) -> Image:
        """A picture that the browser kept and has sent again. Raises ImageRefused for any other path."""
        path = Path(address).resolve()
        if not path.is_relative_to(upload_folder().resolve()):
            raise ImageRefused("A picture of this conversation is gone, so it cannot be opened.")
        return self.images.take(path, path.name)

    def opened(self, document: Document, page: str) -> tuple[Chat, Updates]:
        """The chat of a document, for the page of this token, and the panel as it was kept with it."""
        history = document.history
        if history.leaf is not None and isinstance(history.nodes[history.leaf].message, UserMessage):
            # Kept while it was asked again: an answer may be there.
            history = history.switch_branch(len(history.path) - 1, 0)
        chat = Chat(document.id, document.title, history.conversation, history, page=page, example=document.example)
        return chat, self.presenter.filled(document.prompt, document.settings, document.tools, document.keep)


def imported(document: Document) -> Document:
    """A document from a file, under an id of its own: it stands beside what it was exported from."""
    return replace(document, id=Document().id)
