"""Announcing an answer, whatever a person did to get one. It is then streamed by handlers/answer.py."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

import gradio as gr

from backend.chat.errors import InputRefused
from backend.chat.messages import Conversation
from ui.bridge import Bridge
from ui.conversations.store import ConversationStore
from ui.conversations.view import ChatView
from ui.requests.builder import PendingTurn, RequestBuilder
from ui.requests.values import PanelValues
from ui.session import Chat, Updates, session_of, today, visitor_of
from ui.threads import in_thread

BUSY = "An answer is being written. Your message stays in the box: send it when the answer is done, or stop it."
BUSY_ELSE = "An answer is being written: wait for its end or stop it first."
CROWDED = "{} answers are under way for you, as many as one may have. Your message stays in the box until one is done."


@dataclass(frozen=True)
class PendingAnswer:
    """An answer that was announced: the chat with all that it answers, and what it is asked with."""

    chat: Chat
    turn: PendingTurn


@dataclass(frozen=True)
class Starter:
    """Starts answers. `latest` gives the chat of a page's session as it is now, and not as an event began."""

    builder: RequestBuilder
    bridge: Bridge
    view: ChatView
    store: ConversationStore
    latest: Callable[[str], Chat]

    def is_busy(self, request: gr.Request) -> bool:
        """Whether an answer is under way for the page."""
        return self.bridge.is_busy(session_of(request))

    async def stopped(self, request: gr.Request) -> Chat:
        """Stops the answer that may be under way. The chat with what was written of it."""
        await self.bridge.stop_and_wait(session_of(request))
        return self.latest(session_of(request))

    def reserve(self, request: gr.Request) -> None:
        """Gives the page an answer. Raises InputRefused where it has one, or its visitor too many."""
        if not self.bridge.reserve(session_of(request), visitor_of(request)):
            raise InputRefused(BUSY if self.is_busy(request) else CROWDED.format(self.bridge.max_per_visitor))

    def announce(self, request: gr.Request, pending: object) -> None:
        """Says what the page's answer is asked with."""
        self.bridge.announce(session_of(request), pending)

    def start(
        self, panel: PanelValues, request: gr.Request, chat: Chat, conversation: Conversation, continues: bool = False
    ) -> Updates:
        """Announces the answer to `conversation`, and keeps what is there before it. Raises InputRefused.

        With `continues` the answer at its end is gone on with.
        """
        if not conversation.messages:
            return {}
        day, page = chat.day or today(), chat.page or secrets.token_hex(8)
        chat = replace(chat.append(conversation), day=day, page=page)
        turn = self.builder.pending(panel, day)
        turn = replace(turn, request=replace(turn.request, continues=continues, conversation=chat.id))
        self.reserve(request)
        components = self.view.components
        started: Updates = {components.answering: gr.update(visible=True), components.form: gr.update(visible=False)}
        try:
            updates = self.view.show(chat, panel.tools) | started | self.store.save(panel, chat)
        except Exception:
            self.bridge.release(session_of(request))
            raise
        self.announce(request, PendingAnswer(chat, turn))  # last: what was refused meanwhile must not begin it
        return updates

    async def restart(
        self,
        panel: PanelValues,
        request: gr.Request,
        change: Callable[[Conversation], Conversation],
        continues: bool = False,
    ) -> Updates:
        """Starts an answer to the changed conversation, in place of the one that may be under way."""
        chat = await self.stopped(request)
        return await in_thread(self.start, panel, request, chat, change(chat.conversation), continues)
