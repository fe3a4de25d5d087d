"""Sending what is in the message box."""

from dataclasses import dataclass, replace

import gradio as gr

from backend.chat.errors import ImageRefused, ImageWaits, InputRefused
from backend.chat.messages import Conversation, Image, Part, Text, UserMessage
from backend.storage.images import ImageStore
from ui.components.chat import ChatComponents
from ui.components.options import FULL
from ui.conversations.sent import was_sent
from ui.conversations.starter import BUSY, ELSEWHERE, Starter
from ui.place import place_of
from ui.requests.presenter import PanelPresenter
from ui.requests.values import fitting
from ui.session import Chat, Session
from ui.threads import in_thread
from ui.values import Updates, Values, box

MAX_PICTURES = 10
EMPTY = "Write a message or add a picture first."


@dataclass(frozen=True)
class Composer:
    """The message box."""

    components: ChatComponents
    images: ImageStore

    def text(self, values: Values) -> str:
        """What is written in it."""
        return (values[self.components.message] or {}).get("text") or ""

    def files(self, values: Values) -> list[str]:
        """The paths of the pictures in it."""
        return list((values[self.components.message] or {}).get("files") or [])

    def message(self, values: Values, session: Session) -> UserMessage:
        """The message, its pictures taken in. Raises InputRefused and ImageRefused."""
        text, files, details = fitting(self.text(values), "Your message"), self.files(values), session.details
        if len(files) > MAX_PICTURES:
            excess = len(files) - MAX_PICTURES
            raise InputRefused(f"A message can hold {MAX_PICTURES} pictures; remove {excess} of yours.")
        images = self._taken([(file, details.get(file, FULL)) for file in files])
        parts: tuple[Part, ...] = (*images, Text(text)) if text.strip() else images
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
    """What is sent replaces the message that is being edited, if there is one."""

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
        """Sends the message. Raises UserError where it cannot be sent: see `unsent`."""
        if not self.is_new(values, request):
            return await in_thread(self._heard, values, request)
        if self.starter.is_busy(request):
            raise InputRefused(BUSY)
        view = self.starter.view
        page, panel = view.page(request), self.presenter.read(values)
        session = view.sessions.get(page)
        if not session.is_shown_at(place_of(values.get(view.components.place))):
            raise InputRefused(ELSEWHERE)
        message = await in_thread(self.composer.message, values, session)
        started = await self.starter.start(
            panel,
            request,
            session.chat.id,
            lambda chat: before_message(chat).close_open_calls().add(message),
            seen=view.seen(values),
        )
        view.sessions.update(page, lambda session: replace(session, files=(), details={}))
        return started | {self.composer.components.message: box()}

    def _heard(self, values: Values, request: gr.Request) -> Updates:
        """What came of the message, for a page that has not been told."""
        view, store, panel = self.starter.view, self.starter.store, self.presenter.read(values)
        page = view.page(request)
        told = store.push(store.shown(page) | store.missing(page, panel, ()))
        answering = gr.update(visible=self.starter.is_busy(request))
        shown = view.show(page, panel.tools) | {view.components.answering: answering}
        return shown | told | {self.composer.components.message: box()}

    def unsent(self, values: Values, *_: object) -> Updates:
        """What could not be sent is back in the box, which the page has emptied already."""
        view = self.composer.components
        return {view.message: values[view.message]} | self.starter.store.push({"refused": True})


def before_message(chat: Chat) -> Conversation:
    """The conversation that the message in the box follows: up to the message that is being edited, or all of it."""
    conversation = chat.conversation
    return conversation if chat.editing is None else Conversation(conversation.messages[: chat.editing])
