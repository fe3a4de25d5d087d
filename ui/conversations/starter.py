"""Starting an answer, whatever a person did to get one. It then runs by itself: see answering.py."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace

import gradio as gr

from backend.chat.errors import GONE, InputRefused, UserError
from backend.chat.messages import AssistantMessage, Conversation
from ui.bridge import Bridge, Job, Kind
from ui.conversations.answering import AnswerRunner
from ui.conversations.store import ConversationStore
from ui.conversations.view import ChatView
from ui.place import Place
from ui.requests.builder import RequestBuilder
from ui.requests.values import PanelValues
from ui.session import Chat, Session
from ui.texts import texts
from ui.threads import in_thread
from ui.values import Updates, today, visitor_of

BUSY = texts.errors.busy
BUSY_ELSE = texts.errors.busy_else
ELSEWHERE = texts.errors.elsewhere
FULL = texts.errors.full
CROWDED = texts.errors.crowded


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

    @asynccontextmanager
    async def stopped(self, request: gr.Request) -> AsyncIterator[Chat]:
        """Stops the answer that may be under way; none begins until the block ends.

        The chat with what was written of it.
        """
        page = self.view.page(request)
        self.bridge.stop(page)  # also one that has yet to begin
        async with self.bridge.turn(page):
            await self.bridge.stop_and_wait(page)
            yield self.view.chat(request)

    @asynccontextmanager
    async def alone(self, request: gr.Request, stops: bool = True) -> AsyncIterator[Chat]:
        """The same for what changes the shown chat. Raises UserError where it waited, and another one is shown now.

        Where it does not stop the answer, UserError is raised while there is one.
        """
        of = self.view.chat(request).id
        async with self.stopped(request) if stops else self.bridge.turn(self.view.page(request)):
            if self.is_busy(request):
                raise UserError(BUSY_ELSE)
            if (chat := self.view.chat(request)).id != of:
                raise UserError(GONE)
            yield chat

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
        of: str,
        change: Callable[[Chat], Conversation],
        continues: bool | AssistantMessage = False,
        seen: Place | None = None,
        approved: str = "",
    ) -> Updates:
        """Starts an answer to what `change` makes of the chat `of` this id, if it is still shown. Raises InputRefused.

        With `continues` the answer at its end is gone on with, or one that begins like this. `seen` is what the page
        shows. The call of the `approved` id is run first.
        """
        sessions, page = self.view.sessions, self.view.page(request)
        async with self.bridge.turn(page):
            with self.reserved(request) as job:
                before = sessions.get(job.page).chat
                if before.id != of:
                    raise InputRefused(ELSEWHERE)
                if sessions.is_full(job.page):
                    raise InputRefused(FULL)
                return await self._start(job, panel, before, change, continues, seen, approved)

    async def _start(
        self,
        job: Job,
        panel: PanelValues,
        before: Chat,
        change: Callable[[Chat], Conversation],
        continues: bool | AssistantMessage,
        seen: Place | None,
        approved: str,
    ) -> Updates:
        sessions = self.view.sessions
        conversation = await in_thread(change, before)
        if not conversation.messages:
            return {}
        await in_thread(self.builder.check, conversation)
        turn = await in_thread(self.builder.pending, panel, today(panel.zone), before.allowed, approved)
        after = await in_thread(before.append, conversation)

        def asked(session: Session) -> Session:
            """Mostly nothing but the title has changed meanwhile, so that all is at hand."""
            now = session.chat
            if now.id != before.id:
                raise InputRefused(ELSEWHERE)
            chat = after if now.history is before.history else now.append(change(now))
            chat = replace(chat, title=now.title, titled=now.titled)
            cleared = replace(session, growing=None, ended=False, compared=None)
            return replace(cleared, chat=chat, panel=panel, is_private=panel.private)

        chat = sessions.update(job.page, asked).chat
        asked_for = replace(turn.request, continues=bool(continues), owner=job.page, conversation=chat.id)
        begun = continues if isinstance(continues, AssistantMessage) else None
        turn = replace(turn, request=asked_for, begun=begun)
        try:
            updates = await in_thread(self._shown, job, panel, seen, not before.id)
        except Exception:  # it goes back into the box, so it does not stand in the chat too
            sessions.update(job.page, lambda session: replace(session, chat=session.chat.back_to(before)))
            raise
        self.bridge.run(job, self.runner.run(job, chat, turn))
        return updates

    def _shown(self, job: Job, panel: PanelValues, seen: Place | None, is_new: bool) -> Updates:
        components = self.view.components
        started: Updates = {components.answering: gr.update(visible=True)}
        shown = self.view.show(job.page, None, seen) | started
        if panel.private:
            return shown
        id = self.view.sessions.get(job.page).chat.id
        saved = self.store.save_or_warn(job.page, panel, job.told)
        return shown | self.store.push({"current": id, "page": job.page, "begun": is_new} | saved)

    async def restart(
        self,
        panel: PanelValues,
        request: gr.Request,
        change: Callable[[Conversation], Conversation],
        continues: bool = False,
        seen: Place | None = None,
        approved: str = "",
    ) -> Updates:
        """Starts an answer to the changed conversation, in place of the one that may be under way."""
        async with self.alone(request) as chat:
            of = chat.id
        return await self.start(panel, request, of, lambda chat: change(chat.conversation), continues, seen, approved)
