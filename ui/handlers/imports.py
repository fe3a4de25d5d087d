"""Conversations that come into the page from a file."""

import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import gradio as gr

from backend.chat.errors import ConversationInvalid
from backend.storage.imports import Imported, import_file
from ui.conversations.starter import Starter
from ui.conversations.store import ConversationStore, imported
from ui.conversations.view import ChatView
from ui.texts import texts
from ui.threads import in_thread
from ui.values import Updates, Values, inform, merged, visitor_of

MAX_IMPORT = 100_000_000  # bytes


@dataclass(frozen=True)
class ImportHandlers:
    """Opens files."""

    view: ChatView
    starter: Starter
    store: ConversationStore

    async def import_file(self, path: str | None, values: Values, request: gr.Request) -> Updates:
        """Opens an export of ours or OpenAI messages written by anyone. Raises UserError."""
        self.view.presenter.terms.refuse("imports")
        async with self.store.reading.one(visitor_of(request)), self.starter.stopped(request):
            return await in_thread(self._import, Path(path or ""), values, request)

    def _import(self, path: Path, values: Values, request: gr.Request) -> Updates:
        page, presenter = self.view.page(request), self.view.presenter
        found = self._read(path)
        first, *others = found.documents if zipfile.is_zipfile(path) else map(imported, found.documents)
        left = self.store.left(page, presenter.read(values))
        chat, filled = self.store.opened(first)
        if found.prompt is not None:  # of another program's file: most of the panel stays as it is
            filled, _ = self.view.leave(self.view.chat(request), presenter.read_tools(values))
            filled |= {presenter.panel.system_prompt: first.prompt} if first.prompt else {}
            filled |= {presenter.panel.tool_schemas: first.tools.schemas} if first.tools.schemas else {}
        panel, saved = presenter.read(merged(values, filled)), frozenset[str]()
        if not panel.private:
            left |= self.store.keep([first, *others]) | {"current": chat.id, "page": page}
            saved = frozenset(chat.history.nodes)
        private = panel.private
        self.view.sessions.update(
            page, lambda session: replace(session.with_chat(chat, saved), panel=panel, is_private=private)
        )
        if notice := summary(found, is_kept=not panel.private):
            inform(notice)
        return filled | self.view.show(page, panel.tools) | self.store.push(left)

    def _read(self, path: Path) -> Imported:
        try:
            if path.stat().st_size > MAX_IMPORT:
                raise ConversationInvalid(texts.errors.large_import.format(most=MAX_IMPORT // 1_000_000))
            if self.store.archive is None and zipfile.is_zipfile(path):
                raise ConversationInvalid(texts.errors.zip_again)
        except OSError as error:
            raise ConversationInvalid(texts.errors.unread_import) from error
        return import_file(path, self.store.images.take_data_url, self.store.read)


def summary(found: Imported, is_kept: bool) -> str:
    """What a person should know of an import; empty where the file held one conversation and all of it was taken."""
    others = len(found.documents) - 1
    if others and is_kept:
        listed = texts.transfer.imported_first.format(count=f"{others + 1:,}")
    else:
        listed = texts.transfer.opened_first.format(count=f"{others + 1:,}") if others else ""
    return " ".join(filter(None, [listed, found.notice]))
