"""An answer while it is written: it runs by itself, into the session of its page, and is kept as it comes."""

import logging
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from backend.chat.errors import FAULT, ContextFull, NotSaved, UserError, trace
from backend.chat.messages import AssistantMessage, Conversation, Finished, Message
from backend.chat.tree import new_id
from backend.engines.engine import Engine
from backend.turn import run_turn
from ui.bridge import Bridge, Job
from ui.conversations.store import ConversationStore
from ui.requests.builder import PendingTurn
from ui.session import Chat, Session
from ui.session_store import SessionStore
from ui.threads import in_thread

SAVE_SECONDS = 2.0
STOPPED_NOTE = "Stopped."
log = logging.getLogger(__name__)


@dataclass
class _Written:
    """An answer so far: the chat that it is for, the node that it follows, and the ids of its own nodes.

    `instead` is the answer that it goes on with, and in whose place it is shown.
    """

    chat: Chat
    turn: PendingTurn
    at: str | None
    instead: str | None
    before: int  # messages
    ids: list[str] = field(default_factory=list)

    @classmethod
    def to(cls, chat: Chat, turn: PendingTurn) -> "_Written":
        """The beginning of an answer to what the chat shows."""
        path, instead = list(chat.history.path), None
        if turn.request.continues and not turn.begun:
            instead = path.pop()
        return cls(chat, turn, path[-1] if path else None, instead, len(path))

    def add(self, conversation: Conversation, session: Session) -> Session:
        """The session with the conversation as far as it is written, unless it has gone on to another chat."""
        messages = conversation.messages[self.before :]
        self.ids += [new_id() for _ in messages[len(self.ids) :]]
        self.chat = self._with(self.chat, messages)
        if not self.is_of(session):
            return session
        growing = self.ids[-1] if self.ids else None
        answers = (message for message in reversed(conversation.messages) if isinstance(message, AssistantMessage))
        said = next((answer.progress for answer in answers), "")
        return replace(session, chat=self._with(session.chat, messages), growing=growing, progress=said)

    def _with(self, chat: Chat, messages: tuple[Message, ...]) -> Chat:
        asked = replace(self.turn.request, owner="")  # which goes nowhere with the conversation
        history = chat.history.with_answer(self.at, messages, self.ids, asked, self.instead)
        return replace(chat, history=history)

    def is_of(self, session: Session) -> bool:
        return session.chat.id == self.chat.id


@dataclass(frozen=True)
class AnswerRunner:
    """Runs answers. Whatever becomes of the page, what was written of them is kept."""

    engine: Engine
    bridge: Bridge
    store: ConversationStore
    sessions: SessionStore

    async def run(self, job: Job, chat: Chat, turn: PendingTurn) -> None:
        """The answer to what the chat shows, to its end."""
        written = _Written.to(chat, turn)
        try:
            await self._write(job, written)
        finally:
            self.sessions.update(job.page, lambda s: replace(s, growing=None, ended=True) if written.is_of(s) else s)

    async def _write(self, job: Job, written: _Written) -> None:
        turn, conversation = written.turn, written.chat.conversation
        if turn.begun:
            conversation = conversation.add(turn.begun)
        events = run_turn(self.engine, conversation, turn.request, turn.toolbox)
        saved_at, count = time.monotonic(), 0
        async with aclosing(answered(self.bridge, events, job, conversation)) as states:
            async for conversation in states:
                self._add(job, written, conversation)
                is_due = time.monotonic() - saved_at >= SAVE_SECONDS or len(written.ids) > count
                if is_due and not conversation.awaits_answer:
                    saved_at, count = time.monotonic(), len(written.ids)
                    await self._save(job, written)
        if job.stop.is_set() and not is_over(conversation):
            self._add(job, written, conversation.with_note(STOPPED_NOTE, Finished("cancelled")))
        self.sessions.update(job.page, lambda s: replace(s, growing=None) if written.is_of(s) else s)
        await self._save(job, written, is_whole=True)

    def _add(self, job: Job, written: _Written, conversation: Conversation) -> None:
        self.sessions.update(job.page, lambda session: written.add(conversation, session))
        job.changed.set()

    async def _save(self, job: Job, written: _Written, is_whole: bool = False) -> None:
        """Keeps it in the archive; a browser keeps what it is sent by the one who watches."""
        panel = written.turn.panel
        try:
            if not written.is_of(self.sessions.get(job.page)):  # the page has gone on to another conversation
                if is_whole:
                    kept = await in_thread(self.store.left_behind, panel, written.chat, written.ids)
                    self.store.tell_later(job.page, kept)
            elif self.store.archive:
                await in_thread(self.store.save, job.page, panel)
        except NotSaved as error:
            job.problem = str(error)


async def answered(
    bridge: Bridge, turn: Generator[Conversation, None, object], job: Job, conversation: Conversation
) -> AsyncGenerator[Conversation, None]:
    """The conversation as its answer comes; then with why there is no more of it, where the turn failed."""
    try:
        async with aclosing(bridge.stream(turn, job, awaits_answer)) as states:
            async for conversation in states:
                yield conversation
        return
    except UserError as error:
        note, end = str(error), Finished("full") if isinstance(error, ContextFull) else None
    except Exception as error:
        log.error("an answer failed: %s", trace(error))
        note, end = FAULT, None
    yield conversation.with_note(note, end)


def is_over(conversation: Conversation) -> bool:
    """Whether the answer at its end came to its own end, so that there is nothing left to stop."""
    last = conversation.messages[-1] if conversation.messages else None
    return isinstance(last, AssistantMessage) and last.stats is not None and not conversation.open_calls


def awaits_answer(conversation: Conversation) -> bool:
    """For the bridge: such updates may come less often."""
    return conversation.awaits_answer
