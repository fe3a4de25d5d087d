"""An answer on its way to the page: watched while it is written, stopped, and shown with what came of it."""

import functools
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr
from starlette.concurrency import run_in_threadpool

from backend.turn import telling
from ui.bridge import Bridge, Job
from ui.conversations.answering import SAVE_SECONDS
from ui.conversations.store import ConversationStore, Message
from ui.conversations.view import ChatView
from ui.events import Handler
from ui.place import place_of
from ui.render.transcript import Transcript, Value
from ui.requests.values import PanelValues
from ui.session import Session
from ui.threads import drawn_in_thread
from ui.values import Updates, Values, connection_of, merged, warn

BEAT_SECONDS = 2.0  # the page takes a longer silence for a lost connection


@dataclass(frozen=True)
class AnswerHandlers:
    """Only the messages travel while an answer streams: a starter has shown all else, `finish` shows the rest."""

    bridge: Bridge
    view: ChatView
    store: ConversationStore

    def watched(self, begin: Handler) -> Handler:
        """What begins an answer, and then the answer as it comes, as one event: a second would wait for its turn."""

        @functools.wraps(begin)
        async def call(*given: Any) -> AsyncGenerator[Updates, None]:
            values, request, shown = given[0], given[-1], self.view.components
            async for updates in begin(*given):
                yield updates
                if "__type__" not in updates:
                    values = merged(values, updates)
            async for transcript, report, place in self.watch(values, request):
                yield {shown.transcript: transcript, shown.reports: report, shown.place: place}
            yield self.rest(request) or gr.skip()
            yield gr.skip()  # Gradio says the last once more at the end, when the page may show something newer

        return call

    async def watch(self, values: Values, request: gr.Request) -> AsyncGenerator[list[Any], None]:
        """The page's answer as it comes, as [transcript, report, place]; nothing where there is none.

        It goes on without this, and can be watched anew. It need not be one that this tab asked for: then the place
        says what it is shown.
        """
        shown = place_of(values.get(self.view.components.place)).id
        page, watcher, told_at = self.view.page(request), object(), time.monotonic()
        rendering = Transcript()
        job, report = self.bridge.job(page), self.store.numbered({"beat": True})
        if job and job.kind == "answer":
            chat = self.view.sessions.get(page).chat.id
            async for _ in job.changes(BEAT_SECONDS, watcher):
                session = self.view.sessions.get(page)
                if session.chat.id != chat or job.is_done:
                    continue
                if time.monotonic() - told_at >= SAVE_SECONDS and self._shows(request, page, session):
                    report, told_at = await run_in_threadpool(self._report, job, session), time.monotonic()
                is_whole, job.is_asked_for_all = chat != shown or job.is_asked_for_all, False
                messages = await run_in_threadpool(_all if is_whole else _tail, rendering, session)
                if self._shows(request, page, session):
                    yield [messages, report, gr.skip() if chat == shown else self._place(page, chat)]
                    shown = chat
                else:
                    yield [gr.skip(), report, gr.skip()]
        is_left = self.view.sessions.connection(page) != connection_of(request)
        is_left |= job is not None and job.watcher not in (None, watcher)  # to one who watches now
        if is_left or not self.view.sessions.get(page).ended:
            yield [gr.skip(), ({} if is_left else self.store.unsent(page)) or gr.skip(), gr.skip()]
            return
        session = self.view.sessions.update(page, lambda now: replace(now, ended=False))
        report = await run_in_threadpool(self._end, page, job, session)
        messages = await run_in_threadpool(self.view.end, session, rendering)
        is_shown = (
            self._shows(request, page, session) and self.view.sessions.get(page).chat.history is session.chat.history
        )
        yield [messages, report, self._place(page, session.chat.id)] if is_shown else [gr.skip(), report, gr.skip()]

    def _place(self, page: str, chat: str) -> Any:
        """Where the page is in this chat; nothing where it shows another by now."""
        place = self.view.place(page)[self.view.components.place]
        return place if place_of(place).id == chat else gr.skip()

    def _shows(self, request: gr.Request, page: str, session: Session) -> bool:
        """Whether the page still has this connection, and shows the branch that it did: nobody took the turn back."""
        sessions = self.view.sessions
        before, now = session.chat, sessions.get(page).chat
        is_same = (now.id, now.history.leaf) == (before.id, before.history.leaf)
        return is_same and sessions.connection(page) == connection_of(request)

    def _report(self, job: Job, session: Session) -> Message:
        """For the page's browser to keep, where it keeps conversations; else that the answer goes on."""
        kept: Message = {}
        if session.panel and self.store.archive is None and not session.chat.conversation.awaits_answer:
            kept = self.store.save(job.page, session.panel)
        return self.store.numbered(kept | {"beat": True})

    def _end(self, page: str, job: Job | None, session: Session) -> Message:
        told = job.told if job else set()
        if job and job.problem and job.problem not in told:
            warn(job.problem)
            told.add(job.problem)
        saved = self.store.save_or_warn(page, session.panel or PanelValues(), told)
        return self.store.numbered(saved | {"done": self.view.ending(session)})

    async def finish(self, values: Values, request: gr.Request) -> Updates:
        """What stands beside the conversation once an answer is done, unless the next is under way already.

        Where the page is, is looked up last: meanwhile it may have been shown another conversation.
        """
        page, shown = self.view.page(request), place_of(values.get(self.view.components.place)).id
        if self.view.is_behind(values, request) and (rested := self.rest(request)):
            tools = self.view.presenter.read_tools(values)
            told = self.store.push(self.store.shown(page))
            return rested | await drawn_in_thread(self.view.show, page, tools) | told
        rested, place = self.rest(request), self.view.place(page)
        is_there = shown in ("", place_of(place[self.view.components.place]).id)
        if not (rested and is_there and self.view.page(request) == page):
            return rested
        unsent = self.store.unsent(page)
        return rested | ({self.view.components.reports: unsent} if unsent else {}) | place

    def rest(self, request: gr.Request) -> Updates:
        """Send is back once an answer is done, unless the next is under way already."""
        busy = self.bridge.is_busy(self.view.page(request))
        return {} if busy else {self.view.components.answering: gr.update(visible=False)}

    def stop(self, request: gr.Request) -> None:
        """Ends the answer that is being written."""
        self.bridge.stop(self.view.page(request))

    def leave(self, request: gr.Request) -> None:
        """The page was closed, or lost its connection: nobody can tell which. For where no answer goes on unread."""
        self.bridge.stop(self.view.page(request))


def _tail(rendering: Transcript, session: Session) -> Value:
    return rendering.tail(telling(session.chat.conversation, session.progress), session.chat.history)


def _all(rendering: Transcript, session: Session) -> Value:
    return rendering.all(telling(session.chat.conversation, session.progress), session.chat.history)
