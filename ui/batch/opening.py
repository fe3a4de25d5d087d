"""A row of a batch as a chat of its own, which a person can go on with."""

from dataclasses import dataclass, replace

import gradio as gr

from backend.batch.values import Row, Task
from backend.chat.errors import GONE, UserError
from backend.chat.messages import AssistantMessage, Conversation, Finished
from ui.batch.items import BatchFiles
from ui.conversations.starter import Starter
from ui.conversations.store import ConversationStore
from ui.conversations.view import ChatView
from ui.session import Chat
from ui.threads import drawn_in_thread
from ui.values import Updates, Values


@dataclass(frozen=True)
class RowOpener:
    """Opens rows. The batch goes on meanwhile."""

    view: ChatView
    starter: Starter
    store: ConversationStore
    files: BatchFiles

    async def open(self, values: Values, id: int, request: gr.Request) -> Updates:
        """Shows the row's question and answer in a new chat. Raises UserError."""
        batch = self.view.session(request).batch
        if batch is None or batch.task is None or id >= len(batch.entries) or not batch.entries[id].row.answer:
            raise UserError(GONE)
        row, task = batch.entries[id].row, batch.task
        async with self.starter.alone(request, stops=False):
            return await drawn_in_thread(self._opened, values, row, task, request)

    def _opened(self, values: Values, row: Row, task: Task, request: gr.Request) -> Updates:
        page, panel = self.view.page(request), self.view.presenter.read(values)
        asked = task.request(self.files.parts(row.item))
        answer = AssistantMessage(row.answer, stats=Finished("stop", row.usage), note=row.note or row.error)
        chat = Chat().append(Conversation((*asked.messages, answer)), replace(asked, messages=()))
        left = self.store.left(page, panel)
        self.view.sessions.update(page, lambda now: replace(now.with_chat(chat), panel=panel, is_private=panel.private))
        self.store.tell_later(page, left)
        told = {} if panel.private else {"current": chat.id, "page": page, **self.store.save(page, panel)}
        return self.view.show(page, panel.tools) | self.store.push(told)
