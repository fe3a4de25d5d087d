"""Starting an answer, whatever a person did to get one. It then runs by itself: see answering.py."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import gradio as gr

from backend.chat.errors import InputRefused
from backend.chat.messages import Conversation
from ui.bridge import Bridge, Job, Kind
from ui.conversations.answering import AnswerRunner
from ui.conversations.store import ConversationStore
from ui.conversations.view import ChatView
from ui.requests.builder import RequestBuilder
from ui.requests.values import PanelValues
from ui.session import Chat, Session
from ui.threads import in_thread
from ui.values import Updates, today, visitor_of

BUSY = "An answer is being written. Your message stays in the box: send it when the answer is done, or stop it."
BUSY_ELSE = "An answer is being written: wait for its end or stop it first."
FULL = "This conversation is as long as one may be. Begin a new chat; your message stays in the box."
CROWDED = "{} answers are under way for you, as many as one may have. Your message stays in the box until one is done."


@dataclass(frozen=True)
class Starter:
    """Starts answers."""

    builder: RequestBuilder
    bridge: Bridge
    view: ChatView
    store: ConversationStore
    runner: AnswerRunner

    def is_busy(self, request: gr.Request) -> bool:
        """Whether an answer is under way for the page."""
        return self.bridge.is_busy(self.view.page(request))

    async def stopped(self, request: gr.Request) -> Chat:
        """Stops the answer that may be under way. The chat with what was written of it."""
        await self.bridge.stop_and_wait(self.view.page(request))
        return self.view.chat(request)

    @contextmanager
    def reserved(self, request: gr.Request, kind: Kind = "answer") -> Iterator[Job]:
        """A job for the page. Raises InputRefused where it has one, or its visitor too many."""
        with self.bridge.reserved(self.view.page(request), visitor_of(request), kind) as job:
            if job is None:
                raise InputRefused(BUSY if self.is_busy(request) else CROWDED.format(self.bridge.max_per_visitor))
            yield job

    async def start(
        self,
        panel: PanelValues,
        request: gr.Request,
        change: Callable[[Chat], Conversation],
        continues: bool = False,
    ) -> Updates:
        """Starts an answer to the conversation that `change` makes of the chat. Raises InputRefused.

        With `continues` the answer at its end is gone on with.
        """
        sessions = self.view.sessions
        with self.reserved(request) as job:
            if sessions.is_full(job.page):
                raise InputRefused(FULL)
            before = sessions.get(job.page).chat
            if not change(before).messages:
                return {}
            day = before.day or today()
            turn = await in_thread(self.builder.pending, panel, day)

            def asked(session: Session) -> Session:
                chat = replace(session.chat.append(change(session.chat)), day=day)
                return replace(session, chat=chat, panel=panel, growing=None, ended=False)

            chat = sessions.update(job.page, asked).chat
            turn = replace(turn, request=replace(turn.request, continues=continues, conversation=chat.id))
            try:
                updates = await in_thread(self._shown, job, panel)
            except Exception:  # it goes back into the box, so it does not stand in the chat too
                sessions.update(job.page, lambda session: replace(session, chat=session.chat.back_to(before)))
                raise
            self.bridge.run(job, self.runner.run(job, turn))
        return updates

    def _shown(self, job: Job, panel: PanelValues) -> Updates:
        components = self.view.components
        started: Updates = {components.answering: gr.update(visible=True), components.form: gr.update(visible=False)}
        shown = self.view.show(job.page, panel.tools) | started
        if panel.private:
            return shown
        id = self.view.sessions.get(job.page).chat.id
        return shown | self.store.push({"current": id, "page": job.page} | self.store.told(job.page, panel))

    async def restart(
        self,
        panel: PanelValues,
        request: gr.Request,
        change: Callable[[Conversation], Conversation],
        continues: bool = False,
    ) -> Updates:
        """Starts an answer to the changed conversation, in place of the one that may be under way."""
        await self.stopped(request)
        return await self.start(panel, request, lambda chat: change(chat.conversation), continues)
