"""The same message under two settings or two system prompts, one after the other, with the same seed."""

import secrets
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr
from starlette.concurrency import run_in_threadpool

from backend.chat.messages import Conversation, Finished
from backend.engines.engine import Engine
from backend.tools.toolbox import Toolbox
from backend.turn import run_turn
from ui.bridge import Bridge, Job
from ui.components.compare import CompareTab, CompareView
from ui.conversations.answering import STOPPED_NOTE, answered
from ui.conversations.starter import Starter
from ui.conversations.view import ChatView
from ui.handlers.answer import BEAT_SECONDS
from ui.handlers.send import Composer, before_message
from ui.render.transcript import turn
from ui.session import Comparing, Session
from ui.threads import in_thread
from ui.values import Updates, Values, box, today, warn

ELSEWHERE = "These answers belong to another conversation, so they were put aside."


@dataclass(frozen=True)
class CompareHandlers:
    """Both answers wait in the same queue as every other."""

    engine: Engine
    bridge: Bridge
    view: ChatView
    composer: Composer
    starter: Starter
    tab: CompareTab
    sides: CompareView

    async def begin_two(self, values: Values, request: gr.Request) -> Updates:
        """Begins the two answers. Raises UserError."""
        panel, page = self.view.presenter.read(values), self.view.page(request)
        session = self.view.sessions.get(page)
        with self.starter.reserved(request, "comparison") as job:
            message = await in_thread(self.composer.message, values, session)
            start = before_message(session.chat).close_open_calls().add(message)
            day = session.chat.day or today()
            turn = await in_thread(self.starter.builder.pending, panel, day)
            asked = replace(turn.request, owner=page, conversation=session.chat.id or secrets.token_hex(8))
            settings = replace(asked.settings, temperature=values[self.tab.temperature], top_p=values[self.tab.top_p])
            prompt = self.starter.builder.prompt(values[self.tab.prompt] or "", day)
            second = replace(asked, settings=settings, system_prompt=prompt or asked.system_prompt)
            begun = Comparing(session.chat.id, ((start, asked), (start, second)))
            self.view.sessions.update(page, lambda now: replace(now, compared=begun))
            self.bridge.run(job, self._run(job, begun, turn.toolbox))
        shown = gr.update(visible=True)
        return {self.sides.column: shown, self.view.components.answering: shown}

    async def _run(self, job: Job, comparing: Comparing, toolbox: Toolbox) -> None:
        for side, (start, asked) in enumerate(comparing.answers):
            turn = run_turn(self.engine, start, asked, toolbox)
            conversation = start
            async with aclosing(answered(self.bridge, turn, job, start)) as states:
                async for conversation in states:
                    comparing = self._show(job, comparing, side, conversation)
            if job.stop.is_set():
                comparing = self._show(
                    job, comparing, side, conversation.with_note(STOPPED_NOTE, Finished("cancelled"))
                )
        done = replace(comparing, is_done=True)
        self.view.sessions.update(job.page, lambda now: replace(now, compared=done))

    def _show(self, job: Job, comparing: Comparing, side: int, conversation: Conversation) -> Comparing:
        answers = list(comparing.answers)
        answers[side] = conversation, answers[side][1]
        comparing = replace(comparing, answers=tuple(answers))
        self.view.sessions.update(job.page, lambda now: replace(now, compared=comparing))
        job.changed.set()
        return comparing

    async def watch(self, request: gr.Request) -> AsyncGenerator[list[Any], None]:
        """Streams [left, right, report]."""
        page = self.view.page(request)
        job = self.bridge.job(page)
        if job and job.kind == "comparison":
            async for _ in job.changes(BEAT_SECONDS):
                yield await run_in_threadpool(self._rendered, page)
        yield await run_in_threadpool(self._rendered, page)

    def _rendered(self, page: str) -> list[Any]:
        compared = self.view.sessions.get(page).compared
        if compared is None:
            return [gr.skip()] * 3
        sides = [turn(conversation) for conversation, _ in compared.answers]
        return [*sides, self.starter.store.numbered({"beat": True})]

    async def take_left(self, values: Values, request: gr.Request) -> Updates:
        """Goes on with the left answer; the other is kept as its alternative."""
        return await self._take(values, request, 0)

    async def take_right(self, values: Values, request: gr.Request) -> Updates:
        """Goes on with the right answer."""
        return await self._take(values, request, 1)

    async def _take(self, values: Values, request: gr.Request, side: int) -> Updates:
        async with self.starter.alone(request, stops=False):
            return await in_thread(self._taken, values, request, side)

    def _taken(self, values: Values, request: gr.Request, side: int) -> Updates:
        page, panel = self.view.page(request), self.view.presenter.read(values)
        session = self.view.sessions.get(page)
        closed: Updates = {self.sides.column: gr.update(visible=False)}
        compared = session.compared
        self.view.sessions.update(page, lambda now: replace(now, compared=None))
        if compared is None or not compared.is_done:
            return closed
        if compared.chat != session.chat.id:
            warn(ELSEWHERE)
            return closed

        def taken(now: Session) -> Session:
            chat = now.chat
            for conversation, asked in (compared.answers[1 - side], compared.answers[side]):
                chat = chat.append(conversation, replace(asked, owner=""))
            chat = replace(chat, day=chat.day or today())
            return replace(now, chat=chat, panel=panel, is_private=panel.private, files=(), details={})

        self.view.sessions.update(page, taken)
        shown = self.view.show(page, panel.tools) | {self.view.components.message: box()}
        told = self.starter.store.save_or_warn(page, panel)
        return closed | shown | self.starter.store.push(self.starter.store.shown(page) | told)
