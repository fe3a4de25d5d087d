"""The prompt that an answer came from: shown beside the conversation, and copied."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import gradio as gr

from backend.chat.errors import GONE, UserError
from backend.chat.messages import AssistantMessage, Message
from backend.chat.request import ChatRequest
from ui.commands import CopyPrompt, Inspect, ViewSureness
from ui.conversations.store import ConversationStore
from ui.conversations.view import ChatView
from ui.render.views.inspector import as_json, as_text, inspector, request_of
from ui.render.views.sureness import sureness
from ui.texts import texts
from ui.values import Updates

if TYPE_CHECKING:
    from backend.tokenization.inspect import Inspection  # at run time it would bring the tokenizer


@dataclass(frozen=True)
class PromptHandlers:
    """`inspect` needs the model's tokenizer: None without one."""

    view: ChatView
    store: ConversationStore
    inspect: Callable[[ChatRequest], "Inspection"] | None

    def show(self, command: Inspect, request: gr.Request) -> Updates:
        """The prompt of the answer at this index. Raises UserError."""
        found, asked, answer = self._found(command.index, request)
        return {self.view.components.inspector: inspector(found, asked, answer, command.index)}

    def show_sureness(self, command: ViewSureness, request: gr.Request) -> Updates:
        """How sure the model was of the answer at this index. Raises UserError."""
        chat = self.view.chat(request)
        messages = chat.conversation.messages
        answer = messages[command.index] if command.index < len(messages) else None
        if not isinstance(answer, AssistantMessage):
            raise UserError(GONE)
        asked = request_of(chat.history, command.index)
        return {self.view.components.inspector: sureness(answer, asked, command.index)}

    def close(self) -> Updates:
        """No prompt is shown any more."""
        return {self.view.components.inspector: ""}

    def copy(self, command: CopyPrompt, request: gr.Request) -> Updates:
        """The same prompt for the clipboard, all of it. Raises UserError."""
        found, asked, _ = self._found(command.index, request)
        text = as_text(found) if command.step == "text" else as_json(found, asked)
        return self.store.push({"clipboard": text})

    def _found(self, index: int, request: gr.Request) -> tuple["Inspection", ChatRequest, Message]:
        self.view.presenter.terms.refuse("prompts")
        chat = self.view.chat(request)
        if self.inspect is None:
            raise UserError(texts.inspector.external)
        if index >= len(chat.conversation.messages):
            raise UserError(GONE)
        asked = request_of(chat.history, index)
        if asked is None:
            raise UserError(texts.inspector.unknown)
        return self.inspect(asked), asked, chat.conversation.messages[index]
