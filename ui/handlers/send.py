"""Sending what is in the message box, or what waited for the end of an answer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import gradio as gr

from backend.chat.errors import ImageRefused, ImageWaits, InputRefused, UserError
from backend.chat.marks import composed
from backend.chat.messages import Conversation, UserMessage
from backend.chat.parts import Image
from backend.storage.images import ImageStore
from ui.commands import SendMessage
from ui.components.chat import ChatComponents
from ui.components.options import FULL
from ui.conversations.sent import was_sent
from ui.conversations.starter import BUSY, ELSEWHERE, Starter
from ui.gradio_patches.uploads import lies_in_uploads
from ui.place import place_of
from ui.render.attachments import MOST
from ui.requests.presenter import PanelPresenter
from ui.requests.values import fitting
from ui.session import Chat, Session
from ui.texts import texts
from ui.threads import in_thread
from ui.values import Updates, Values, box

EMPTY = texts.errors.empty  # a page of ours does not send it


@dataclass(frozen=True)
class Composer:
    """The message box."""

    components: ChatComponents
    images: ImageStore

    def text(self, values: Values) -> str:
        """What is written in it."""
        return (values[self.components.message] or {}).get("text") or ""

    def files(self, values: Values) -> list[str]:
        """The paths of the images in it."""
        return list((values[self.components.message] or {}).get("files") or [])

    def message(self, values: Values, session: Session) -> UserMessage:
        """The message in it, its images taken in. Raises InputRefused and ImageRefused."""
        return self.made(self.text(values), self.files(values), session)

    def made(self, text: str, files: Sequence[str], session: Session) -> UserMessage:
        """A message of this text and these files, taken in. Raises InputRefused and ImageRefused."""
        fitting(text, texts.errors.your_message)
        if len(files) > MOST:
            raise InputRefused(texts.composer.too_many.format(most=MOST, excess=len(files) - MOST))
        images = self._taken([(file, session.details.get(file, FULL)) for file in files])
        parts = composed(text, images)
        if not parts:
            raise InputRefused(EMPTY)
        return UserMessage(parts)

    def _taken(self, files: list[tuple[str, int]]) -> tuple[Image, ...]:
        """The pictures of files, each with its longest edge. Raises ImageRefused, which names all that are refused."""
        images, refusals = [], []
        for file, detail in files:
            try:
                images.append(self.images.take(file, file.rsplit("/", 1)[-1], detail))
            except ImageWaits:
                raise
            except ImageRefused as refusal:
                refusals.append(str(refusal))
        if refusals:
            raise ImageRefused(" ".join(dict.fromkeys(refusals)))
        return tuple(images)


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
        message = await in_thread(self.composer.message, values, session)
        started = await self.starter.start(
            self.presenter.read(values), request, session.chat.id,
            lambda chat: before_message(chat).close_open_calls().add(message), seen=self.starter.view.seen(values),
        )  # fmt: skip
        self._forget_sizes(request, self.composer.files(values), is_box=True)
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
        message = await in_thread(self.composer.made, command.text, command.files, session)
        started = await self.starter.start(
            self.presenter.read(values), request, session.chat.id,
            lambda chat: chat.conversation.close_open_calls().add(message), seen=self.starter.view.seen(values),
        )  # fmt: skip
        self._forget_sizes(request, command.files, is_box=False)
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

    def _forget_sizes(self, request: gr.Request, files: Sequence[str], is_box: bool) -> None:
        def forgotten(session: Session) -> Session:
            details = {path: edge for path, edge in session.details.items() if path not in files}
            return replace(session, details=details, files=() if is_box else session.files)

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
