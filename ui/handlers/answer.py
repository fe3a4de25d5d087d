"""What happens at each click that leads to an answer: Gradio values -> backend -> Gradio values.

An answer takes three steps, so that only the conversation travels while it streams: a starter (send, retry, edit,
give_result and the like) changes the conversation, `answer` streams, `finish` shows what came of it.
"""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr
from starlette.concurrency import run_in_threadpool

from backend.chat.errors import EngineError, ImageRefused, InputRefused
from backend.chat.messages import (
    AssistantMessage,
    Conversation,
    Finished,
    Part,
    Text,
    ToolCall,
    ToolMessage,
    ToolResult,
    UserMessage,
)
from backend.engines.engine import Engine
from backend.storage.images import ImageStore
from backend.storage.markdown import pretty
from backend.turn import run_turn
from ui.bridge import Bridge
from ui.components.examples import EXAMPLES, tools_around, without_example
from ui.components.sidebar import DETAILS, ChatComponents
from ui.gradio_patches.event_data import told
from ui.handlers.conversation_store import ConversationStore
from ui.handlers.lost import is_lost, refused
from ui.handlers.request import RequestBuilder
from ui.handlers.tool_form import form
from ui.render.messages import edited_text, message_index, render_messages
from ui.session import Chat, Updates, Values, box, session_of, today, visitor_of

MAX_PICTURES = 10
STOPPED_NOTE = "Stopped."
BUSY = "An answer is being written. Your message stays in the box: send it when the answer is done, or stop it."
BUSY_ELSE = "An answer is being written: wait for its end or stop it first."
EMPTY = "Write a message or add a picture first."
NO_RESULT = "Write the tool's result first, or say that it failed."
CROWDED = "{} answers are under way for you, as many as one may have. Your message stays in the box until one is done."
GONE = "What this would change is not there any more, so nothing was changed."
REFUSED_CALL = "Error: the person refused this call."


