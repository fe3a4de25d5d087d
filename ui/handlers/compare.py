"""The same message under two settings or two system prompts, one after the other, with the same seed."""

import secrets
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr
from starlette.concurrency import run_in_threadpool

from backend.chat.errors import UserError
from backend.chat.messages import Conversation, Finished
from backend.chat.request import ChatRequest
from backend.engines.engine import Engine
from backend.turn import run_turn
from ui.bridge import Bridge
from ui.components.compare import CompareTab, CompareView
from ui.conversations.starter import BUSY_ELSE, Starter
from ui.conversations.view import ChatView
from ui.handlers.answer import STOPPED_NOTE, answered
from ui.handlers.send import Composer
from ui.render.messages import render_messages
from ui.requests.builder import PendingTurn
from ui.session import Chat, Updates, Values, box, session_of, today

ELSEWHERE = "These answers belong to another conversation, so they were put aside."


@dataclass(frozen=True)
class PendingComparison:
    """What both answers are asked with: the conversation up to the message, the turn, and the second one's request."""

    chat: Chat
    turn: PendingTurn
    second: ChatRequest


@dataclass(frozen=True)
class Outcomes:
    """The two answers, each with what it came from, and the id of the chat that they were asked in."""

    chat: str
    answers: tuple[tuple[Conversation, ChatRequest], ...]


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

    def begin_two(self, values: Values, request: gr.Request) -> Updates:
        """Announces the two answers. Raises UserError."""
        chat, panel = self.view.chat(values), self.view.presenter.read(values)
        conversation = chat.conversation.close_open_calls().add(self.composer.message(values))
        day = chat.day or today()
        turn = self.starter.builder.pending(panel, day)
        asked = replace(turn.request, conversation=chat.id or secrets.token_hex(8))
        settings = replace(asked.settings, temperature=values[self.tab.temperature], top_p=values[self.tab.top_p])
        prompt = self.starter.builder.prompt(values[self.tab.prompt] or "", day)
        second = replace(asked, settings=settings, system_prompt=prompt or asked.system_prompt)
        pending = PendingComparison(replace(chat, conversation=conversation), replace(turn, request=asked), second)
        self.starter.reserve(request)
        self.starter.announce(request, pending)
        shown = gr.update(visible=True)
        return {self.sides.column: shown, self.view.components.answering: shown, self.sides.outcomes: None}

    async def stream(self, request: gr.Request) -> AsyncGenerator[list[Any], None]:
        """Streams [left, right, outcomes]."""
        session = session_of(request)
        with self.bridge.claim(session, PendingComparison) as claimed:
            if claimed is None:
                yield [gr.skip()] * 3
                return
            reservation, pending = claimed
            start = conversation = pending.chat.conversation
            shown = [await run_in_threadpool(render_messages, start)] * 2
            done: list[tuple[Conversation, ChatRequest]] = []
            for side, asked in enumerate((pending.turn.request, pending.second)):
                conversation = start
                turn = run_turn(self.engine, start, asked, pending.turn.toolbox)
                async with aclosing(answered(self.bridge, turn, reservation, session, start)) as states:
                    async for conversation in states:
                        shown[side] = await run_in_threadpool(render_messages, conversation)
                        yield [*shown, gr.skip()]
                if reservation.stop.is_set():
                    conversation = conversation.with_note(STOPPED_NOTE, Finished("cancelled"))
                shown[side] = await run_in_threadpool(render_messages, conversation)
                done.append((conversation, asked))
            yield [*shown, Outcomes(pending.chat.id, tuple(done))]

    def take_left(self, values: Values, request: gr.Request) -> Updates:
        """Goes on with the left answer; the other is kept as its alternative."""
        return self._take(values, request, 0)

    def take_right(self, values: Values, request: gr.Request) -> Updates:
        """Goes on with the right answer."""
        return self._take(values, request, 1)

    def _take(self, values: Values, request: gr.Request, side: int) -> Updates:
        outcomes: Outcomes | None = values[self.sides.outcomes]
        if self.starter.is_busy(request):
            raise UserError(BUSY_ELSE)
        closed: Updates = {self.sides.column: gr.update(visible=False), self.sides.outcomes: None}
        if outcomes is None:
            return closed
        chat, panel = self.starter.latest(session_of(request)), self.view.presenter.read(values)
        if outcomes.chat != chat.id:
            gr.Warning(ELSEWHERE)
            return closed
        for conversation, asked in (outcomes.answers[1 - side], outcomes.answers[side]):
            chat = chat.append(conversation, asked)
        chat = replace(chat, day=chat.day or today())
        shown = self.view.show(chat, panel.tools) | {self.view.components.message: box()}
        return closed | shown | self.starter.store.save(panel, chat)
