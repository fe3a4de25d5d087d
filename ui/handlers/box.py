"""What stands in the message box: images that come in, are arranged and go out, and what is on beside it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import get_args

import gradio as gr

from backend.chat.errors import GONE, UserError
from backend.storage.fetch_pool import FetchPool
from backend.storage.images import ImageStore
from ui.attachments.choice import choices_of, joined
from ui.conversations.store import ConversationStore
from ui.conversations.view import ChatView
from ui.gradio_patches.uploads import lies_in_uploads
from ui.handlers.composer.choosing import CHOICES, ON_FILES, ChoosingHandlers, filled, placed
from ui.handlers.composer.message_box import Composer
from ui.handlers.composer.regions import RegionHandlers
from ui.place import place_of
from ui.render.composer.strip import marks
from ui.requests.box_commands import (
    AddParts,
    AddUrl,
    BoxCommand,
    FillBox,
    LeaveOut,
    MovePicture,
    PutBackOn,
    RemovePicture,
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
    choosing: ChoosingHandlers
    images: ImageStore
    regions: RegionHandlers
    pool: FetchPool = field(default_factory=FetchPool)

    async def run(self, values: Values, command: BoxCommand, request: gr.Request) -> Updates:
        """Carries out one command. Raises UserError."""
        if isinstance(command, AddUrl):
            return await self._add_url(values, command, request)
        return await in_thread(self._run, values, command, request)

    def _run(self, values: Values, command: BoxCommand, request: gr.Request) -> Updates:
        if isinstance(command, CHOICES + ON_FILES):
            return self.choosing.run(values, command, request)
        match command:
            case MovePicture() | RemovePicture():
                return self._arrange(values, command, request)
            case AddParts():
                return self.regions.add(values, command, request)
            case FillBox():
                return self._refilled(values, command, request)
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
        self.view.presenter.terms.refuse("uploads")
        try:
            fetched = await self.pool.fetch(command.text, visitor_of(request))
            image = await in_thread(self.images.take_bytes, fetched, command.text.rsplit("/", 1)[-1])
        except UserError as error:
            return self.store.push({"notice": str(error)})
        files = [*self.composer.files(values), image.path]
        return filled(self.view, self.composer, values, files, request) | self.store.push({"added": command.text})

    def _refilled(self, values: Values, command: FillBox, request: gr.Request) -> Updates:
        """The box with files that the page names, and what was chosen of them. Raises UserError."""
        files, choices = checked(command.files), choices_of(command.files, command.choices)

        def chosen(session: Session) -> Session:
            return replace(session, choices=joined(session.choices, choices))

        self.view.sessions.update(self.view.page(request), chosen)
        return filled(self.view, self.composer, values, files, request)

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

    def _arrange(self, values: Values, command: MovePicture | RemovePicture, request: gr.Request) -> Updates:
        """The files in the box in another order, or fewer of them."""
        shown, page = self.composer.files(values), self.view.page(request)
        known = place_of(values[self.view.components.place]).changes
        if command.index not in marks(shown):  # gone since it was shown: a second click on the same button
            return {}

        def arranged(session: Session) -> Session:
            """With the count, since the box may not tell of its change. A file that is gone already stays so."""
            files = shown if known >= session.changes else session.files  # which the page has yet to be shown
            counted = replace(session, files=tuple(files), changes=session.changes + 1)
            if command.index not in (names := marks(files)):
                return counted
            return replace(counted, files=_arranged(files, names.index(command.index), command))

        files = self.view.sessions.update(page, arranged).files
        message = box(self.composer.text(values), [*files])
        return placed(self.view, values, request) | {self.view.components.message: message}


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
