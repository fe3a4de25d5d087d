"""The list of conversations: opening one, a new title, deleting; and a page that was loaded anew."""

import json
from dataclasses import dataclass, replace

import gradio as gr

from backend.chat.errors import GONE, NotSaved, UserError
from backend.storage.document_json import to_json
from backend.storage.exports.bundle import file_name
from ui.commands import (
    Command,
    DeleteConversation,
    ExportAll,
    ListConversations,
    OpenConversation,
    RenameConversation,
    Resume,
    SearchConversations,
    SyncConversation,
)
from ui.conversations import handed_over
from ui.conversations.restore import Restorer
from ui.conversations.sent import asked_since
from ui.conversations.starter import Starter
from ui.conversations.store import ConversationStore, Message
from ui.conversations.view import ChatView
from ui.handlers.composer.message_box import Composer
from ui.handlers.exports import inside
from ui.place import place_of
from ui.session import Chat, Session
from ui.threads import drawn_in_thread, in_thread
from ui.values import Updates, Values, box, connection_of, merged, now, visitor_of

MAX_TITLE = 60


@dataclass(frozen=True)
class ConversationHandlers:
    """What the list's buttons do, and what the page does by itself to have its conversation back."""

    view: ChatView
    composer: Composer
    store: ConversationStore
    starter: Starter
    restorer: Restorer

    async def run(self, values: Values, command: Command, request: gr.Request) -> Updates:
        """Carries out one command. Raises UserError."""
        match command:
            case OpenConversation():
                try:
                    return await self._open(values, command, request)
                finally:
                    await in_thread(handed_over.discard, command.body)
            case DeleteConversation():
                return await self._delete_shown(values, command, request)
            case RenameConversation():
                return await in_thread(self._rename, command, request)
            case SyncConversation():
                async with self.starter.bridge.turn(self.view.page(request)):
                    return await drawn_in_thread(self._sync, values, command, request)
            case ListConversations():  # which a page asks by itself
                is_hidden = self.view.presenter.terms.demo.hides("history")
                return {} if is_hidden else await in_thread(self.store.listed)
            case SearchConversations():
                return await in_thread(self.store.found, command.text)
            case ExportAll():
                self.view.presenter.terms.refuse("exports")
                return await in_thread(self._export, command.id)
        return {}

    def _export(self, key: str) -> Updates:
        if not key:
            return self.store.exported()
        document = self.store.load(key, None)
        if document is None:
            raise UserError(GONE)
        text = json.dumps(to_json(document, inside), ensure_ascii=False)
        name = f"{file_name(document.name)}.json"
        return self.store.push({"download": {"name": name, "type": "application/json", "text": text}})

    async def _open(self, values: Values, command: OpenConversation, request: gr.Request) -> Updates:
        if command.again and place_of(values[self.view.components.place]).id:
            async with self.store.reading.one(visitor_of(request)):
                return await in_thread(self._open_again, values, command, request)
        self.view.presenter.terms.refuse("history")
        async with self.store.reading.one(visitor_of(request)), self.starter.stopped(request):
            return await in_thread(self._open_kept, values, command, request)

    def _open_kept(self, values: Values, command: OpenConversation, request: gr.Request, sent: str = "") -> Updates:
        document = self.store.load(command.id, command.body)
        if document is None:
            return self._box(values, command.text)
        page, presenter = self.view.page(request), self.view.presenter
        left = self.store.left(page, presenter.read(values))
        chat, filled = self.store.opened(document)
        panel, saved = presenter.read(merged(values, filled)), frozenset(chat.history.nodes)

        def opened(session: Session) -> Session:
            """What the page shows already may have grown since it was handed over."""
            if session.chat.id == chat.id:
                return replace(session, chat=replace(session.chat, history=session.chat.history.joined(chat.history)))
            return replace(session.with_chat(chat, saved), panel=panel)

        self.view.sessions.update(page, opened)
        asked = _asked(self.view.chat(request), sent)
        shown = filled | self.view.show(page, panel.tools) | self._box(values, _unsent(command.text, asked))
        return shown | self.store.push({"current": chat.id, "page": page} | left | _told(asked))

    def _open_again(self, values: Values, command: OpenConversation, request: gr.Request) -> Updates:
        """For a session that was lost; nothing where it has been restored meanwhile. What is in the panel stays.

        The page shows it already, and what the event that found it lost will change of it may be there before this.
        """
        connection, place = connection_of(request), place_of(values[self.view.components.place])
        if not self.restorer.is_lost(values, request):
            return {}
        try:
            document = self.store.load(command.id, command.body) if command.id == place.id else None
        except UserError:
            self.restorer.refused(connection)  # or who waits for it would until it is too late
            raise
        if document is None:
            self.restorer.refused(connection)
            return {}
        self.restorer.handed_over(document, place, connection)
        page, tools = self.view.page(request), self.view.presenter.read_tools(values)
        told = self.store.push({"current": place.id, "page": page})
        if self.view.chat(request).history.leaf == place.leaf:
            return told
        return self.view.show(page, tools) | told

    def _box(self, values: Values, text: str) -> Updates:
        """What this tab remembers of its message box, where a reload has emptied it."""
        is_empty = not (self.composer.text(values) or self.composer.files(values))
        return {self.view.components.message: box(text)} if text and is_empty else {}

    async def resume(self, values: Values, command: Resume, request: gr.Request) -> Updates:
        """The page as it was before it was loaded anew; its answer may still be under way. Raises UserError."""
        sessions = self.view.sessions
        held = sessions.find(command.page)
        is_loaded_anew = held is not self.view.session(request)  # else the connection alone was lost
        ends = held is not None and held.is_kept_nowhere and is_loaded_anew  # what is private ends with its page
        if not ends and sessions.take_up(connection_of(request), command.page):
            if job := self.starter.bridge.job(self.view.page(request)):
                job.take_over()  # whom it told until now hears it no more
            return await drawn_in_thread(self._taken_up, values, command, request, is_loaded_anew)
        if not command.id:
            return self._box(values, command.text) | self._named(values, request)
        if self.store.archive is None:
            return self.store.push({"lost": True})
        opened = OpenConversation(do="open", id=command.id, text=command.text)
        updates = await drawn_in_thread(self._open_kept, values, opened, request, command.sent)
        # Where it is gone what the tab has in its box is the new chat's.
        return updates or self.store.push({"current": "", "page": self.view.page(request), "begun": True})

    def _named(self, values: Values, request: gr.Request) -> Updates:
        """What the page is called from now on; a private one has no name, and the tab forgets what it had before."""
        is_private = self.view.presenter.read(values).private
        return self.store.push({"page": "" if is_private else self.view.page(request)})

    def _taken_up(self, values: Values, command: Resume, request: gr.Request, is_loaded_anew: bool) -> Updates:
        page, presenter = self.view.page(request), self.view.presenter
        session = self.view.sessions.get(page)
        is_new = is_loaded_anew and not place_of(values[self.view.components.place]).page
        filled = presenter.filled_panel(session.panel) if is_new and session.panel else {}
        panel = presenter.read(merged(values, filled))
        busy = self.starter.bridge.is_busy(page)
        asked = _asked(session.chat, command.sent)
        message = self.store.shown(page) | self.store.missing(page, panel, command.have.split()) | _told(asked)
        message |= {"begun": not command.id}  # in this tab, which has not been told
        shown = filled | self.view.show(page, panel.tools) | self.store.push(message)
        shown |= {self.view.components.answering: gr.update(visible=busy)}
        if unsent := self.store.unsent(page):
            shown[self.view.components.reports] = unsent
        if is_new and (drafted := self._drafted(values, _unsent(command.text, asked), session)):
            shown[self.view.components.message] = drafted
        return shown

    def _drafted(self, values: Values, text: str, session: Session) -> Updates | None:
        """The box with the draft that was in it, beside what somebody was quick to put there; None where it has all."""
        written, added = self.composer.text(values), self.composer.files(values)
        files = [*session.files, *(file for file in added if file not in session.files)]
        return None if (written or text, files) == (written, added) else box(written or text, files)

    def _sync(self, values: Values, command: SyncConversation, request: gr.Request) -> Updates:
        page, panel = self.view.page(request), self.view.presenter.read(values)
        session = self.view.sessions.get(page)
        if session.chat.id == command.id:
            return self.store.push(self.store.missing(page, panel, command.have.split()))
        place = place_of(values[self.view.components.place])
        if place.page != page or session.is_shown_at(place):
            return {}
        # The tab that had the session before has changed it since.
        return self.view.show(page, panel.tools) | self.store.push(self.store.shown(page))

    def _rename(self, command: RenameConversation, request: gr.Request) -> Updates:
        title, at = command.title[:MAX_TITLE], now()
        self.store.rename(command.id, title, at)
        self.view.sessions.update(
            self.view.page(request),
            lambda s: replace(s, chat=replace(s.chat, title=title, titled=at)) if s.chat.id == command.id else s,
        )
        return self.store.listed()

    async def _delete_shown(self, values: Values, command: DeleteConversation, request: gr.Request) -> Updates:
        if command.id != self.view.chat(request).id:
            return await in_thread(self._delete, values, command, request)
        async with self.starter.stopped(request):
            return await in_thread(self._delete, values, command, request)

    def _delete(self, values: Values, command: DeleteConversation, request: gr.Request) -> Updates:
        """The page has left it before it is gone, so that nothing of it is kept, or missed, on its behalf."""
        page, tools = self.view.page(request), self.view.presenter.read_tools(values)
        before = self.view.sessions.get(page)
        emptied = self.view.empty(page, tools) if before.chat.id == command.id else {}
        try:
            self.store.delete(command.id)
        except NotSaved:
            self.view.sessions.update(page, lambda now: before if emptied else now)
            raise
        return emptied | self.store.listed()


def _asked(chat: Chat, sent: str) -> str:
    """What the page sent from the place that it held then, and may not have been told; "" where it was nothing."""
    return asked_since(chat, place_of(sent)) if sent else ""


def _unsent(text: str, asked: str) -> str:
    """What comes back to the box: nothing of what stands in the conversation."""
    return "" if text == asked else text


def _told(asked: str) -> Message:
    """For the page's script, which remembers the box too, and what of it is too long to be told here."""
    return {"sent": asked} if asked else {}
