"""What the page's own buttons do: paging, editing, arranging pictures; the rest is handed on.

The page's script names a command and gives its arguments. All may be forged: what does not fit is refused, and a place
or an address that is not there changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import gradio as gr

from backend.chat.errors import GONE, UserError
from backend.chat.messages import UserMessage
from ui.commands import (
    ARGUMENTS,
    AnswerCall,
    CloseInspector,
    Command,
    CompareAnswer,
    ContinueAnswer,
    CopyPrompt,
    EditMessage,
    EndEdit,
    FormatAnswer,
    Inspect,
    LeaveOut,
    MovePicture,
    RemovePicture,
    ResizePicture,
    Resume,
    RetryAnswer,
    RewriteAnswer,
    ShowAll,
    ShowEarlier,
    SwitchBranch,
    TellSource,
    UndoTurn,
    parse_command,
)
from ui.components.options import DETAILS
from ui.conversations.starter import Starter
from ui.conversations.store import ConversationStore
from ui.conversations.view import ChatView
from ui.gradio_patches.event_data import event_data
from ui.handlers.branches import BranchHandlers
from ui.handlers.compare import CompareHandlers
from ui.handlers.conversations import ConversationHandlers
from ui.handlers.prompts import PromptHandlers
from ui.handlers.send import Composer
from ui.handlers.sources import formatted_answer, source
from ui.handlers.tool_calls import ToolCallHandlers
from ui.place import place_of
from ui.render.attachments import marks
from ui.session import Session
from ui.threads import in_thread
from ui.values import Updates, Values, box

T = TypeVar("T")
ON_CONVERSATION = (
    SwitchBranch | Inspect | EditMessage | ContinueAnswer | RetryAnswer | RewriteAnswer | TellSource | FormatAnswer
    | UndoTurn | ShowEarlier | AnswerCall | CompareAnswer | CopyPrompt
)  # fmt: skip
LEFT_OUT = {"pictures": "no earlier pictures", "turns": "last turn"}


@dataclass(frozen=True)
class Commands:
    """Carries commands out."""

    view: ChatView
    composer: Composer
    store: ConversationStore
    starter: Starter
    branches: BranchHandlers
    conversations: ConversationHandlers
    tool_calls: ToolCallHandlers
    compare: CompareHandlers
    prompts: PromptHandlers

    def acts_on_conversation(self, _: Values, event: gr.EventData, __: gr.Request) -> bool:
        """Whether a command needs the conversation that the page shows."""
        return isinstance(_parsed(event), ON_CONVERSATION)

    async def run(self, values: Values, event: gr.EventData, request: gr.Request) -> Updates:
        """Carries out one command. Raises UserError where it is none, or names what is not there."""
        command = _parsed(event)
        if isinstance(command, UndoTurn):
            return await self.branches.undo(values, request)
        if isinstance(command, RewriteAnswer):
            return await self.branches.rewrite(values, command, request)
        if not isinstance(command, SwitchBranch | EditMessage):
            done = await in_thread(self._run, values, command, request)
            return done or await self.conversations.run(values, command, request)
        async with self.starter.alone(request, stops=False):
            return await in_thread(self._run, values, command, request)

    def undone(self, values: Values, event: gr.EventData, request: gr.Request) -> Updates:
        """Where an edit fails of an answer that the page has left since: its editor is gone, and what was written not."""
        try:
            command = _parsed(event)
        except UserError:  # forged
            return {}
        is_left = self.view.is_elsewhere(values, request) or self.view.is_behind(values, request)
        return self.branches.returned(values, command.text) if isinstance(command, RewriteAnswer) and is_left else {}

    async def run_answered(self, values: Values, event: gr.EventData, request: gr.Request) -> Updates:
        """Carries out one that an answer may follow."""
        if isinstance(command := _parsed(event), Resume):
            return await self.conversations.resume(values, command, request)
        if isinstance(command, ContinueAnswer):
            return await self.branches.resume(values, request)
        if isinstance(command, RetryAnswer):
            return await self.branches.retry(values, request)
        if isinstance(command, AnswerCall):
            return await self.tool_calls.answer(values, command, request)
        raise UserError(GONE)

    def _run(self, values: Values, command: Command, request: gr.Request) -> Updates:
        match command:
            case SwitchBranch():
                return self._switch_branch(values, command, request)
            case Inspect():
                return self.prompts.show(command, request)
            case CopyPrompt():
                return self.prompts.copy(command, request)
            case CloseInspector():
                return self.prompts.close()
            case CompareAnswer():
                return self.compare.open_answer(command, request)
            case EditMessage():
                return self._edit(command, request)
            case TellSource():
                return self.store.push(source(self.view.chat(request), command.index))
            case FormatAnswer():
                return self.store.push(formatted_answer(self.view.chat(request), command.id))
            case ShowAll():
                return self.branches.show_all(values, request)
            case ShowEarlier():
                return self.view.earlier(request, command.index)
            case EndEdit():
                return self._end_edit(command, request)
            case MovePicture() | RemovePicture() | ResizePicture():
                return self._arrange(values, command, request)
            case LeaveOut():
                return {self.view.presenter.panel.keep: LEFT_OUT[command.index]}
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
        files = [image.path for image in message.images]
        self.view.sessions.update(page, lambda session: replace(session, chat=replace(session.chat, editing=index)))
        return self.view.place(page) | {self.view.components.message: box(message.text, files)}

    def _end_edit(self, command: EndEdit, request: gr.Request) -> Updates:
        """What is in the box will replace nothing."""
        page = self.view.page(request)
        if self.view.sessions.get(page).chat.editing is None:
            return {}
        self.view.sessions.update(page, lambda session: replace(session, chat=replace(session.chat, editing=None)))
        cleared: Updates = {self.view.components.message: box()} if command.index == "clear" else {}
        return self.view.place(page) | cleared

    def _arrange(
        self, values: Values, command: MovePicture | RemovePicture | ResizePicture, request: gr.Request
    ) -> Updates:
        """The pictures in the box in another order, fewer of them, or of another size."""
        shown, page = self.composer.files(values), self.view.page(request)
        known = place_of(values[self.view.components.place]).changes
        if isinstance(command, ResizePicture) and command.step not in dict(DETAILS).values():
            return {}
        if command.index not in marks(shown):  # gone since it was shown: a second click on the same button
            return {}

        def arranged(session: Session) -> Session:
            """With the count, since the box may not tell of its change. A picture that is gone already stays so."""
            files = shown if known >= session.changes else session.files  # which the page has yet to be shown
            counted = replace(session, files=tuple(files), changes=session.changes + 1)
            if command.index not in (names := marks(files)):
                return counted
            at = names.index(command.index)
            if isinstance(command, ResizePicture):
                return replace(counted, details={**session.details, files[at]: command.step})
            return replace(counted, files=_arranged(files, at, command))

        files = self.view.sessions.update(page, arranged).files
        if isinstance(command, ResizePicture):
            return self._place(values, request)
        return self._place(values, request) | {self.view.components.message: box(self.composer.text(values), [*files])}

    def _place(self, values: Values, request: gr.Request) -> Updates:
        """The page's place anew; where the server has lost the conversation, the page still knows which it shows."""
        if not self.view.is_elsewhere(values, request):
            return self.view.place(self.view.page(request))
        shown = place_of(values[self.view.components.place])
        return {self.view.components.place: shown.model_copy(update={"changes": shown.changes + 1}).model_dump_json()}


def _parsed(event: gr.EventData) -> Command:
    return parse_command(event_data(event, *ARGUMENTS))


def _arranged(files: Sequence[str], at: int, command: MovePicture | RemovePicture) -> tuple[str, ...]:
    """The pictures without the one at this place, or with it at another; as they are where there is no such place."""
    rest, path = [*files[:at], *files[at + 1 :]], files[at]
    if isinstance(command, MovePicture):
        to = at + command.step
        rest.insert(to if 0 <= to < len(files) else at, path)
    return tuple(rest)


def _at(items: Sequence[T], index: int) -> T:
    """The item at a place that the page names. Raises UserError where there is none."""
    if index >= len(items):
        raise UserError(GONE)
    return items[index]