@dataclass(frozen=True)
class Handlers:
    """The page's behaviour on the way to an answer. A starter returns what of the page changes.

    `latest` gives the chat of a page's session as it is now, `values` the one that was there when the event began.
    """

    engine: Engine
    store: ImageStore
    asking: RequestBuilder
    talk: ChatComponents
    bridge: Bridge
    keeping: ConversationStore
    latest: Callable[[str], Chat]

    def send(self, values: Values, request: gr.Request) -> Updates:
        """Sends what is in the message box; what cannot be sent stays there."""
        if is_lost(self.talk, values):
            return refused(self.talk) | {self.talk.message: values[self.talk.message]}
        session = session_of(request)
        try:
            if self.bridge.is_busy(session):
                raise InputRefused(BUSY)
            chat, message = self.latest(session), self.boxed(values)
            before = chat.conversation
            if chat.editing is not None:
                before = Conversation(before.messages[: chat.editing])
            started = self._start(values, request, chat, before.close_open_calls().add(message))
            return started | {self.talk.message: box(), self.talk.details: {}}
        except (InputRefused, ImageRefused) as refusal:
            gr.Warning(str(refusal))
            return {self.talk.message: values[self.talk.message]}

    def boxed(self, values: Values) -> UserMessage:
        """The message in the box, its pictures taken in. Raises InputRefused and ImageRefused."""
        content = values[self.talk.message] or {}
        text, files = content.get("text") or "", content.get("files") or []
        details = values[self.talk.details] or {}
        if len(files) > MAX_PICTURES:
            raise InputRefused(
                f"A message can hold {MAX_PICTURES} pictures; remove {len(files) - MAX_PICTURES} of yours."
            )
        images = tuple(
            self.store.take(file, file.rsplit("/", 1)[-1], details.get(file, DETAILS[0][1])) for file in files
        )
        parts: tuple[Part, ...] = (*images, Text(text)) if text.strip() else images
        if not parts:
            raise InputRefused(EMPTY)
        return UserMessage(parts)

    def example(self, values: Values, event: gr.EventData, request: gr.Request) -> Updates:
        """Fills in an example, which the page names by its index; a forged index changes nothing."""
        try:
            example = EXAMPLES[_index(event)]
        except IndexError:
            gr.Warning(GONE)
            return {}
        chat = self.latest(session_of(request))
        tools = tools_around(example, without_example(self.asking.tool_panel(values), chat.example))
        filled: Updates = {
            self.talk.message: box(example.text, example.paths),
            self.talk.chat: replace(chat, example=tools),
        }
        return filled | self.asking.tool_fields(tools.given)

    async def retry(self, values: Values, request: gr.Request) -> Updates:
        """Asks the last question again; the answer that stands is kept as an alternative."""
        return await self._restart(values, request, Conversation.without_last_answer)

    async def go_on(self, values: Values, request: gr.Request) -> Updates:
        """Lets the model go on with its last answer."""
        return await self._restart(values, request, lambda conversation: conversation, continuing=True)

    async def edit(self, values: Values, event: gr.EventData, request: gr.Request) -> Updates:
        """Replaces the text of an earlier message. After the user's, the model is asked again from there."""
        chat = await self.stopped(request)
        try:
            index = message_index(chat.conversation, chat.history, _index(event))
            changed = chat.conversation.edited(index, edited_text(told(event, "value")["value"]))
        except (TypeError, LookupError):
            gr.Warning(GONE)
            return await run_in_threadpool(self.shown, values, chat)
        if isinstance(changed.messages[-1], AssistantMessage):
            chat = chat.append(changed)
            return await run_in_threadpool(self.shown, values, chat) | self.keeping.save(values, chat)
        return await run_in_threadpool(self._start_again, values, request, chat, changed)

    async def run_call(self, values: Values, request: gr.Request) -> Updates:
        """Runs the first open call with the arguments as the person left them."""
        call = self._open_call(request)
        if call is None:
            return {}
        changed = replace(call, arguments=values[self.talk.arguments] or "{}")
        try:
            toolbox = self.asking.toolbox(await run_in_threadpool(self.asking.tools, values))
        except InputRefused as refusal:
            gr.Warning(str(refusal))
            return {}
        result = await run_in_threadpool(toolbox.run, changed)
        kept = changed if pretty(changed.arguments) != pretty(call.arguments) else call
        return await self._resolve(values, request, call, kept, result)

    async def give_result(self, values: Values, request: gr.Request) -> Updates:
        """The person's answer to the first open call of a declared tool."""
        output = (values[self.talk.tool_result] or "").strip()
        if not output:
            gr.Warning(NO_RESULT)
            return {}
        return await self._give(values, request, output, is_error=False)

    async def give_failure(self, values: Values, request: gr.Request) -> Updates:
        """The person says that the tool failed or refuses the call; what they typed is the reason."""
        reason = (values[self.talk.tool_result] or "").strip()
        return await self._give(values, request, f"Error: {reason}" if reason else REFUSED_CALL, is_error=True)

    async def undo(self, values: Values, request: gr.Request) -> Updates:
        """Takes the last turn back; what the person sent returns to the message box."""
        chat = await self.stopped(request)
        index = chat.conversation.last_user_index
        if index is None:
            return {}
        taken = chat.conversation.messages[index]
        assert isinstance(taken, UserMessage)
        chat = chat.append(chat.conversation.without_last_turn())
        shown = await run_in_threadpool(self.shown, values, chat)
        return shown | {self.talk.message: box(taken.text, [image.path for image in taken.images])}

    async def clear(self, values: Values, request: gr.Request) -> Updates:
        """Begins a new conversation."""
        chat = await self.stopped(request)
        emptied = await run_in_threadpool(self.emptied, values | {self.talk.chat: chat})
        return emptied | self.keeping.push({"current": ""})

    def emptied(self, values: Values) -> Updates:
        """A new conversation in the place of the one that is shown."""
        return self.left(values) | self.shown(values, Chat())

    def left(self, values: Values) -> Updates:
        """The tool panel for what comes after the chat that is shown: without what an example put into it."""
        chat: Chat = values[self.talk.chat]
        if chat.example is None:
            return {}
        return self.asking.tool_fields(without_example(self.asking.tool_panel(values), chat.example))

    def again(self, request: gr.Request) -> Updates:
        """What is shown now, once more, where it took the place of an answer that was being written.

        A busy browser puts off the updates of a stream, and draws the last of them over the next event's.
        """
        session = session_of(request)
        if not self.bridge.was_cut_short(session) or self.bridge.is_busy(session):
            return {}
        chat = self.latest(session)
        return {self.talk.chatbot: render_messages(chat.conversation, chat.history)} | self.keeping.push(
            {"current": chat.id}
        )

    def stop(self, request: gr.Request) -> None:
        """Ends the answer that is being written."""
        self.bridge.stop(session_of(request))

    def leave(self, request: gr.Request) -> None:
        """The page was closed."""
        self.bridge.release(session_of(request))
        self.bridge.was_cut_short(session_of(request))

    def announce(self, request: gr.Request) -> None:
        """Announces an answer for the page. Raises InputRefused where it has one, or its visitor too many."""
        session = session_of(request)
        if not self.bridge.reserve(session, visitor_of(request)):
            raise InputRefused(BUSY if self.bridge.is_busy(session) else CROWDED.format(self.bridge.max_per_visitor))

    async def answer(self, values: Values, request: gr.Request) -> AsyncGenerator[list[Any], None]:
        """Streams the answer that a starter announced, as [chat, chatbot, report].

        Its end is kept, also where it was stopped by someone who has gone on to another chat, or closed the page.
        """
        chat: Chat = values[self.talk.chat]
        with self.bridge.claim(session_of(request)) as stop:
            if stop is None:
                yield [gr.skip()] * 3
                return
            ask, conversation = None, chat.conversation
            try:
                ask, toolbox = await run_in_threadpool(self.asking.request, values, chat.day or today())
                ask = replace(ask, continues=chat.continuing, conversation=chat.id)
                turn = run_turn(self.engine, conversation, ask, toolbox)
                async for conversation in self.bridge.stream(turn, stop, session_of(request), awaits_answer):
                    chat = replace(chat, conversation=conversation)
                    yield [chat, await run_in_threadpool(render_messages, conversation, chat.history), gr.skip()]
            except (EngineError, InputRefused) as error:  # the panel may have changed since the starter
                conversation = conversation.with_note(str(error))
            except (GeneratorExit, asyncio.CancelledError):  # the page is gone, and nobody takes what would be yielded
                self.keeping.kept(values, chat.append(conversation.with_note(STOPPED_NOTE, Finished("cancelled")), ask))
                raise
            if stop.is_set():
                conversation = conversation.with_note(STOPPED_NOTE, Finished("cancelled"))
            chat = chat.append(conversation, ask)
            kept = await asyncio.to_thread(self.keeping.kept, values, chat)
            yield [chat, render_messages(conversation, chat.history), self.keeping.numbered(kept | {"done": True})]

    def finish(self, values: Values, request: gr.Request) -> Updates:
        """What stands beside the conversation once an answer is done, unless the next is under way already."""
        rested = self.rested(request)
        if not rested or is_lost(self.talk, values):
            return rested
        return rested | form(self.talk, self.asking, values, values[self.talk.chat])

    def rested(self, request: gr.Request) -> Updates:
        """Send is back once an answer is done, unless the next is under way already."""
        return {} if self.bridge.is_busy(session_of(request)) else {self.talk.answering: gr.update(visible=False)}

    def shown(self, values: Values, chat: Chat) -> Updates:
        """The conversation as it stands, and the form for a call that waits in it.

        `values` are those of the page that shows it, of which at least the chat.
        """
        talk, before = self.talk, values[self.talk.chat]
        chat = replace(chat, page=chat.page or before.page or secrets.token_hex(8))
        token = chat.page if chat.conversation.messages else ""  # a page that shows none has none to lose
        shown: Updates = {talk.chat: chat, talk.chatbot: render_messages(chat.conversation, chat.history)}
        return shown | {talk.token: token, talk.notice: ""} | form(self.talk, self.asking, values, chat)

    async def stopped(self, request: gr.Request) -> Chat:
        """Stops the answer that may be under way. The chat with what was written of it."""
        await self.bridge.stop_and_wait(session_of(request))
        return self.latest(session_of(request))

    async def _restart(
        self,
        values: Values,
        request: gr.Request,
        change: Callable[[Conversation], Conversation],
        continuing: bool = False,
    ) -> Updates:
        """Starts an answer to the changed conversation, in place of the one that may be under way."""
        chat = await self.stopped(request)
        return await run_in_threadpool(self._start_again, values, request, chat, change(chat.conversation), continuing)

    def _start_again(
        self, values: Values, request: gr.Request, chat: Chat, conversation: Conversation, continuing: bool = False
    ) -> Updates:
        if not conversation.messages:
            return {}
        try:
            return self._start(values, request, chat, conversation, continuing)
        except InputRefused as refusal:
            gr.Warning(str(refusal))
            return {}

    def _open_call(self, request: gr.Request) -> ToolCall | None:
        return next(iter(self.latest(session_of(request)).conversation.open_calls), None)

    async def _give(self, values: Values, request: gr.Request, output: str, is_error: bool) -> Updates:
        call = self._open_call(request)
        if call is None:
            return {}
        return await self._resolve(values, request, call, call, ToolResult(call.id, output, is_error))

    async def _resolve(
        self, values: Values, request: gr.Request, call: ToolCall, kept: ToolCall, result: ToolResult
    ) -> Updates:
        """Goes on from an open call, which becomes `kept`; one that has got another result meanwhile stays as it is."""
        if call != self._open_call(request):
            return {}
        return await self._restart(values, request, lambda now: now.with_call(kept).add(ToolMessage(result)))

    def _start(
        self, values: Values, request: gr.Request, chat: Chat, conversation: Conversation, continuing: bool = False
    ) -> Updates:
        """Announces the answer to `conversation`, and keeps what is there before it.

        Raises InputRefused where the panel's values make no request.
        """
        day = chat.day or today()
        self.asking.request(values, day)
        self.announce(request)
        chat = replace(chat.append(conversation), day=day, continuing=continuing)
        started: Updates = {self.talk.answering: gr.update(visible=True), self.talk.form: gr.update(visible=False)}
        return self.shown(values, chat) | started | self.keeping.save(values, chat)


def awaits_answer(conversation: Conversation) -> bool:
    """For the bridge: such updates may come less often."""
    return conversation.awaits_answer


def _index(event: gr.EventData) -> int:
    """The place that an event of the chatbot names, alone or first in a list. Raises IndexError where it names none."""
    index = told(event, "index").get("index")
    index = index[0] if isinstance(index, list) and index else index
    if type(index) is not int or index < 0:
        raise IndexError
    return index
