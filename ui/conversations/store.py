"""Where conversations are kept: in the visitor's browser, or in the archive of whoever runs the app for themselves."""

import itertools
import secrets
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import gradio as gr

from backend.chat.errors import Deleted, InputRefused, NotSaved
from backend.chat.messages import AssistantMessage, Finished
from backend.chat.parts import Image
from backend.chat.tree import ConversationTree, Node, new_id
from backend.sandbox.pool import Run, directly
from backend.storage.document import Document, library_versions
from backend.storage.document_json import nodes_json, panel_json
from backend.storage.exports.bundle import write_zip
from backend.storage.images import ImageStore
from backend.storage.imports import open_kept
from backend.storage.sqlite import Archive
from ui.conversations import handed_over
from ui.fairness.at_once import AtOnce, InTurn
from ui.gradio_patches.uploads import EXPORTS, upload_folder
from ui.requests.presenter import PanelPresenter
from ui.requests.values import PanelValues
from ui.session import Chat
from ui.session_store import SessionStore
from ui.texts import texts
from ui.values import Updates, now, warn

BROKEN = texts.errors.broken
Message = dict[str, Any]  # to the page's script; assets/page/server_messages.js says what may be in it


@dataclass(frozen=True)
class ConversationStore:
    """Hands what is new in a conversation to whoever keeps it, and takes kept conversations up again.

    The channel tells the page's script what came of a click; a second component tells what came of an answer. Of two
    messages that come at once by the same way, as when a new chat ends an answer, the script would see the later only.
    """

    presenter: PanelPresenter
    images: ImageStore
    archive: Archive | None
    channel: gr.HTML
    sessions: SessionStore
    read: Run = directly  # how files are read, see Sandbox.run
    # A restart has all tabs of an address hand theirs over at once.
    reading: InTurn = field(default_factory=lambda: InTurn(2, 16, held=AtOnce(of_one=16, of_all=64)))
    # From the time on, so that a page that is older than this server has seen none of them.
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(int(time.time() * 1000)))

    def document(self, panel: PanelValues, chat: Chat) -> Document:
        """The conversation with all that its answers depended on."""
        builder = self.presenter.builder
        model = builder.model()
        return Document(
            id=chat.id, title=chat.title, titled=chat.titled, updated=now(), model=model.name, revision=model.revision,
            versions=library_versions(), example=chat.example, history=chat.history, **builder.document_fields(panel),
        )  # fmt: skip

    def save(self, page: str, panel: PanelValues) -> Message:
        """Keeps what of the page's conversation is not kept yet, and what of it changed; {} where nothing is kept.

        In the archive; else the message has the page's script keep it. What is still being written will be kept again.
        Raises NotSaved.
        """
        session = self.sessions.get(page)
        chat, nodes = session.chat, session.chat.history.nodes
        if panel.private or not nodes:
            return {}
        unsaved = (node for node in nodes.values() if node.id not in session.saved)
        new = tuple(node.so_far() if node.id == session.growing else node for node in unsaved)
        message = self._keep(self.document(panel, chat), new, session.growing)
        handed = {node.id for node in new} - {session.growing}
        self.sessions.update(page, lambda s: replace(s, saved=s.saved | handed) if s.chat.id == chat.id else s)
        return message

    def save_or_warn(self, page: str, panel: PanelValues, told: set[str] | None = None) -> Message:
        """The same, but where it cannot be kept this is told, and what is not kept yet is tried again the next time.

        Not that it was deleted, where the page itself did so meanwhile. `told` are the sentences that a person was told
        of this answer already, of which none is told again.
        """
        id = self.sessions.get(page).chat.id
        try:
            return self.save(page, panel)
        except NotSaved as error:
            is_news = not isinstance(error, Deleted) or self.sessions.get(page).chat.id == id
            if is_news and str(error) not in (told or ()):
                warn(str(error))
                if told is not None:
                    told.add(str(error))
            return {}

    def left(self, page: str, panel: PanelValues) -> Message:
        """The same before another conversation takes this one's place: what is not kept yet. Raises NotSaved."""
        session = self.sessions.get(page)
        if session.is_kept_nowhere or session.chat.history.nodes.keys() <= session.saved:
            return {}
        return self.save(page, replace(session.panel or panel, private=panel.private))

    def shown(self, page: str) -> Message:
        """Which conversation the page shows, and by what name its tab finds it; of a private one nothing is told."""
        session = self.sessions.get(page)
        if not session.is_kept_nowhere:
            return {"current": session.chat.id, "page": page}
        return {} if session.chat.id else {"current": ""}

    def tell_later(self, page: str, message: Message) -> None:
        """For the page's script, when it listens next: see `unsent`."""
        if "save" in message:
            self.sessions.update(page, lambda s: replace(s, unsent=(*s.unsent, message)))

    def unsent(self, page: str) -> Message:
        """The next of the messages that nobody has heard; {} where there is none."""
        waiting = self.sessions.get(page).unsent
        if not waiting:
            return {}
        self.sessions.update(page, lambda s: replace(s, unsent=s.unsent[1:]))
        return self.numbered(dict(waiting[0]))

    def missing(self, page: str, panel: PanelValues, have: Iterable[str]) -> Message:
        """What a browser that has only these nodes is to keep besides."""
        if self.archive is None:
            self.sessions.update(page, lambda s: replace(s, saved=frozenset(have) & s.chat.history.nodes.keys()))
        return self.save_or_warn(page, panel)

    def keep(self, documents: Iterable[Document]) -> Message:
        """Keeps conversations that were imported, also where they had been deleted. Raises NotSaved."""
        if self.archive is None:
            saves = [_save(document, tuple(document.history.nodes.values()), None) for document in documents]
            return {"saves": saves} if saves else {}
        for document in documents:
            self.archive.save(document, is_import=True)
        return self._list(self.archive)

    def left_behind(self, panel: PanelValues, chat: Chat, ids: Iterable[str]) -> Message:
        """Keeps these nodes of a conversation that its page no longer shows. Raises NotSaved."""
        if panel.private:
            return {}
        return self._keep(self.document(panel, chat), tuple(chat.history.nodes[id] for id in ids), None)

    def _keep(self, document: Document, new: tuple[Node, ...], growing: str | None) -> Message:
        if self.archive is None:
            return {"save": _save(document, new, growing)}
        self.archive.save(document, new, growing)
        return {} if growing else self._list(self.archive)

    def load(self, key: str, path: str | None) -> Document | None:
        """A conversation that was kept: in the archive, or in a file that the browser sends. Raises UserError."""
        if self.archive:
            return self.archive.load(key)
        if not path:
            return None
        return open_kept(handed_over.upload(path), self._picture, self.read)

    def listed(self) -> Updates:
        """The archive's list, where there is an archive. Raises NotSaved."""
        return self.push(self._list(self.archive)) if self.archive else {}

    def found(self, text: str) -> Updates:
        """Which of the archive's conversations hold a text. Raises NotSaved."""
        return self.push({"found": {"text": text, "ids": self.archive.search(text)}}) if self.archive else {}

    def exported(self) -> Updates:
        """All conversations of the archive as one file for the browser to save. Raises UserError."""
        if self.archive is None:
            return {}
        path = upload_folder() / EXPORTS / secrets.token_hex(16) / "conversations.zip"
        try:
            path.parent.mkdir(parents=True)
            found = write_zip(self.archive.documents(), path)
        except OSError as error:
            shutil.rmtree(path.parent, ignore_errors=True)
            raise NotSaved(texts.errors.disk_full) from error
        if not found:
            raise InputRefused(texts.errors.nothing_to_export)
        return self.push({"download": {"name": path.name, "path": str(path)}})

    def rename(self, key: str, title: str, at: str) -> None:
        """Renames in the archive, if there is one; the browser renames by itself. Raises NotSaved."""
        if self.archive:
            self.archive.rename(key, title, at)

    def delete(self, key: str) -> None:
        """Deletes from the archive, if there is one; the browser deletes by itself. Raises NotSaved."""
        if self.archive:
            self.archive.delete(key)

    def _list(self, archive: Archive) -> Message:
        return {"list": [vars(entry) for entry in archive.entries()]}

    def push(self, message: Message) -> Updates:
        """A message to the page's script on what came of a click."""
        return {self.channel: self.numbered(message)}

    def numbered(self, message: Message) -> Message:
        """The message such that no two are alike and none goes unseen."""
        return message | {"number": next(self._numbers)}

    def _picture(self, address: str) -> Image:
        """A picture that the browser kept and has sent again. Raises ImageRefused for any other path."""
        path = handed_over.upload(address)
        return self.images.take(path, path.name)

    def opened(self, document: Document) -> tuple[Chat, Updates]:
        """The chat of a document, and the panel as it was kept with it."""
        history = unbroken(document.history)
        if history.leaf is not None:
            history = history.ending(history.leaf)  # kept while it was asked again: an answer may be there
        chat = Chat(document.id, document.title, document.titled, history, example=document.example)
        return chat, self.presenter.filled(document.prompt, document.settings, document.tools, document.keep)


def _save(document: Document, new: tuple[Node, ...], growing: str | None) -> Message:
    """What the page's script is to keep of a document; `growing` is a node that is still being written."""
    nodes, setups = nodes_json(new, lambda image: image.path)
    return {
        "id": document.id, "name": document.name, "title": document.title, "titled": document.titled,
        "updated": document.updated, "leaf": document.history.leaf, "panel": panel_json(document), "nodes": nodes,
        "setups": setups, "growing": growing, "whole": len(new) == len(document.history.nodes),
    }  # fmt: skip


def unbroken(history: ConversationTree) -> ConversationTree:
    """The tree with a note on each answer that has no end: the app or the page ended before it."""
    nodes = {}
    for node in history.nodes.values():
        message = node.message
        is_broken = isinstance(message, AssistantMessage) and node.asked and not (message.stats or message.note)
        if is_broken and isinstance(message, AssistantMessage) and not message.tool_calls:
            message = replace(message, note=BROKEN, stats=Finished("cancelled"))
        nodes[node.id] = replace(node, message=message)
    return replace(history, nodes=nodes)


def imported(document: Document) -> Document:
    """A document from a file, under an id of its own: it stands beside what it was exported from."""
    return replace(document, id=new_id(), updated=document.updated or now())
