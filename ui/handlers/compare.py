"""The same message under two settings or two system prompts, side by side, with the same seed."""

import secrets
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr
from starlette.concurrency import run_in_threadpool

from backend.chat.errors import EngineError, ImageRefused, InputRefused
from backend.chat.messages import Conversation, Finished
from backend.chat.request import ChatRequest
from backend.chat.system_prompts import fill
from backend.turn import run_turn
from ui.handlers.answer import BUSY_ELSE, STOPPED_NOTE, Handlers, awaits_answer
from ui.render.markdown import LATEX
from ui.render.messages import render_messages
from ui.session import Chat, Updates, Values, box, session_of, today

ELSEWHERE = "These answers belong to another conversation, so they were put aside."


@dataclass(frozen=True)
class Outcomes:
    """The two answers, each with what it came from, and the id of the chat that they were asked in."""

    chat: str
    answers: tuple[tuple[Conversation, ChatRequest], ...]


@dataclass(frozen=True)
class CompareComponents:
    """The components: the second prompt and settings, the buttons, the two answers."""

    prompt: gr.Textbox
    temperature: gr.Slider
    top_p: gr.Slider
    start: gr.Button
    view: gr.Column
    left: gr.Chatbot
    right: gr.Chatbot
    take_left: gr.Button
    take_right: gr.Button
    close: gr.Button
    outcomes: gr.State


def controls() -> dict[str, Any]:
    """The panel's tab."""
    gr.Markdown("The message in the box is answered twice: with the settings of this page, and with these.")
    return {
        "prompt": gr.Textbox(label="Second system prompt", lines=4, max_lines=10, elem_id="second-prompt",
                             info="Empty: the same"),
        "temperature": gr.Slider(0, 1.5, 0.7, step=0.05, label="Second temperature", elem_id="second-temperature"),
        "top_p": gr.Slider(0.05, 1, 1, step=0.05, label="Second top-p", elem_id="second-top-p"),
        "start": gr.Button("Compare", variant="primary", elem_id="compare-start"),
    }  # fmt: skip


def view() -> dict[str, Any]:
    """The two answers, in the main column."""
    common: dict[str, Any] = {
        "height": 360,
        "latex_delimiters": LATEX,
        "group_consecutive_messages": False,
        "buttons": ["copy"],
        "autoscroll": False,  # see ui/components/chat.py
    }
    with gr.Column(visible=False, elem_id="compare") as column:
        with gr.Row():
            left = gr.Chatbot(label="These settings", elem_id="compare-left", **common)
            right = gr.Chatbot(label="The second settings", elem_id="compare-right", **common)
        with gr.Row():
            take_left = gr.Button("Go on with the left", size="sm", elem_id="take-left")
            close = gr.Button("Close", size="sm", elem_id="compare-close")
            take_right = gr.Button("Go on with the right", size="sm", elem_id="take-right")
    return {
        "view": column, "left": left, "right": right, "take_left": take_left, "take_right": take_right, "close": close,
        "outcomes": gr.State(),
    }  # fmt: skip


@dataclass(frozen=True)
class CompareHandlers:
    """The behaviour. Both answers wait in the same queue as every other."""

    handlers: Handlers
    sides: CompareComponents

    def begin(self, values: Values, request: gr.Request) -> Updates:
        """Announces the two answers."""
        try:
            self.handlers.boxed(values)
            self.handlers.asking.request(values, today())
            self.handlers.announce(request)
        except (InputRefused, ImageRefused) as refusal:
            gr.Warning(str(refusal))
            return {}
        answering = self.handlers.talk.answering
        return {self.sides.view: gr.update(visible=True), answering: gr.update(visible=True), self.sides.outcomes: None}

    async def run(self, values: Values, request: gr.Request) -> AsyncGenerator[list[Any], None]:
        """Streams [left, right, outcomes]."""
        with self.handlers.bridge.claim(session_of(request)) as stop:
            if stop is None:
                yield [gr.skip()] * 3
                return
            chat: Chat = values[self.handlers.talk.chat]
            try:
                message = await run_in_threadpool(self.handlers.boxed, values)  # decodes its pictures
                start = chat.conversation.close_open_calls().add(message)
                first, toolbox = await run_in_threadpool(self.handlers.asking.request, values, chat.day or today())
                first = replace(first, conversation=chat.id or secrets.token_hex(8))
            except (InputRefused, ImageRefused) as refusal:  # the panel may have changed since `begin`
                gr.Warning(str(refusal))
                yield [gr.skip()] * 3
                return
            shown: list[list[dict[str, Any]]] = [render_messages(start), render_messages(start)]
            done: list[tuple[Conversation, ChatRequest]] = []
            for side, ask in enumerate((first, self._second(values, first, chat))):
                conversation = start
                try:
                    async for conversation in self.handlers.bridge.stream(
                        run_turn(self.handlers.engine, start, ask, toolbox), stop, session_of(request), awaits_answer
                    ):
                        shown[side] = render_messages(conversation)
                        yield [*shown, gr.skip()]
                except EngineError as error:
                    conversation = conversation.with_note(str(error))
                if stop.is_set():
                    conversation = conversation.with_note(STOPPED_NOTE, Finished("cancelled"))
                shown[side] = render_messages(conversation)
                done.append((conversation, ask))
            yield [*shown, Outcomes(chat.id, tuple(done))]

    def _second(self, values: Values, first: ChatRequest, chat: Chat) -> ChatRequest:
        """The same request with what the tab changes; the seed is the same."""
        sides = self.sides
        settings = replace(first.settings, temperature=values[sides.temperature], top_p=values[sides.top_p])
        prompt = fill(values[sides.prompt] or "", self.handlers.asking.about().name, chat.day or today())
        return replace(first, settings=settings, system_prompt=prompt or first.system_prompt)

    def take_left(self, values: Values, request: gr.Request) -> Updates:
        """Goes on with the left answer; the other is kept as its alternative."""
        return self._take(values, request, 0)

    def take_right(self, values: Values, request: gr.Request) -> Updates:
        """Goes on with the right answer."""
        return self._take(values, request, 1)

    def _take(self, values: Values, request: gr.Request, side: int) -> Updates:
        outcomes: Outcomes | None = values[self.sides.outcomes]
        if self.handlers.bridge.is_busy(session_of(request)):
            gr.Warning(BUSY_ELSE)
            return {}
        closed: Updates = {self.sides.view: gr.update(visible=False), self.sides.outcomes: None}
        chat = self.handlers.latest(session_of(request))
        if outcomes is None:
            return closed
        if outcomes.chat != chat.id:
            gr.Warning(ELSEWHERE)
            return closed
        for conversation, ask in (outcomes.answers[1 - side], outcomes.answers[side]):
            chat = chat.append(conversation, ask)
        chat = replace(chat, day=chat.day or today())
        shown = self.handlers.shown(values, chat) | {self.handlers.talk.message: box()}
        return closed | shown | self.handlers.keeping.save(values, chat)
