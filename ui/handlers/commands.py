"""What the page's own buttons do: paging and editing; the rest is handed on.

The page's script names a command and gives its arguments. All may be forged: what does not fit is refused, and a place
or an address that is not there changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import gradio as gr

from backend.chat.errors import GONE, UserError
from backend.chat.messages import UserMessage
from ui.attachments.choice import joined
from ui.commands import (
    ARGUMENTS,
    AnswerCall,
    CloseInspector,
    Command,
    CompareAnswer,
    ContinueAnswer,
    ContinueOtherwise,
    CopyPrompt,
    DeleteConversation,
    EditMessage,
    EndEdit,
    ExportAll,
    FormatAnswer,
    Inspect,
    RenameConversation,
    Resume,
    RetryAnswer,
    RewriteAnswer,
    SaveFields,
    SearchConversations,
    SendMessage,
    ShortenRequest,
    ShowAll,
    ShowEarlier,
    SwitchBranch,
    TellSource,
    UndoTurn,
    ViewSureness,
    parse_command,
)
from ui.conversations.sources import fields_file, formatted_answer, source
from ui.conversations.starter import Starter
from ui.conversations.store import ConversationStore
from ui.conversations.view import ChatView
from ui.gradio_patches.event_data import event_data
from ui.handlers.answers.code import CodeHandlers
from ui.handlers.answers.prompts import PromptHandlers
from ui.handlers.box import BOX_COMMANDS, LEFT_OUT, BoxHandlers
from ui.handlers.branches import BranchHandlers
from ui.handlers.compare import CompareHandlers
from ui.handlers.composer.message_box import Composer
from ui.handlers.conversations import ConversationHandlers
from ui.handlers.panel.kept_examples import KeptExamples
from ui.handlers.send import SendHandlers
from ui.handlers.tool_calls import ToolCallHandlers
from ui.requests.code_commands import ShowCode
from ui.requests.example_commands import ExampleCommand, KeepExample
from ui.session import Session
from ui.threads import drawn_in_thread, in_thread
from ui.values import Updates, Values, box

T = TypeVar("T")
ON_CONVERSATION = (
    SwitchBranch | Inspect | EditMessage | ContinueAnswer | RetryAnswer | RewriteAnswer | TellSource | SaveFields
    | FormatAnswer | ShortenRequest | UndoTurn | ShowEarlier | AnswerCall | CompareAnswer | CopyPrompt | ViewSureness
    | ContinueOtherwise | KeepExample | ShowCode
)  # fmt: skip
# What is done with chats that are kept; a page by itself only lists them, and has its own one back.
OF_HISTORY = SearchConversations | RenameConversation | DeleteConversation | ExportAll | KeepExample
DRAWS = FormatAnswer | ShowAll | ShowEarlier


@dataclass(frozen=True)
class Commands:
    """Carries commands out."""

    view: ChatView
    composer: Composer
    boxes: BoxHandlers
    sender: SendHandlers
    store: ConversationStore
    starter: Starter
    branches: BranchHandlers
    conversations: ConversationHandlers
    tool_calls: ToolCallHandlers
    compare: CompareHandlers
    prompts: PromptHandlers
    examples: KeptExamples
    code: CodeHandlers

    def acts_on_conversation(self, values: Values, event: gr.EventData, request: gr.Request) -> bool:
        """Whether a command needs the conversation that the page shows."""
        command = _parsed(event)
        if isinstance(command, SendMessage):
            return self.sender.is_new_queued(values, command, request)
        return isinstance(command, ON_CONVERSATION)

    async def run(self, values: Values, event: gr.EventData, request: gr.Request) -> Updates:
        """Carries out one command. Raises UserError where it is none, or names what is not there."""
        command = _parsed(event)
        if isinstance(command, OF_HISTORY):
            self.view.presenter.terms.refuse("history")
        if isinstance(command, BOX_COMMANDS):
            return await self.boxes.run(values, command, request)
        if isinstance(command, ExampleCommand):
            return await self.examples.run(values, command, request)
        if isinstance(command, UndoTurn):
            return await self.branches.undo(values, request)
        if isinstance(command, RewriteAnswer):
            return await self.branches.rewrite(values, command, request)
        if not isinstance(command, SwitchBranch | EditMessage):
            in_turn = drawn_in_thread if isinstance(command, DRAWS) else in_thread
            done = await in_turn(self._run, values, command, request)
            return done or await self.conversations.run(values, command, request)
        async with self.starter.alone(request, stops=False):
            return await drawn_in_thread(self._run, values, command, request)

    def undone(self, values: Values, event: gr.EventData, request: gr.Request) -> Updates:
        """Where an edit fails of an answer that the page has left since: its editor is gone, not what was written."""
        try:
            command = _parsed(event)
        except UserError:  # forged
            return {}
        is_left = self.view.is_elsewhere(values, request) or self.view.is_behind(values, request)
        return self.branches.returned(values, command.text) if isinstance(command, RewriteAnswer) and is_left else {}

    async def run_answered(self, values: Values, event: gr.EventData, request: gr.Request) -> Updates:
        """Carries out one that an answer may follow."""
        command = _parsed(event)
        if isinstance(command, SendMessage):
            return await self.sender.send_queued(values, command, request)
        if isinstance(command, Resume):
            return await self.conversations.resume(values, command, request)
        if isinstance(command, ContinueAnswer):
            return await self.branches.resume(values, request)
        if isinstance(command, ContinueOtherwise):
            return self.prompts.close() | await self.branches.resume_otherwise(values, command, request)
        if isinstance(command, RetryAnswer):
            return await self.branches.retry(values, request)
        if isinstance(command, ShortenRequest):
            return await self.branches.shorten(values, LEFT_OUT[command.step], request)
        if isinstance(command, AnswerCall):
            return await self.tool_calls.answer(values, command, request)
        raise UserError(GONE)

    def unanswered(self, _: Values, event: gr.EventData, __: gr.Request) -> Updates:
        """Where a message that waited cannot be sent: the page has it still."""
        try:
            command = _parsed(event)
        except UserError:  # forged
            return {}
        return self.store.push({"untaken": command.id}) if isinstance(command, SendMessage) else {}

    def _run(self, values: Values, command: Command, request: gr.Request) -> Updates:
        match command:
            case SwitchBranch():
                return self._switch_branch(values, command, request)
            case Inspect():
                return self.prompts.show(command, request)
            case ViewSureness():
                return self.prompts.show_sureness(command, request)
            case CopyPrompt():
                return self.prompts.copy(command, request)
            case ShowCode():
                return self.code.show(values, command, request)
            case CloseInspector():
                return self.prompts.close()
            case CompareAnswer():
                return self.compare.open_answer(command, request)
            case EditMessage():
                return self._edit(command, request)
            case TellSource():
                return self.store.push(source(self.view.chat(request), command.index))
            case SaveFields():
                return self.store.push(fields_file(self.view.chat(request), command.index, command.step))
            case FormatAnswer():
                return self.store.push(formatted_answer(self.view.chat(request), command.id))
            case ShowAll():
                return self.branches.show_all(values, request)
            case ShowEarlier():
                return self.view.earlier(request, command.index)
            case EndEdit():
                return self._end_edit(command, request)
        return {}

    def _switch_branch(self, values: Values, command: SwitchBranch, request: gr.Request) -> Updates:
        panel, page = self.view.presenter.read(values), self.view.page(request)

        def switched(session: Session) -> Session:
            chat = session.chat
            _at(chat.history.path, command.index)
            history = chat.history.switch_branch(command.index, command.step)
            return replace(session, chat=replace(chat, history=history, editing=None))

        self.view.sessions.update(page, switched)
        told = self.store.push(self.store.save_or_warn(page, panel))
        return self.view.show(page, panel.tools, self.view.seen(values)) | told

    def _edit(self, command: EditMessage, request: gr.Request) -> Updates:
        """Puts an earlier message of the user's into the box, pictures too, to be sent in its place."""
        chat, page = self.view.chat(request), self.view.page(request)
        index = chat.conversation.last_user_index if command.index == "last" else command.index
        if index is None:  # nothing was sent yet
            return {}
        message = _at(chat.conversation.messages, index)
        if not isinstance(message, UserMessage):
            raise UserError(GONE)
        filled, choices = self.composer.refilled(message)

        def edited(session: Session) -> Session:
            return replace(session, chat=replace(session.chat, editing=index), choices=joined(session.choices, choices))

        self.view.sessions.update(page, edited)
        return self.view.place(page) | {self.view.components.message: filled}

    def _end_edit(self, command: EndEdit, request: gr.Request) -> Updates:
        """What is in the box will replace nothing."""
        page = self.view.page(request)
        if self.view.sessions.get(page).chat.editing is None:
            return {}
        self.view.sessions.update(page, lambda session: replace(session, chat=replace(session.chat, editing=None)))
        cleared: Updates = {self.view.components.message: box()} if command.index == "clear" else {}
        return self.view.place(page) | cleared


def _parsed(event: gr.EventData) -> Command:
    return parse_command(event_data(event, *ARGUMENTS))


def _at(items: Sequence[T], index: int) -> T:
    """The item at a place that the page names. Raises UserError where there is none."""
    if index >= len(items):
        raise UserError(GONE)
    return items[index]
