"""What the page's own buttons do that leads to no answer: opening, paging, inspecting, arranging pictures.

The page's script hands over the words of a button's command. All may be forged: a number that fits nothing, or an
address that is not ours, changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import gradio as gr
from starlette.concurrency import run_in_threadpool

from backend.chat.errors import ConversationInvalid, EngineError, ImageRefused
from backend.chat.messages import UserMessage
from backend.chat.request import ChatRequest
from backend.storage.imports import open_kept
from ui.components.sidebar import DETAILS
from ui.gradio_patches.event_data import told
from ui.handlers.answer import BUSY_ELSE, GONE, Handlers
from ui.handlers.lost import UNKEPT, is_lost, refused
from ui.render.inspector import inspector, request_of
from ui.session import Chat, Updates, Values, box, merged, session_of

if TYPE_CHECKING:
    from backend.tokenization.inspect import Inspection  # at run time it would bring the tokenizer

Data = dict[str, Any]
CHANGES = "changes"
ON_CONVERSATION = ("turn", "inspect", "edit")
LEFT_OUT = {"pictures": "no earlier pictures", "turns": "last turn"}


@dataclass(frozen=True)
class Commands:
    """The commands of the channel."""

    handlers: Handlers
    inspect: Callable[[ChatRequest], "Inspection"] | None

    async def act(self, values: Values, event: gr.EventData, request: gr.Request) -> Updates:
        """Carries out one command; an unknown or impossible one does nothing."""
        data: Data = told(event, "do", "index", "step", "id", "body", "again", "title")
        commands: dict[str, Callable[[Values, Data], Updates]] = {
            "turn": self._turn, "inspect": self._inspect, "close": self._close, "edit": self._edit,
            "unedit": self._unedit, "move": self._move, "remove": self._remove, "detail": self._detail,
            "keep": self._keep, "open": self._open, "list": self._list, "rename": self._rename, "delete": self._delete,
        }  # fmt: skip
        if data.get("do") in ON_CONVERSATION and is_lost(self.handlers.talk, values):
            return refused(self.handlers.talk)
        try:
            command = commands.get(str(data.get("do")))
            if self._ends_answer(values, data):
                await self.handlers.stopped(request)
            elif data.get("do") in ("turn", "edit") and self.handlers.bridge.is_busy(session_of(request)):
                gr.Warning(BUSY_ELSE)
                return {}
            if command:
                return await run_in_threadpool(command, values, data)  # it may decode pictures or wait for a disk
            gr.Warning(GONE)
        except (ImageRefused, ConversationInvalid) as refusal:
            gr.Warning(str(refusal))
        except (LookupError, TypeError, ValueError, ArithmeticError):
            gr.Warning(GONE)
        return {}

    def _ends_answer(self, values: Values, data: Data) -> bool:
        """Whether what is being written would stand in a chat that is left or deleted."""
        is_its_own = data.get("id") == self._chat(values).id
        return data.get("do") == "open" or (data.get("do") == "delete" and is_its_own)

    def _chat(self, values: Values) -> Chat:
        chat: Chat = values[self.handlers.talk.chat]
        return chat

    def _turn(self, values: Values, data: Data) -> Updates:
        """Shows another alternative."""
        chat = self._chat(values)
        history = chat.history.switch_branch(int(data["index"]), int(data["step"]))
        chat = replace(chat, history=history, conversation=history.conversation, editing=None)
        return self.handlers.shown(values, chat) | self.handlers.keeping.save(values, chat)

    def _inspect(self, values: Values, data: Data) -> Updates:
        """The prompt of the answer at this index."""
        chat, index = self._chat(values), int(data["index"])
        if self.inspect is None:
            gr.Info("The server that answers keeps the exact prompt to itself.")
            return {}
        asked = request_of(chat.history, index)
        if asked is None:
            gr.Info("It is not known any more what this answer came from.")
            return {}
        try:
            shown = inspector(self.inspect(asked), asked, chat.conversation.messages[index])
        except EngineError as error:
            gr.Warning(str(error))
            return {}
        return {self.handlers.talk.inspector: gr.update(value=shown, visible=True)}

    def _close(self, values: Values, data: Data) -> Updates:
        return {self.handlers.talk.inspector: gr.update(value="", visible=False)}

    def _edit(self, values: Values, data: Data) -> Updates:
        """Puts an earlier message of the user's into the box, pictures too, to be sent in its place."""
        chat = self._chat(values)
        last = chat.conversation.last_user_index
        index = last if data["index"] == "last" else int(data["index"])
        if index is None:  # nothing was sent yet
            return {}
        message = chat.conversation.messages[index]
        if index < 0 or not isinstance(message, UserMessage):
            raise IndexError
        talk = self.handlers.talk
        files = [image.path for image in message.images]
        return {talk.chat: replace(chat, editing=index), talk.message: box(message.text, files)}

    def _unedit(self, values: Values, data: Data) -> Updates:
        """What is in the box will replace nothing. Escape, which says "clear", empties the box too."""
        chat = self._chat(values)
        if chat.editing is None:
            return {}
        talk = self.handlers.talk
        cleared = {talk.message: box()} if data.get("index") == "clear" else {}
        return {talk.chat: replace(chat, editing=None)} | cleared

    def _files(self, values: Values) -> tuple[str, list[str]]:
        content = values[self.handlers.talk.message] or {}
        return content.get("text") or "", list(content.get("files") or [])

    def _move(self, values: Values, data: Data) -> Updates:
        text, files = self._files(values)
        at, to = int(data["index"]), int(data["index"]) + int(data["step"])
        if not (0 <= at < len(files) and 0 <= to < len(files)):
            return {}
        files[at], files[to] = files[to], files[at]
        return self._boxed(values, text, files)

    def _remove(self, values: Values, data: Data) -> Updates:
        text, files = self._files(values)
        files.pop(int(data["index"]))
        return self._boxed(values, text, files)

    def _boxed(self, values: Values, text: str, files: list[str]) -> Updates:
        """The box with these pictures. The count among the details changes too, since the box may not tell of it."""
        talk = self.handlers.talk
        details = values[talk.details]
        return {talk.message: box(text, files), talk.details: {**details, CHANGES: details.get(CHANGES, 0) + 1}}

    def _detail(self, values: Values, data: Data) -> Updates:
        """How large the picture at this index is sent."""
        _, files = self._files(values)
        edge = int(data["step"])
        if edge not in dict(DETAILS).values():
            return {}
        return {self.handlers.talk.details: {**values[self.handlers.talk.details], files[int(data["index"])]: edge}}

    def _keep(self, values: Values, data: Data) -> Updates:
        """What of the conversation is sent from now on."""
        return {self.handlers.asking.panel.keep: LEFT_OUT[str(data["index"])]}

    def _open(self, values: Values, data: Data) -> Updates:
        """Opens a kept conversation: from the archive by its id, or as the browser hands it over.

        One that was lost is opened "again": what the page holds, the panel and what was written, stays as it is.
        """
        keeping, talk = self.handlers.keeping, self.handlers.talk
        again, document = bool(data.get("again")), None
        if keeping.archive:
            document = keeping.archive.load(str(data["id"]))
        elif not again or data.get("body"):
            document = open_kept(data["body"], keeping.uploaded, self.handlers.asking.run)
        if document is None:
            if again:
                gr.Warning(UNKEPT)
            return {}
        chat, panel = keeping.opened(document)
        replies = self.handlers.asking.panel.replies
        panel = {replies: panel[replies]} if again else panel  # these the server kept, and has lost too
        shown = panel | self.handlers.shown(merged(values, panel), chat) | keeping.push({"current": chat.id})
        if not again:
            return shown | {talk.message: box()}
        if typed := shown.get(talk.tool_result):
            shown[talk.tool_result] = {name: value for name, value in typed.items() if name != "value"}
        return shown

    def _list(self, values: Values, data: Data) -> Updates:
        return self.handlers.keeping.listed()

    def _rename(self, values: Values, data: Data) -> Updates:
        chat, title = self._chat(values), str(data["title"])[:60]
        if archive := self.handlers.keeping.archive:
            archive.rename(str(data["id"]), title)
        changed = {self.handlers.talk.chat: replace(chat, title=title)} if chat.id == data["id"] else {}
        return changed | self.handlers.keeping.listed()

    def _delete(self, values: Values, data: Data) -> Updates:
        if archive := self.handlers.keeping.archive:
            archive.delete(str(data["id"]))
        gone = self.handlers.emptied(values) if self._chat(values).id == data["id"] else {}
        return gone | self.handlers.keeping.listed()
