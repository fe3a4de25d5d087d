"""The same message under two settings or two system prompts, one after the other, with the same seed."""

import secrets
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr
from starlette.concurrency import run_in_threadpool

from backend.chat.errors import GONE, InputRefused, UserError
from backend.chat.messages import AssistantMessage, Conversation, Finished, UserMessage
from backend.chat.request import ChatRequest
from backend.engines.engine import Engine
from backend.tools.toolbox import Toolbox
from backend.turn import run_turn
from ui.bridge import Bridge, Job
from ui.commands import CompareAnswer
from ui.conversations.answering import STOPPED_NOTE, answered
from ui.conversations.starter import BUSY_ELSE, Starter
from ui.conversations.view import ChatView
from ui.handlers.answer import BEAT_SECONDS
from ui.handlers.composer.message_box import Composer
from ui.handlers.send import before_message
from ui.render.views.comparison import Side
from ui.requests.builder import PendingTurn
from ui.requests.values import PanelValues
from ui.session import Chat, Comparing, Session
from ui.texts import texts
from ui.threads import in_thread
from ui.values import Updates, Values, box, today, warn


@dataclass(frozen=True)
class CompareHandlers:
    """Both answers wait in the same queue as every other."""

    engine: Engine
    bridge: Bridge
    view: ChatView
    composer: Composer
    starter: Starter

    def open(self, values: Values, request: gr.Request) -> Updates:
        """Opens the view for the message in the box; where there is none, for the last answer. Raises UserError."""
        self.view.presenter.terms.refuse("compare")
        session = self.view.session(request)
        if self.composer.text(values).strip() or self.composer.files(values):
            message = self.composer.message(values, session)
            return self._opened(request, Comparing(session.chat.id, start=_asked(session.chat, message)))
        messages = session.chat.conversation.messages
        last = next((i for i in reversed(range(len(messages))) if isinstance(messages[i], AssistantMessage)), None)
        if last is None:
            raise InputRefused(texts.compare.empty)
        return self.open_answer(CompareAnswer(do="compare", index=last), request)

    def open_answer(self, command: CompareAnswer, request: gr.Request) -> Updates:
        """Opens the view beside an answer of the conversation. Raises UserError."""
        self.view.presenter.terms.refuse("compare")
        chat = self.view.chat(request)
        messages, index = chat.conversation.messages, command.index
        if index >= len(messages) or not isinstance(messages[index], AssistantMessage):
            raise UserError(GONE)
        questions = [at for at, message in enumerate(messages) if isinstance(message, UserMessage)]
        asked = max((at for at in questions if at < index), default=None)
        if asked is None:
            raise UserError(GONE)
        end = min((at for at in questions if at > index), default=len(messages))
        own = Conversation(messages[:end]), chat.history.nodes[chat.history.path[index]].asked
        start = Conversation(messages[: asked + 1])
        return self._opened(request, Comparing(chat.id, (own,), start=start, leaf=chat.history.leaf))

    def _opened(self, request: gr.Request, comparing: Comparing) -> Updates:
        if self.starter.is_busy(request):
            raise UserError(BUSY_ELSE)
        session = self.view.sessions.update(self.view.page(request), lambda now: replace(now, compared=comparing))
        return self.view.comparison(session)

    async def close(self, request: gr.Request) -> Updates:
        """Leads back to the conversation; what was written of the answers is put aside."""
        page = self.view.page(request)
        job = self.bridge.job(page)
        if job and job.kind == "comparison":
            self.bridge.stop(page)
        return self.view.comparison(self.view.sessions.update(page, lambda now: replace(now, compared=None)))

    async def begin_two(self, values: Values, request: gr.Request) -> Updates:
        """Begins the two answers, or the second beside one that is there. Raises UserError."""
        self.view.presenter.terms.refuse("compare")
        panel, page = self.view.presenter.read(values), self.view.page(request)
        with self.starter.reserved(request, "comparison") as job:
            begun, turn = await in_thread(self._begun, values, panel, self.view.sessions.get(page), page)
            session = self.view.sessions.update(page, lambda now: replace(now, compared=begun))
            self.bridge.run(job, self._run(job, begun, turn.toolbox))
        shown = await in_thread(self.view.comparison, session)
        return shown | {self.view.components.answering: gr.update(visible=True)}

    def _begun(self, values: Values, panel: PanelValues, session: Session, page: str) -> tuple[Comparing, PendingTurn]:
        chat, opened = session.chat, session.compared
        if opened is None or opened.chat != chat.id or not opened.start.messages:
            opened = Comparing(chat.id, start=_asked(chat, self.composer.message(values, session)))
        self.starter.builder.check(opened.start)
        turn = self.starter.builder.pending(panel, today(panel.zone), chat.allowed)
        asked = replace(turn.request, owner=page, conversation=chat.id or secrets.token_hex(8))
        first: tuple[Conversation, ChatRequest | None] = (opened.start, asked)
        if opened.leaf is not None:
            first = opened.answers[0]
            if own := first[1]:  # so that what differs comes of nothing else
                asked = replace(asked, settings=replace(asked.settings, seed=own.settings.seed))
        second, told = self._second(values, asked, opened, panel)
        begun = replace(opened, answers=(first, second), is_done=False, key=secrets.token_hex(8), told=told)
        return begun, turn

    def _second(
        self, values: Values, asked: ChatRequest, opened: Comparing, panel: PanelValues
    ) -> tuple[tuple[Conversation, ChatRequest], str]:
        """What the second answer is to, and from; and in what that differs, in words."""
        shown = self.view.components.comparison
        other = {"temperature": values[shown.temperature], "top_p": values[shown.top_p]}
        both = replace(panel, system_prompt=values[shown.prompt] or "", numbers={**panel.numbers, **other})
        held = self.starter.builder.held(both)
        own = held.settings(self.starter.builder.max_new_tokens)
        temperature, top_p = own.temperature, own.top_p
        settings = replace(asked.settings, temperature=temperature, top_p=top_p)
        prompt = self.starter.builder.prompt(held.system_prompt, today(panel.zone))
        told = [
            texts.compare.own_temperature.format(value=f"{temperature:g}"),
            texts.compare.own_top_p.format(value=f"{top_p:g}"),
        ]
        told += [texts.compare.own_prompt] if prompt else []
        second = replace(asked, settings=settings, system_prompt=prompt or asked.system_prompt)
        return (opened.start, second), " · ".join(told)

    async def _run(self, job: Job, comparing: Comparing, toolbox: Toolbox) -> None:
        for side in (0, 1) if comparing.leaf is None else (1,):
            start, asked = comparing.answers[side]
            assert asked  # only a conversation that is there already may have come from nothing that is known
            turn = run_turn(self.engine, start, asked, toolbox)
            conversation = start
            async with aclosing(answered(self.bridge, turn, job, start)) as states:
                async for conversation in states:
                    comparing = self._show(job, comparing, side, conversation)
            if job.stop.is_set():
                stopped = conversation.with_note(STOPPED_NOTE, Finished("cancelled"))
                comparing = self._show(job, comparing, side, stopped)
        self._keep(job, replace(comparing, is_done=True))

    def _show(self, job: Job, comparing: Comparing, side: int, conversation: Conversation) -> Comparing:
        answers = list(comparing.answers)
        answers[side] = conversation, answers[side][1]
        comparing = replace(comparing, answers=tuple(answers))
        self._keep(job, comparing)
        job.changed.set()
        return comparing

    def _keep(self, job: Job, comparing: Comparing) -> None:
        """In the session, unless its page has closed the view, or begun anew."""

        def kept(now: Session) -> Session:
            return replace(now, compared=comparing) if now.compared and now.compared.key == comparing.key else now

        self.view.sessions.update(job.page, kept)

    async def watch(self, request: gr.Request) -> AsyncGenerator[list[Any], None]:
        """Streams what the view shows, and a report."""
        page, drawn = self.view.page(request), (Side(), Side())
        job = self.bridge.job(page)
        if job and job.kind == "comparison":
            async for _ in job.changes(BEAT_SECONDS):
                yield await run_in_threadpool(self._rendered, page, drawn)
        yield await run_in_threadpool(self._rendered, page, drawn)

    def _rendered(self, page: str, drawn: tuple[Side, Side]) -> list[Any]:
        session, shown = self.view.sessions.get(page), self.view.components.comparison.shown
        if session.compared is None:
            return [gr.skip()] * (len(shown) + 1)
        updates = self.view.comparison(session, drawn)
        return [*(updates[component] for component in shown), self.starter.store.numbered({"beat": True})]

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
        compared = session.compared
        closed = self.view.comparison(self.view.sessions.update(page, lambda now: replace(now, compared=None)))
        if compared is None or compared.state != "done":
            return closed
        if compared.chat != session.chat.id:
            warn(texts.compare.elsewhere)
            return closed

        def taken(now: Session) -> Session:
            now = replace(now, chat=_with(now.chat, compared, side), panel=panel, is_private=panel.private)
            return now if compared.leaf else replace(now, files=(), choices={})

        self.view.sessions.update(page, taken)
        shown = self.view.show(page, panel.tools)
        if compared.leaf is None:
            shown[self.view.components.message] = box()
        told = self.starter.store.save_or_warn(page, panel)
        return closed | shown | self.starter.store.push(self.starter.store.shown(page) | told)


def _asked(chat: Chat, message: UserMessage) -> Conversation:
    return before_message(chat).close_open_calls().add(message)


def _with(chat: Chat, compared: Comparing, side: int) -> Chat:
    """The chat with both answers, of which this one is shown; its own is in it already."""
    own = compared.leaf
    for conversation, asked in (compared.answers[1 - side], compared.answers[side]):
        if own is None or conversation is compared.answers[1][0]:
            chat = chat.append(conversation, replace(asked, owner="") if asked else None)
    is_back = own is not None and side == 0 and own in chat.history.nodes
    return replace(chat, history=replace(chat.history, leaf=own)) if is_back else chat
