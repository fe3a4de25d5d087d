"""What happens at each click that leads to an answer: Gradio values -> backend -> Gradio values.

An answer takes three steps, so that only the conversation travels while it streams: a starter (send, retry, edit,
give_result and the like) changes the conversation, `answer` streams, `finish` shows what came of it.
"""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from backend.chat import (
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
from backend.engine import Engine, EngineError
from backend.images import ImageRefused, ImageStore
from backend.markdown import pretty
from backend.tools import Toolbox
from backend.turn import run_turn
from ui.asking import Asking, Refused
from ui.bridge import Bridge
from ui.bubbles import bubbles, edited_text, message_index
from ui.examples import EXAMPLES
from ui.keeping import Keeping
from ui.panels import DETAILS, Talk
from ui.state import Chat, Updates, Values, box, session_of, today, visitor_of

MAX_PICTURES = 10
STOPPED_NOTE = "Stopped."
BUSY = "An answer is being written. Your message stays in the box: send it when the answer is done, or stop it."
EMPTY = "Write a message or add a picture first."
NO_RESULT = "Write the tool's result first, or say that it failed."
CROWDED = "{} answers are under way for you, as many as one may have. Your message stays in the box until one is done."
GONE = "What this would change is not there any more, so nothing was changed."
REFUSED_CALL = "Error: the person refused this call."


@dataclass(frozen=True)
class Handlers:
    """The page's behaviour on the way to an answer. A starter returns what of the page changes."""

    engine: Engine
    store: ImageStore
    asking: Asking
    talk: Talk
    bridge: Bridge
    keeping: Keeping

    def send(self, values: Values, request: gr.Request) -> Updates:
        """Sends what is in the message box; what cannot be sent stays there."""
        chat: Chat = values[self.talk.chat]
        try:
            message = self.boxed(values)
            before = chat.conversation
            if chat.editing is not None:
                before = Conversation(before.messages[: chat.editing])
            started = self._start(values, request, before.settled().add(message))
            return started | {self.talk.message: box(), self.talk.details: {}}
        except (Refused, ImageRefused) as refusal:
            gr.Warning(str(refusal))
            return {self.talk.message: values[self.talk.message]}

    def boxed(self, values: Values) -> UserMessage:
        """The message in the box, its pictures taken in. Raises Refused and ImageRefused."""
        content = values[self.talk.message] or {}
        text, files = content.get("text") or "", content.get("files") or []
        details = values[self.talk.details] or {}
        if len(files) > MAX_PICTURES:
            raise Refused(f"A message can hold {MAX_PICTURES} pictures; remove {len(files) - MAX_PICTURES} of yours.")
        images = tuple(
            self.store.take(file, file.rsplit("/", 1)[-1], details.get(file, DETAILS[0][1])) for file in files
        )
        parts: tuple[Part, ...] = (*images, Text(text)) if text.strip() else images
        if not parts:
            raise Refused(EMPTY)
        return UserMessage(parts)

    def example(self, event: gr.EventData) -> Updates:
        """Fills in an example, which the page names by its index; a forged index changes nothing."""
        try:
            example = EXAMPLES[_index(event)]
        except IndexError:
            gr.Warning(GONE)
            return {}
        panel = self.asking.panel
        filled: Updates = {
            self.talk.message: box(example.text, example.paths), panel.builtin_tools: list(example.tools),
            panel.tool_schemas: example.schemas, panel.replies: dict(example.replies),
            panel.tool_choice: self.asking.choices(example.schemas, list(example.tools), "auto"),
        }  # fmt: skip
        return filled

    async def retry(self, values: Values, request: gr.Request) -> Updates:
        """Asks the last question again; the answer that stands is kept as an alternative."""
        return await self._restart(values, request, values[self.talk.chat].conversation.without_last_answer())

    async def go_on(self, values: Values, request: gr.Request) -> Updates:
        """Lets the model go on with its last answer."""
        return await self._restart(values, request, values[self.talk.chat].conversation, continuing=True)

    async def edit(self, values: Values, event: gr.EventData, request: gr.Request) -> Updates:
        """Replaces the text of an earlier message. After the user's, the model is asked again from there."""
        chat: Chat = values[self.talk.chat]
        try:
            index = message_index(chat.conversation, _index(event))
            changed = chat.conversation.edited(index, edited_text(event._data["value"]))
        except (TypeError, LookupError):
            gr.Warning(GONE)
            return self.shown(chat)
        if isinstance(changed.messages[-1], AssistantMessage):
            await self.bridge.stop_and_wait(session_of(request))
            chat = chat.going_on(changed)
            return self.shown(chat) | self.keeping.save(values, chat)
        return await self._restart(values, request, changed)

    async def run_call(self, values: Values, request: gr.Request) -> Updates:
        """Runs the first open call with the arguments as the person left them."""
        conversation: Conversation = values[self.talk.chat].conversation
        call = next(iter(conversation.open_calls), None)
        if call is None:
            return {}
        changed = replace(call, arguments=values[self.talk.arguments] or "{}")
        try:
            toolbox = Toolbox(self.asking.tools(values), self.store.take_bytes)
        except Refused as refusal:
            gr.Warning(str(refusal))
            return {}
        result = await asyncio.to_thread(toolbox.run, changed)
        kept = changed if pretty(changed.arguments) != pretty(call.arguments) else call
        return await self._restart(values, request, conversation.with_call(kept).add(ToolMessage(result)))

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
        await self.bridge.stop_and_wait(session_of(request))
        chat: Chat = values[self.talk.chat]
        index = chat.conversation.last_user_index
        if index is None:
            return {}
        taken = chat.conversation.messages[index]
        assert isinstance(taken, UserMessage)
        chat = chat.going_on(chat.conversation.without_last_turn())
        return self.shown(chat) | {self.talk.message: box(taken.text, [image.path for image in taken.images])}

    async def clear(self, request: gr.Request) -> Updates:
        """Begins a new conversation."""
        await self.bridge.stop_and_wait(session_of(request))
        return self.shown(Chat()) | {self.talk.form: gr.update(visible=False), **self.keeping.told({"current": ""})}

    def stop(self, request: gr.Request) -> None:
        """Ends the answer that is being written."""
        self.bridge.stop(session_of(request))

    def leave(self, request: gr.Request) -> None:
        """The page was closed."""
        self.bridge.forget(session_of(request))

    def announce(self, request: gr.Request) -> None:
        """Announces an answer for the page. Raises Refused where it has one, or its visitor too many."""
        session = session_of(request)
        if not self.bridge.begin(session, visitor_of(request)):
            raise Refused(BUSY if self.bridge.is_busy(session) else CROWDED.format(self.bridge.max_per_visitor))

    async def answer(self, values: Values, request: gr.Request) -> AsyncGenerator[list[Any], None]:
        """Streams the answer that a starter announced, as [chat, chatbot]."""
        chat: Chat = values[self.talk.chat]
        with self.bridge.run(session_of(request)) as stop:
            if stop is None:
                yield [gr.skip(), gr.skip()]
                return
            ask, conversation = None, chat.conversation
            try:
                ask, toolbox = self.asking.request(values, chat.day or today())
                ask = replace(ask, continues=chat.continuing)
                turn = run_turn(self.engine, conversation, ask, toolbox)
                async for conversation in self.bridge.stream(turn, stop, session_of(request)):
                    chat = replace(chat, conversation=conversation)
                    yield [chat, bubbles(conversation, chat.history)]
            except (EngineError, Refused) as error:  # the panel may have changed since the starter
                conversation = conversation.noted(str(error))
            if stop.is_set():
                conversation = conversation.noted(STOPPED_NOTE, Finished("cancelled"))
            history = chat.history.showing(conversation, ask)
            chat = replace(chat, conversation=conversation, history=history, continuing=False)
            yield [chat, bubbles(conversation, history)]

    def finish(self, values: Values) -> Updates:
        """What stands beside the conversation once an answer is done."""
        chat: Chat = values[self.talk.chat]
        shown: Updates = {self.talk.stop: gr.update(visible=False)}
        return shown | self._form(values, chat) | self.keeping.save(values, chat, done=True)

    def shown(self, chat: Chat) -> Updates:
        """The conversation as it stands."""
        return {self.talk.chat: chat, self.talk.chatbot: bubbles(chat.conversation, chat.history)}

    def _form(self, values: Values, chat: Chat) -> Updates:
        """The form for the first open call: its arguments where a tool waits for leave, else a field for a result."""
        talk, call = self.talk, next(iter(chat.conversation.open_calls), None)
        if call is None:
            return {talk.form: gr.update(visible=False)}
        runs = self._runs(values, call)
        text = f"May **{call.name}** run?" if runs else f"The model called **{call.name}**. What does it return?"
        return {
            talk.form: gr.update(visible=True), talk.form_text: text,
            talk.arguments: gr.update(value=pretty(call.arguments), visible=runs), talk.run: gr.update(visible=runs),
            talk.tool_result: gr.update(value="", label="Reason for refusing" if runs else "Result"),
            talk.give: gr.update(visible=not runs), talk.fail: "Refuse" if runs else "It failed",
        }  # fmt: skip

    def _runs(self, values: Values, call: ToolCall) -> bool:
        try:
            return any(tool.name == call.name and tool.function is not None for tool in self.asking.tools(values))
        except Refused:
            return False

    async def _restart(
        self, values: Values, request: gr.Request, conversation: Conversation, continuing: bool = False
    ) -> Updates:
        """Starts an answer to `conversation` in place of the one that may be under way."""
        await self.bridge.stop_and_wait(session_of(request))
        if not conversation.messages:
            return {}
        try:
            return self._start(values, request, conversation, continuing)
        except Refused as refusal:
            gr.Warning(str(refusal))
            return {}

    async def _give(self, values: Values, request: gr.Request, output: str, is_error: bool) -> Updates:
        conversation: Conversation = values[self.talk.chat].conversation
        call = next(iter(conversation.open_calls), None)
        if call is None:
            return {}
        result = ToolMessage(ToolResult(call.id, output, is_error))
        return await self._restart(values, request, conversation.add(result))

    def _start(
        self, values: Values, request: gr.Request, conversation: Conversation, continuing: bool = False
    ) -> Updates:
        """Announces the answer to `conversation`. Raises Refused where the panel's values make no request."""
        chat: Chat = values[self.talk.chat]
        day = chat.day or today()
        self.asking.request(values, day)
        self.announce(request)
        chat = replace(chat.going_on(conversation), day=day, continuing=continuing)
        shown: Updates = {self.talk.stop: gr.update(visible=True), self.talk.form: gr.update(visible=False)}
        return shown | self.shown(chat)


def _index(event: gr.EventData) -> int:
    """The place that an event of the chatbot names, alone or first in a list. Raises IndexError where it names none."""
    index = event._data.get("index") if isinstance(event._data, dict) else None
    index = index[0] if isinstance(index, list) and index else index
    if type(index) is not int or index < 0:
        raise IndexError
    return index
