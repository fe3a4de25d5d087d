"""What stands in the message box: images that come in, are arranged and go out, and what is on beside it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import get_args

import gradio as gr

from backend.chat.errors import GONE, UserError
from backend.storage.fetch_pool import FetchPool
from backend.storage.images import ImageStore
from ui.components.options import DETAILS
from ui.conversations.store import ConversationStore
from ui.conversations.view import ChatView
from ui.gradio_patches.uploads import lies_in_uploads
from ui.handlers.send import Composer
from ui.place import place_of
from ui.render.attachments import marks
from ui.requests.box_commands import (
    AddUrl,
    BoxCommand,
    FillBox,
    LeaveOut,
    MovePicture,
    PutBackOn,
    RemovePicture,
    ResizePicture,
    TakeOff,
)
from ui.session import Session
from ui.threads import in_thread
from ui.values import Updates, Values, box, visitor_of

LEFT_OUT = {"pictures": "no earlier pictures", "turns": "last turn"}
BOX_COMMANDS = get_args(BoxCommand)


@dataclass(frozen=True)
class BoxHandlers:
    """Carries out the commands that change the message box, or what is on beside it."""

    view: ChatView
    composer: Composer
    store: ConversationStore
    images: ImageStore
    pool: FetchPool = field(default_factory=FetchPool)

    async def run(self, values: Values, command: BoxCommand, request: gr.Request) -> Updates:
        """Carries out one command. Raises UserError."""
        if isinstance(command, AddUrl):
            return await self._add_url(values, command, request)
        return await in_thread(self._run, values, command, request)

    def _run(self, values: Values, command: BoxCommand, request: gr.Request) -> Updates:
        match command:
            case MovePicture() | RemovePicture() | ResizePicture():
                return self._arrange(values, command, request)
            case FillBox():
                return self._filled(values, checked(command.files), request)
            case LeaveOut():
                return {self.view.presenter.panel.keep: LEFT_OUT[command.index]}
            case TakeOff(index="examples") | PutBackOn(index="examples"):
                return self._lead(isinstance(command, PutBackOn), request)
            case TakeOff():
                return self._take_off(values, command, request)
            case PutBackOn():
                before = self.view.session(request).taken_off
                return {} if before is None else self.view.presenter.put_back(before, command.index)
        return {}

    async def _add_url(self, values: Values, command: AddUrl, request: gr.Request) -> Updates:
        """The image at an address is put into the box; where there is none its sentence is told beside the box."""
        try:
            fetched = await self.pool.fetch(command.text, visitor_of(request))
            image = await in_thread(self.images.take_bytes, fetched, command.text.rsplit("/", 1)[-1])
        except UserError as error:
            return self.store.push({"notice": str(error)})
        files = [*self.composer.files(values), image.path]
        return self._filled(values, files, request) | self.store.push({"added": command.text})

    def _filled(self, values: Values, files: Sequence[str], request: gr.Request) -> Updates:
        """The box with these files beside what is written in it."""

        def filled(session: Session) -> Session:
            return replace(session, files=tuple(files), changes=session.changes + 1)

        self.view.sessions.update(self.view.page(request), filled)
        return self._boxed(values, files, request)

    def _lead(self, has_examples: bool, request: gr.Request) -> Updates:
        """A new chat begins with the examples of its system prompt, or without them."""

        def led(session: Session) -> Session:
            chat = replace(session.chat, has_examples=has_examples)
            return replace(session, chat=chat, changes=session.changes + 1)

        page = self.view.page(request)
        self.view.sessions.update(page, led)
        return self.view.place(page)

    def _take_off(self, values: Values, command: TakeOff, request: gr.Request) -> Updates:
        """One thing less that is on; what it was is held, for whoever did not mean to."""
        panel = self.view.presenter.read(values)
        self.view.sessions.update(self.view.page(request), lambda session: replace(session, taken_off=panel))
        return self.view.presenter.without(panel, command.index)

    def _arrange(
        self, values: Values, command: MovePicture | RemovePicture | ResizePicture, request: gr.Request
    ) -> Updates:
        """The images in the box in another order, fewer of them, or of another size."""
        shown, page = self.composer.files(values), self.view.page(request)
        known = place_of(values[self.view.components.place]).changes
        if isinstance(command, ResizePicture) and command.step not in dict(DETAILS).values():
            return {}
        if command.index not in marks(shown):  # gone since it was shown: a second click on the same button
            return {}

        def arranged(session: Session) -> Session:
            """With the count, since the box may not tell of its change. An image that is gone already stays so."""
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
        return self._boxed(values, files, request)

    def _boxed(self, values: Values, files: Sequence[str], request: gr.Request) -> Updates:
        filled = box(self.composer.text(values), [*files])
        return self._place(values, request) | {self.view.components.message: filled}

    def _place(self, values: Values, request: gr.Request) -> Updates:
        """The page's place anew; where the server has lost the conversation, the page still knows which it shows."""
        if not self.view.is_elsewhere(values, request):
            return self.view.place(self.view.page(request))
        shown = place_of(values[self.view.components.place])
        return {self.view.components.place: shown.model_copy(update={"changes": shown.changes + 1}).model_dump_json()}


def checked(files: Sequence[str]) -> list[str]:
    """Files that the page names by their paths. Raises UserError where one was not uploaded."""
    if not all(map(lies_in_uploads, files)):
        raise UserError(GONE)
    return list(files)


def _arranged(files: Sequence[str], at: int, command: MovePicture | RemovePicture) -> tuple[str, ...]:
    """The files without the one at this place, or with it at another; as they are where there is no such place."""
    rest, path = [*files[:at], *files[at + 1 :]], files[at]
    if isinstance(command, MovePicture):
        to = at + command.step
        rest.insert(to if 0 <= to < len(files) else at, path)
    return tuple(rest)
