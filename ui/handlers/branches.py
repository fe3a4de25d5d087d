"""Another branch of the conversation: an answer again or gone on with, an edit, a turn taken back, a new chat."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from backend.chat.errors import UserError
from backend.chat.messages import AssistantMessage, Conversation, UserMessage
from ui.bridge import Bridge
from ui.conversations.starter import Starter
from ui.conversations.store import ConversationStore
from ui.conversations.view import ChatView
from ui.events import GONE, place
from ui.gradio_patches.event_data import event_data
from ui.render.messages import edited_text, message_index, render_messages
from ui.requests.values import PanelValues
from ui.session import Chat, Updates, Values, box, session_of
from ui.threads import in_thread


@dataclass(frozen=True)
class BranchHandlers:
    """Nothing is lost by any of it: what stood there stays in the tree."""

    view: ChatView
    starter: Starter
    store: ConversationStore
    bridge: Bridge

    async def retry(self, values: Values, request: gr.Request) -> Updates:
        """Asks the last question again; the answer that stands is kept as an alternative."""
        panel = self.view.presenter.read(values)
        return await self.starter.restart(panel, request, Conversation.without_last_answer)

    async def resume(self, values: Values, request: gr.Request) -> Updates:
        """Lets the model go on with its last answer."""
        panel = self.view.presenter.read(values)
        return await self.starter.restart(panel, request, lambda conversation: conversation, continues=True)

    async def edit(self, values: Values, event: gr.EventData, request: gr.Request) -> Updates:
        """Replaces the text of an earlier message. After the user's, the model is asked again from there."""
        panel, data = self.view.presenter.read(values), event_data(event, "index", "value")
        chat = await self.starter.stopped(request)
        try:
            return await in_thread(self._edit, panel, request, chat, data)
        except UserError as error:  # the page shows the new text already
            gr.Warning(str(error))
            return await in_thread(self.view.show, chat, panel.tools)

    def _edit(self, panel: PanelValues, request: gr.Request, chat: Chat, data: dict[str, Any]) -> Updates:
        try:
            index = message_index(chat.conversation, chat.history, place(data))
            changed = chat.conversation.edited(index, edited_text(data["value"]))
        except (IndexError, KeyError, TypeError) as error:  # a forged place, no text, or a message that has none
            raise UserError(GONE) from error
        if not isinstance(changed.messages[-1], AssistantMessage):
            return self.starter.start(panel, request, chat, changed)
        chat = chat.append(changed)
        return self.view.show(chat, panel.tools) | self.store.save(panel, chat)

    def unedited(self, values: Values) -> Updates:
        """The messages as they are, where an edit failed that the page shows already."""
        chat = self.view.chat(values)
        return {self.view.components.chatbot: render_messages(chat.conversation, chat.history)}

    async def undo(self, values: Values, request: gr.Request) -> Updates:
        """Takes the last turn back; what the person sent returns to the message box."""
        chat = await self.starter.stopped(request)
        index = chat.conversation.last_user_index
        taken = None if index is None else chat.conversation.messages[index]
        if not isinstance(taken, UserMessage):
            return {}
        chat = chat.append(chat.conversation.without_last_turn())
        shown = await in_thread(self.view.show, chat, self.view.presenter.read_tools(values))
        return shown | {self.view.components.message: box(taken.text, [image.path for image in taken.images])}

    async def begin(self, values: Values, request: gr.Request) -> Updates:
        """Begins a new conversation."""
        chat = await self.starter.stopped(request)
        emptied = await in_thread(self.view.empty, chat, self.view.presenter.read_tools(values))
        return emptied | self.store.push({"current": ""})

    def show_again(self, request: gr.Request) -> Updates:
        """What is shown now, once more, where it took the place of an answer that was being written.

        A busy browser puts off the updates of a stream, and draws the last of them over the next event's.
        """
        session = session_of(request)
        if not self.bridge.was_cut_short(session) or self.bridge.is_busy(session):
            return {}
        chat = self.starter.latest(session)
        shown: Updates = {self.view.components.chatbot: render_messages(chat.conversation, chat.history)}
        return shown | self.store.push({"current": chat.id})
