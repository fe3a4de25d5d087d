"""What the page's own buttons do that leads to no answer: opening, paging, inspecting, arranging pictures.

The page's script names a command and gives its arguments. All may be forged: what does not fit is refused, and a place
or an address that is not there changes nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import gradio as gr

from backend.chat.errors import UserError
from backend.chat.messages import UserMessage
from backend.chat.request import ChatRequest
from ui.commands import (
    ARGUMENTS,
    CloseInspector,
    Command,
    DeleteConversation,
    EditMessage,
    EndEdit,
    Inspect,
    LeaveOut,
    ListConversations,
    MovePicture,
    OpenConversation,
    RemovePicture,
    RenameConversation,
    ResizePicture,
    SwitchBranch,
    parse_command,
)
from ui.components.options import DETAILS
from ui.conversations.lost import KEPT_NOWHERE, is_lost, refused
from ui.conversations.starter import BUSY_ELSE, Starter
from ui.conversations.store import ConversationStore
from ui.conversations.view import ChatView
from ui.events import GONE
from ui.gradio_patches.event_data import event_data
from ui.handlers.send import Composer
from ui.render.inspector import inspector, request_of
from ui.session import Updates, Values, box, merged
from ui.threads import in_thread

if TYPE_CHECKING:
    from backend.tokenization.inspect import Inspection  # at run time it would bring the tokenizer

T = TypeVar("T")
CHANGES = "changes"
LEFT_OUT = {"pictures": "no earlier pictures", "turns": "last turn"}


@dataclass(frozen=True)
class Commands:
    """Carries commands out. `inspect` needs the model's tokenizer: None without one."""

    view: ChatView
    composer: Composer
    store: ConversationStore
    starter: Starter
    inspect: Callable[[ChatRequest], "Inspection"] | None

    async def run(self, values: Values, event: gr.EventData, request: gr.Request) -> Updates:
        """Carries out one command. Raises UserError where it is none, or names what is not there."""
        command = parse_command(event_data(event, *ARGUMENTS))
        if isinstance(command, SwitchBranch | Inspect | EditMessage) and is_lost(self.view.components, values):
            return refused(self.view.components)
        if self._ends_answer(values, command):
            await self.starter.stopped(request)
        elif isinstance(command, SwitchBranch | EditMessage) and self.starter.is_busy(request):
            raise UserError(BUSY_ELSE)
        return await in_thread(self._run, values, command)  # it may decode pictures or wait for a disk

    def _run(self, values: Values, command: Command) -> Updates:
        match command:
            case SwitchBranch():
                return self._switch_branch(values, command)
            case Inspect():
                return self._inspect(values, command)
            case CloseInspector():
                return {self.view.components.inspector: gr.update(value="", visible=False)}
            case EditMessage():
                return self._edit(values, command)
            case EndEdit():
                return self._end_edit(values, command)
            case MovePicture() | RemovePicture() | ResizePicture():
                return self._arrange(values, command)
            case LeaveOut():
                return {self.view.presenter.panel.keep: LEFT_OUT[command.index]}
            case OpenConversation():
                return self._open(values, command)
            case ListConversations():
                return self.store.listed()
            case RenameConversation():
                return self._rename(values, command)
            case DeleteConversation():
                return self._delete(values, command)

    def _ends_answer(self, values: Values, command: Command) -> bool:
        """Whether what is being written would stand in a chat that is left or deleted."""
        if isinstance(command, DeleteConversation):
            return command.id == self.view.chat(values).id
        return isinstance(command, OpenConversation)

    def _switch_branch(self, values: Values, command: SwitchBranch) -> Updates:
        chat, panel = self.view.chat(values), self.view.presenter.read(values)
        _at(chat.history.path, command.index)
        history = chat.history.switch_branch(command.index, command.step)
        chat = replace(chat, history=history, conversation=history.conversation, editing=None)
        return self.view.show(chat, panel.tools) | self.store.save(panel, chat)

    def _inspect(self, values: Values, command: Inspect) -> Updates:
        """The prompt of the answer at this index."""
        chat = self.view.chat(values)
        if self.inspect is None:
            gr.Info("The server that answers keeps the exact prompt to itself.")
            return {}
        answer = _at(chat.conversation.messages, command.index)
        asked = request_of(chat.history, command.index)
        if asked is None:
            gr.Info("It is not known any more what this answer came from.")
            return {}
        shown = inspector(self.inspect(asked), asked, answer)
        return {self.view.components.inspector: gr.update(value=shown, visible=True)}

    def _edit(self, values: Values, command: EditMessage) -> Updates:
        """Puts an earlier message of the user's into the box, pictures too, to be sent in its place."""
        chat, components = self.view.chat(values), self.view.components
        index = chat.conversation.last_user_index if command.index == "last" else command.index
        if index is None:  # nothing was sent yet
            return {}
        message = _at(chat.conversation.messages, index)
        if not isinstance(message, UserMessage):
            raise UserError(GONE)
        files = [image.path for image in message.images]
        return {components.chat: replace(chat, editing=index), components.message: box(message.text, files)}

    def _end_edit(self, values: Values, command: EndEdit) -> Updates:
        """What is in the box will replace nothing."""
        chat, components = self.view.chat(values), self.view.components
        if chat.editing is None:
            return {}
        cleared: Updates = {components.message: box()} if command.index == "clear" else {}
        return {components.chat: replace(chat, editing=None)} | cleared

    def _arrange(self, values: Values, command: MovePicture | RemovePicture | ResizePicture) -> Updates:
        """The pictures in the box in another order, fewer of them, or of another size."""
        components, files, details = self.view.components, self.composer.files(values), self.composer.details(values)
        match command:
            case ResizePicture():
                known = command.step in dict(DETAILS).values()
                return {components.details: {**details, _at(files, command.index): command.step}} if known else {}
            case RemovePicture():
                _at(files, command.index)
                files.pop(command.index)
            case MovePicture():
                at, to = command.index, command.index + command.step
                if not (at < len(files) and 0 <= to < len(files)):
                    return {}
                files[at], files[to] = files[to], files[at]
        # The count among the details changes too, since the box may not tell of its change.
        counted = {**details, CHANGES: details.get(CHANGES, 0) + 1}
        return {components.message: box(self.composer.text(values), files), components.details: counted}

    def _open(self, values: Values, command: OpenConversation) -> Updates:
        components, presenter, before = self.view.components, self.view.presenter, self.view.chat(values)
        document = self.store.load(command.id, command.body)
        if document is None:
            if command.again:
                raise UserError(KEPT_NOWHERE)
            return {}
        chat, filled = self.store.opened(document, before.page)
        if not command.again:
            opened = self.view.show(chat, presenter.read_tools(merged(values, filled)))
            return filled | opened | self.store.push({"current": chat.id}) | {components.message: box()}
        replies = presenter.panel.replies  # these the server kept, and has lost too
        tools = replace(presenter.read_tools(values), replies=document.tools.replies)
        shown: Updates = {replies: filled[replies]}
        shown |= self.view.show(chat, tools) | self.store.push({"current": chat.id})
        if typed := shown.get(components.tool_result):
            shown[components.tool_result] = {name: value for name, value in typed.items() if name != "value"}
        return shown

    def _rename(self, values: Values, command: RenameConversation) -> Updates:
        chat, title = self.view.chat(values), command.title[:60]
        self.store.rename(command.id, title)
        changed = {self.view.components.chat: replace(chat, title=title)} if chat.id == command.id else {}
        return changed | self.store.listed()

    def _delete(self, values: Values, command: DeleteConversation) -> Updates:
        chat = self.view.chat(values)
        self.store.delete(command.id)
        is_shown = chat.id == command.id
        gone = self.view.empty(chat, self.view.presenter.read_tools(values)) if is_shown else {}
        return gone | self.store.listed()


def _at(items: Sequence[T], index: int) -> T:
    """The item at a place that the page names. Raises UserError where there is none."""
    if index >= len(items):
        raise UserError(GONE)
    return items[index]
