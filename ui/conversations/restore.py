"""Bringing a page's conversation back whose session is gone: after a restart, or since other pages took its room.

The page itself holds which conversation it shows, and which branch. The conversation comes from where it is kept: the
archive, or the visitor's browser, which is asked for it while the event that found it missing waits.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from typing import Any

import gradio as gr

from backend.chat.errors import GONE, UserError
from backend.storage.document import Document
from ui.conversations.store import ConversationStore, unbroken
from ui.conversations.view import ChatView
from ui.fairness.at_once import AtOnce
from ui.place import Place, place_of
from ui.requests.values import PanelValues
from ui.session import Chat, Session
from ui.texts import texts
from ui.threads import in_thread
from ui.values import Updates, Values, connection_of, visitor_of

HAND_OVER_SECONDS = 60.0  # for a large conversation with its pictures, over a phone's connection
REFUSED_SECONDS = 15.0  # for which a page that has nothing to hand over is not asked again
MAX_REFUSED = 1_000
LATE = texts.errors.late
KEPT_NOWHERE = texts.errors.kept_nowhere


@dataclass(frozen=True)
class Restorer:
    """Restores sessions. `_refused` are pages that have said that they have nothing to hand over."""

    store: ConversationStore
    view: ChatView
    _refused: "OrderedDict[str, float]" = field(default_factory=OrderedDict)  # when, by connection
    _waiting: AtOnce = field(default_factory=lambda: AtOnce(of_one=16, of_all=64))

    def is_lost(self, values: Values, request: gr.Request) -> bool:
        """Whether the page shows a conversation that its session does not have."""
        self.view.page(request)  # which is there from now on, whoever's it is
        return self.view.sessions.is_lost(connection_of(request), place_of(values.get(self.view.components.place)))

    def refuse_another(self, values: Values, request: gr.Request) -> None:
        """Raises UserError where the event is about a conversation that the page has left since."""
        session = self.view.session(request)
        if not session.is_shown_at(place_of(values.get(self.view.components.place))):
            raise UserError(GONE)

    def newest(self, updates: Any, request: gr.Request) -> Any:
        """What an event changes, without what it shows of a session that another tab has taken up meanwhile.

        Only where this one has another session of the same conversation by now, and so shows it as it stands there.
        """
        if self.view.components.place not in updates:
            return updates
        place, page = place_of(updates[self.view.components.place]), self.view.page(request)
        if place.page == page or not place.id or self.view.sessions.get(page).chat.id != place.id:
            return updates
        stale = (self.view.components.place, self.view.components.transcript)
        return {component: update for component, update in updates.items() if component not in stale}

    async def bring_back(self, values: Values, request: gr.Request) -> AsyncGenerator[Updates, None]:
        """Has the conversation back when it ends; what it yields is for the page to do meanwhile. Raises UserError."""
        place, connection = place_of(values.get(self.view.components.place)), connection_of(request)
        if await in_thread(self._at_hand, connection, place) and not self._is_lost(connection, place):
            if shown := await in_thread(self._parted, self.view.sessions.page(connection), place):
                yield shown
            return
        with self._waiting.one(visitor_of(request)):
            yield self.store.push({"lost": True})
            await self._arrived(connection, place)

    def _parted(self, page: str, place: Place) -> Updates:
        """An answer that ended for this page alone is kept, and what it has is shown where another goes on with it.

        What the page asked for before that may still change what it shows, and not what it has.
        """
        session = self.view.sessions.get(page)
        panel = session.panel or PanelValues()
        kept = self.store.left(page, panel)
        told: Updates = {self.view.components.reports: self.store.numbered(kept)} if kept else {}
        is_shared = bool(self.view.sessions.connection(place.page))
        return self.view.show(page, panel.tools) | told if is_shared else told

    async def _arrived(self, connection: str, place: Place) -> None:
        until = time.monotonic() + HAND_OVER_SECONDS
        while self._is_lost(connection, place):
            if time.monotonic() - self._refused.get(connection, -REFUSED_SECONDS) < REFUSED_SECONDS:
                raise UserError(KEPT_NOWHERE)
            if time.monotonic() > until:
                raise UserError(LATE)
            await asyncio.sleep(0.05)

    def _is_lost(self, connection: str, place: Place) -> bool:
        """Raises UserError where the page has gone on to another conversation meanwhile."""
        if not self.view.sessions.is_lost(connection, place):
            return False
        if self.view.sessions.get(self.view.sessions.page(connection)).moved:
            raise UserError(GONE)
        return True

    def _at_hand(self, connection: str, place: Place) -> bool:
        """Whether it could be restored without the page: another of its sessions has it, or the archive."""
        found = self.view.sessions.find(place.page)
        if found and found.chat.id == place.id and not found.is_kept_nowhere:
            self.view.sessions.restore(connection, place, apart(found))
            return True
        document = self.store.load(place.id, None) if self.store.archive else None
        if document:
            self.handed_over(document, place, connection)
        elif self.store.archive:
            raise UserError(KEPT_NOWHERE)
        return document is not None

    def handed_over(self, document: Document, place: Place, connection: str) -> Chat:
        """The conversation is there: the page's session has it from now on."""
        chat, _ = self.store.opened(document)
        self.view.sessions.restore(connection, place, Session().with_chat(chat, frozenset(chat.history.nodes)))
        return chat

    def refused(self, connection: str) -> None:
        """The page has nothing to hand over."""
        self._refused[connection] = time.monotonic()
        while len(self._refused) > MAX_REFUSED:
            self._refused.popitem(last=False)


def apart(session: Session) -> Session:
    """What another page is to have of a session. An answer that is being written ends there as far as it is.

    It is an answer of its own then, which that page keeps: under one id the two would take each other's place.
    """
    if session.growing is None:
        return session
    history = unbroken(session.chat.history.with_own_end(session.growing))
    return replace(session, chat=replace(session.chat, history=history), growing=None)
