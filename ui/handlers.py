"""What happens at each click: Gradio values -> backend -> Gradio values. Knows no layout and no engine by name.

An answer takes three steps, so that only the conversation travels while it streams: a starter (send, retry, edit,
give_result and the like) changes the conversation, `answer` streams, `finish` shows what came of it.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

import gradio as gr

from backend.chat import Conversation, Finished, Part, Text, ToolMessage, ToolResult, UserMessage
from backend.engine import Engine, EngineError
from backend.images import ImageRefused, ImageStore
from backend.turn import run_turn
from ui.asking import Asking, Refused, Values
from ui.bridge import Bridge
from ui.bubbles import bubbles, edited_text, message_index, stats_line
from ui.examples import EXAMPLES
from ui.panels import Talk

MAX_PICTURES = 10
STOPPED_NOTE = "Stopped."
BUSY = "An answer is being written. Your message stays in the box: send it when the answer is done, or stop it."
EMPTY = "Write a message or add a picture first."
NO_RESULT = "Write the tool's result first, or say that it failed."

Outputs = list[Any]


@dataclass(frozen=True)
class Chat:
    """What the server keeps for a page: the conversation, and the day on which it began, for {today}."""

    conversation: Conversation = field(default_factory=Conversation)
    day: date | None = None


@dataclass(frozen=True)
class Handlers:
    """The page's behaviour. A starter returns values for [chat, chatbot, message, stop, form]."""

    engine: Engine
    store: ImageStore
    asking: Asking
    talk: Talk
    bridge: Bridge

    def send(self, values: Values, request: gr.Request) -> Outputs:
        """Sends what is in the message box; what cannot be sent stays there."""
        box = values[self.talk.message] or {}
        try:
            message = UserMessage(self._parts(box.get("text") or "", box.get("files") or []))
            conversation = values[self.talk.chat].conversation.settled().add(message)
            return self._start(values, request, conversation, message=_box())
        except (Refused, ImageRefused) as refusal:
            gr.Warning(str(refusal))
            return [gr.skip(), gr.skip(), box, gr.skip(), gr.skip()]

    def example(self, event: gr.SelectData) -> Outputs:
        """Puts an example, which the page names by its index, into [message, builtin_tools]."""
        example = EXAMPLES[int(event.index)]
        return [_box(example.text, example.paths), list(example.tools)]

    async def retry(self, values: Values, request: gr.Request) -> Outputs:
        """Asks the last question again."""
        return await self._restart(values, request, values[self.talk.chat].conversation.without_last_answer())

    async def edit(self, values: Values, event: gr.EditData, request: gr.Request) -> Outputs:
        """Replaces the text of an earlier message of the user's and asks from there."""
        conversation: Conversation = values[self.talk.chat].conversation
        text = edited_text(event.value)
        index = message_index(conversation, event.index if isinstance(event.index, int) else event.index[0])
        return await self._restart(values, request, conversation.edited(index, text))

    async def give_result(self, values: Values, request: gr.Request) -> Outputs:
        """The person's answer to the first open call of a declared tool."""
        output = (values[self.talk.tool_result] or "").strip()
        if not output:
            gr.Warning(NO_RESULT)
            return [gr.skip()] * 5
        return await self._give(values, request, output, is_error=False)

    async def give_failure(self, values: Values, request: gr.Request) -> Outputs:
        """The person says that the declared tool failed; what they typed is the reason."""
        reason = (values[self.talk.tool_result] or "").strip()
        return await self._give(values, request, f"Error: {reason or 'the tool failed'}", is_error=True)

    async def undo(self, values: Values, request: gr.Request) -> Outputs:
        """Takes the last turn back; what the person sent returns to the message box."""
        await self.bridge.stop_and_wait(_session(request))
        chat: Chat = values[self.talk.chat]
        index = chat.conversation.last_user_index
        if index is None:
            return [gr.skip()] * 5
        taken = chat.conversation.messages[index]
        assert isinstance(taken, UserMessage)
        box = _box(taken.text, [image.path for image in taken.images])
        return _shown(replace(chat, conversation=chat.conversation.without_last_turn()), message=box)

    async def clear(self, request: gr.Request) -> Outputs:
        """Begins a new conversation."""
        await self.bridge.stop_and_wait(_session(request))
        return _shown(Chat())

    def stop(self, request: gr.Request) -> None:
        """Ends the answer that is being written."""
        self.bridge.stop(_session(request))

    def leave(self, request: gr.Request) -> None:
        """The page was closed."""
        self.bridge.forget(_session(request))

    async def answer(self, values: Values, request: gr.Request) -> AsyncGenerator[Outputs, None]:
        """Streams the answer that a starter announced, as [chat, chatbot]."""
        chat: Chat = values[self.talk.chat]
        with self.bridge.run(_session(request)) as stop:
            if stop is None:
                yield [gr.skip(), gr.skip()]
                return
            try:
                ask, toolbox = self.asking.request(values, chat.day or _today())
                turn = run_turn(self.engine, chat.conversation, ask, toolbox)
                async for conversation in self.bridge.stream(turn, stop):
                    chat = replace(chat, conversation=conversation)
                    yield [chat, bubbles(conversation)]
            except (EngineError, Refused) as error:  # the panel may have changed since the starter
                chat = replace(chat, conversation=chat.conversation.noted(str(error)))
            if stop.is_set():
                chat = replace(chat, conversation=chat.conversation.noted(STOPPED_NOTE, Finished("cancelled")))
            yield [chat, bubbles(chat.conversation)]

    def finish(self, chat: Chat) -> Outputs:
        """What stands beside the conversation now: [stop, form, form_text, tool_result, stats]."""
        call = next(iter(chat.conversation.open_calls), None)
        text = f"The model called **{call.name}**. What does it return?" if call else ""
        stats = stats_line(chat.conversation)
        return [gr.update(visible=False), gr.update(visible=bool(call)), text, "", stats]

    async def _restart(self, values: Values, request: gr.Request, conversation: Conversation) -> Outputs:
        """Starts an answer to `conversation` in place of the one that may be under way."""
        await self.bridge.stop_and_wait(_session(request))
        if not conversation.messages:
            return [gr.skip()] * 5
        try:
            return self._start(values, request, conversation)
        except Refused as refusal:
            gr.Warning(str(refusal))
            return [gr.skip()] * 5

    async def _give(self, values: Values, request: gr.Request, output: str, is_error: bool) -> Outputs:
        conversation: Conversation = values[self.talk.chat].conversation
        call = next(iter(conversation.open_calls), None)
        if call is None:
            return [gr.skip()] * 5
        result = ToolMessage(ToolResult(call.id, output, is_error))
        return await self._restart(values, request, conversation.add(result))

    def _start(self, values: Values, request: gr.Request, conversation: Conversation, message: Any = None) -> Outputs:
        """Announces the answer to `conversation`. Raises Refused where the panel's values make no request."""
        chat: Chat = values[self.talk.chat]
        day = chat.day or _today()
        self.asking.request(values, day)
        if not self.bridge.begin(_session(request)):
            raise Refused(BUSY)
        return _shown(Chat(conversation, day), message, running=True)

    def _parts(self, text: str, files: list[str]) -> tuple[Part, ...]:
        """Pictures first, then the text, as the page shows them."""
        if len(files) > MAX_PICTURES:
            raise Refused(f"A message can hold {MAX_PICTURES} pictures; remove {len(files) - MAX_PICTURES} of yours.")
        images = tuple(self.store.take(file, file.rsplit("/", 1)[-1]) for file in files)
        parts: tuple[Part, ...] = (*images, Text(text)) if text.strip() else images
        if not parts:
            raise Refused(EMPTY)
        return parts


def _shown(chat: Chat, message: Any = None, running: bool = False) -> Outputs:
    kept = gr.skip() if message is None else message
    return [chat, bubbles(chat.conversation), kept, gr.update(visible=running), gr.update(visible=False)]


def _box(text: str = "", files: list[str] | None = None) -> dict[str, Any]:
    return {"text": text, "files": files or []}


def _session(request: gr.Request) -> str:
    return request.session_hash or ""


def _today() -> date:
    return datetime.now(UTC).date()
