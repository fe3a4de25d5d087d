"""Where conversations are kept: in the visitor's browser, or in the archive of whoever runs the app for themselves."""

import itertools
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from backend.archive import Archive, words
from backend.chat import Image
from backend.document import Document, library_versions, to_json
from backend.images import ImageRefused, ImageStore
from ui.asking import Asking
from ui.state import Chat, Updates, Values


@dataclass(frozen=True)
class Keeping:
    """Makes documents of conversations, and hands them to whoever keeps them. The channel carries them to the page."""

    asking: Asking
    store: ImageStore
    archive: Archive | None
    channel: gr.HTML
    private: gr.Checkbox
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def document(self, values: Values, chat: Chat) -> Document:
        """The conversation with all that its answers depended on."""
        now, about = datetime.now(UTC).isoformat(timespec="milliseconds"), self.asking.about()
        return Document(
            chat.id, chat.title, now, about.name, about.revision, library_versions(), history=chat.history,
            **self.asking.kept(values),
        )  # fmt: skip

    def save(self, values: Values, chat: Chat, **said: object) -> Updates:
        """Keeps the conversation, unless it is private or empty, and tells the page's script what else is `said`."""
        if values[self.private] or not chat.history.nodes:
            return self.told(said) if said else {}
        document = self.document(values, chat)
        if self.archive:
            self.archive.save(document)
            return self.listed(chat.id, **said)
        entry = {"id": document.id, "title": document.name, "updated": document.updated, "words": words(document)}
        body = json.dumps(to_json(document, lambda image: image.path), ensure_ascii=False)
        return self.told({"save": entry | {"body": body}, "current": chat.id} | said)

    def listed(self, current: str | None = None, **said: object) -> Updates:
        """The archive's list, where there is an archive."""
        if not self.archive:
            return {}
        entries = [vars(entry) for entry in self.archive.entries()]
        return self.told({"list": entries} | ({} if current is None else {"current": current}) | said)

    def told(self, message: dict[str, Any]) -> Updates:
        """A message to the page's script; numbered, so that no two are alike and none goes unseen."""
        return {self.channel: message | {"number": next(self._numbers)}}

    def uploaded(self, address: str) -> Image:
        """A picture that the browser kept and has sent again. Raises ImageRefused for any other path."""
        path = Path(address).resolve()
        if not path.is_relative_to(Path(get_upload_folder()).resolve()):
            raise ImageRefused("A picture of this conversation is gone, so it cannot be opened.")
        return self.store.take(path, path.name)

    def opened(self, document: Document) -> tuple[Chat, Updates]:
        """The chat of a document, and the panel as it was kept with it."""
        history = document.history
        panel = self.asking.shown(document.prompt, document.settings, document.tools, document.keep)
        return Chat(document.id, document.title, history.conversation, history), panel
