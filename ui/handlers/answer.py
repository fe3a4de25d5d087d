"""An answer: streamed once it was announced, stopped, and shown with what came of it."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr
from starlette.concurrency import run_in_threadpool

from backend.chat.errors import UserError, trace
from backend.chat.messages import Conversation, Finished
from backend.engines.engine import Engine
from backend.turn import run_turn
from ui.bridge import Bridge, Reservation
from ui.conversations.lost import is_lost
from ui.conversations.starter import PendingAnswer
from ui.conversations.store import ConversationStore
from ui.conversations.view import ChatView
from ui.events import FAULT
from ui.render.messages import render_messages
from ui.requests.builder import PendingTurn
from ui.session import Chat, Updates, Values, session_of

STOPPED_NOTE = "Stopped."
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class AnswerHandlers:
    """Only the conversation travels while an answer streams: a starter changes it before, `finish` shows the rest."""

    engine: Engine
    bridge: Bridge
    view: ChatView
    store: ConversationStore

    async def answer(self, request: gr.Request) -> AsyncGenerator[list[Any], None]:
        """Streams the answer that a starter announced, as [chat, chatbot, report].

        Its end is kept, also where it was stopped by someone who has gone on to another chat, or closed the page.
        """
        session = session_of(request)
        with self.bridge.claim(session, PendingAnswer) as claimed:
            if claimed is None:
                yield [gr.skip()] * 3
                return
            reservation, pending = claimed
            chat, turn = pending.chat, pending.turn
            events = run_turn(self.engine, chat.conversation, turn.request, turn.toolbox)
            try:
                async with aclosing(answered(self.bridge, events, reservation, session, chat.conversation)) as states:
                    async for conversation in states:
                        chat = replace(chat, conversation=conversation)
                        yield [chat, await run_in_threadpool(_rendered, chat), gr.skip()]
            except (GeneratorExit, asyncio.CancelledError):  # the page is gone, and nobody takes what would be yielded
                stopped = _stopped(chat).append(_stopped(chat).conversation, turn.request)
                asyncio.get_running_loop().run_in_executor(None, self._keep, turn, stopped)
                raise
            if reservation.stop.is_set():
                chat = _stopped(chat)
            chat = chat.append(chat.conversation, turn.request)
            kept = await asyncio.to_thread(self.store.keep, turn.panel, chat)
            yield [chat, await run_in_threadpool(_rendered, chat), self.store.numbered(kept | {"done": True})]

    def _keep(self, turn: PendingTurn, chat: Chat) -> None:
        """Where nobody is there to be told."""
        try:
            self.store.keep(turn.panel, chat)
        except Exception as error:
            log.error("an answer could not be kept: %s", trace(error))

    def finish(self, values: Values, request: gr.Request) -> Updates:
        """What stands beside the conversation once an answer is done, unless the next is under way already."""
        rested = self.rest(request)
        if not rested or is_lost(self.view.components, values):
            return rested
        return rested | self.view.tool_form(self.view.chat(values), self.view.presenter.read_tools(values))

    def rest(self, request: gr.Request) -> Updates:
        """Send is back once an answer is done, unless the next is under way already."""
        busy = self.bridge.is_busy(session_of(request))
        return {} if busy else {self.view.components.answering: gr.update(visible=False)}

    def stop(self, request: gr.Request) -> None:
        """Ends the answer that is being written."""
        self.bridge.stop(session_of(request))

    def leave(self, request: gr.Request) -> None:
        """The page was closed."""
        self.bridge.release(session_of(request))
        self.bridge.was_cut_short(session_of(request))


def _rendered(chat: Chat) -> list[Any]:
    return render_messages(chat.conversation, chat.history)


def _stopped(chat: Chat) -> Chat:
    return replace(chat, conversation=chat.conversation.with_note(STOPPED_NOTE, Finished("cancelled")))


async def answered(
    bridge: Bridge,
    turn: Generator[Conversation, None, object],
    reservation: Reservation,
    session: str,
    conversation: Conversation,
) -> AsyncGenerator[Conversation, None]:
    """The conversation as its answer comes; then with why there is no more of it, where the turn failed."""
    try:
        async for conversation in bridge.stream(turn, reservation.stop, session, awaits_answer):
            yield conversation
        return
    except UserError as error:
        note = str(error)
    except Exception as error:
        log.error("an answer failed: %s", trace(error))
        note = FAULT
    yield conversation.with_note(note)


def awaits_answer(conversation: Conversation) -> bool:
    """For the bridge: such updates may come less often."""
    return conversation.awaits_answer
