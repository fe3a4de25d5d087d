"""Sending what is in the message box, or what waited for the end of an answer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import gradio as gr

from backend.chat.errors import InputRefused, UserError
from backend.chat.messages import Conversation
from ui.attachments.choice import choices_of
from ui.commands import SendMessage
from ui.conversations.sent import was_sent
from ui.conversations.starter import BUSY, ELSEWHERE, Starter
from ui.gradio_patches.uploads import lies_in_uploads
from ui.handlers.composer.message_box import Composer, Following
from ui.place import place_of
from ui.requests.presenter import PanelPresenter
from ui.session import Chat, Session
from ui.texts import texts
from ui.threads import in_thread
from ui.values import Updates, Values, box


@dataclass(frozen=True)
class SendHandlers:
    """Sends messages."""

    composer: Composer
    presenter: PanelPresenter
    starter: Starter

    def is_new(self, values: Values, request: gr.Request) -> bool:
        """Whether the message was not sent already, by a page that has heard nothing of it since.

        A browser sends a call once more by itself where the connection ends before the answer to it, and so does who
        sees nothing come of it.
        """
        view, composer = self.starter.view, self.composer
        place = place_of(values.get(view.components.place))
        return not was_sent(view.chat(request), place, composer.text(values), len(composer.files(values)))

    async def send(self, values: Values, request: gr.Request) -> Updates:
        """Sends the message in the box. Raises UserError where it cannot be sent: see `unsent`.

        It replaces the message that is being edited, if there is one.
        """
        emptied: Updates = {self.composer.components.message: box()}
        if not self.is_new(values, request):
            return await in_thread(self._heard, values, request) | emptied
        session = self._ready(values, request)
        text, files = self.composer.text(values), self.composer.files(values)
        made = await in_thread(self.composer.made, text, files, session.choices)
        started = await self.starter.start(
            self.presenter.read(values), request, session.chat.id,
            lambda chat: before_message(chat).close_open_calls().add(made.message), seen=self.starter.view.seen(values),
        )  # fmt: skip
        self._forget_choices(request, files, made.following, is_box=True)
        return started | emptied

    def is_new_queued(self, values: Values, command: SendMessage, request: gr.Request) -> bool:
        """The same of a message that waited."""
        chat = self.starter.view.chat(request)
        return not (command.sent and was_sent(chat, place_of(command.sent), command.text, len(command.files)))

    async def send_queued(self, values: Values, command: SendMessage, request: gr.Request) -> Updates:
        """Sends it as a new message; what is in the box, and may be an edit, stays there. Raises UserError."""
        told = {"taken": command.id}
        if not self.is_new_queued(values, command, request):
            return self._told(await in_thread(self._heard, values, request), told)
        if not all(map(lies_in_uploads, command.files)):
            raise UserError(texts.composer.files_gone)
        session = self._ready(values, request)
        choices = choices_of(command.files, command.choices)
        made = await in_thread(self.composer.made, command.text, command.files, choices)
        started = await self.starter.start(
            self.presenter.read(values), request, session.chat.id,
            lambda chat: chat.conversation.close_open_calls().add(made.message), seen=self.starter.view.seen(values),
        )  # fmt: skip
        self._forget_choices(request, command.files, made.following, is_box=False)
        return self._told(started, told)

    def _ready(self, values: Values, request: gr.Request) -> Session:
        """The session of a page that can send now. Raises InputRefused."""
        if self.starter.is_busy(request):
            raise InputRefused(BUSY)
        view = self.starter.view
        session = view.sessions.get(view.page(request))
        if not session.is_shown_at(place_of(values.get(view.components.place))):
            raise InputRefused(ELSEWHERE)
        return session

    def _forget_choices(self, request: gr.Request, files: Sequence[str], following: Following, is_box: bool) -> None:
        def forgotten(session: Session) -> Session:
            in_box = () if is_box else session.files
            choices = {path: choice for path, choice in session.choices.items() if path not in files or path in in_box}
            before = tuple(each for each in session.following if each[0] not in files)
            return replace(session, choices=choices, files=in_box, following=before + following)

        view = self.starter.view
        view.sessions.update(view.page(request), forgotten)

    def _told(self, updates: Updates, message: dict[str, str]) -> Updates:
        """The updates with this in what the page's script is told; a private chat tells it nothing else."""
        store = self.starter.store
        return updates | store.push({**updates.get(store.channel, {}), **message})

    def _heard(self, values: Values, request: gr.Request) -> Updates:
        """What came of the message, for a page that has not been told."""
        view, store, panel = self.starter.view, self.starter.store, self.presenter.read(values)
        page = view.page(request)
        is_new = not place_of(values.get(view.components.place)).id
        told = store.push(store.shown(page) | store.missing(page, panel, ()) | {"begun": is_new})
        answering = gr.update(visible=self.starter.is_busy(request))
        return view.show(page, panel.tools) | {view.components.answering: answering} | told

    def unsent(self, values: Values, *_: object) -> Updates:
        """What could not be sent is back in the box, which the page has emptied already."""
        view = self.composer.components
        return {view.message: values[view.message]} | self.starter.store.push({"refused": True})


def before_message(chat: Chat) -> Conversation:
    """The conversation that the message in the box follows: up to the message that is being edited, or all of it."""
    return chat.lead
