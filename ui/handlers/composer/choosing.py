"""What goes of the files in the message box: pages, as what, how large; and a file of text that is edited."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import get_args

import gradio as gr

from backend.chat.errors import GONE, UserError
from ui.attachments.box_files import AT_ONCE, DocumentFile
from ui.attachments.choice import EDGES, MAX_PAGES, USUAL, Choice, joined, numbers
from ui.attachments.readings import name_of
from ui.conversations.store import ConversationStore
from ui.conversations.view import ChatView
from ui.gradio_patches.uploads import lies_in_uploads
from ui.handlers.composer.message_box import Composer
from ui.place import place_of
from ui.render.composer.strip import marks
from ui.requests.box_commands import (
    ChoiceCommand,
    ChooseForm,
    ChooseNext,
    ChoosePage,
    ChoosePages,
    FileCommand,
    GoOn,
    ReadFile,
    ReplaceFile,
    ResizePicture,
)
from ui.session import Session
from ui.values import Updates, Values, box

CHOICES, ON_FILES = get_args(ChoiceCommand), get_args(FileCommand)
Change = Callable[[Choice], Choice]


@dataclass(frozen=True)
class ChoosingHandlers:
    """Carries out the commands on what goes of a file."""

    view: ChatView
    composer: Composer
    store: ConversationStore

    def run(self, values: Values, command: ChoiceCommand | FileCommand, request: gr.Request) -> Updates:
        """Carries out one; what cannot be is told beside the box. Raises UserError."""
        if isinstance(command, GoOn):
            return self._go_on(values, command, request)
        files = self.composer.files(values)
        names = marks(files)
        if command.index not in names:  # gone since it was shown
            return {}
        at = names.index(command.index)
        try:
            match command:
                case ReadFile():
                    return self._read(files[at], command.index)
                case ReplaceFile():
                    return self._replaced(values, files, at, command.body, request)
                case _:
                    return self._chosen(values, files, at, command, request)
        except UserError as error:
            return self.store.push({"notice": str(error)})

    def _chosen(
        self, values: Values, files: list[str], at: int, command: ChoiceCommand, request: gr.Request
    ) -> Updates:
        """Something else goes of the file; whatever else was chosen meanwhile stays so. Raises UserError."""
        path, page = files[at], self.view.page(request)
        change = self._change(files, at, command, self.view.sessions.get(page))
        if change is None:
            return {}
        known = place_of(values[self.view.components.place]).changes

        def changed(session: Session) -> Session:
            choices = joined(session.choices, {path: change(session.choices.get(path, USUAL))})
            held = tuple(files) if known >= session.changes else session.files  # which the page has yet to be shown
            return replace(session, choices=choices, files=held, changes=session.changes + 1)

        self.view.sessions.update(page, changed)
        return placed(self.view, values, request)

    def _change(self, files: list[str], at: int, command: ChoiceCommand, session: Session) -> Change | None:
        """What becomes of the file's choice; None where that makes no sense. Raises UserError."""
        if isinstance(command, ResizePicture):
            edge = command.step
            return (lambda choice: replace(choice, detail=edge)) if edge in EDGES else None
        file = self.composer.attached.look(files, session.choices)[at]
        if not isinstance(file, DocumentFile):
            return None
        match command:
            case ChooseForm(step=form):
                return lambda choice: replace(choice, form=form)
            case ChoosePages(text=text):
                pages = numbers(text, min(file.info.count, MAX_PAGES))
            case ChooseNext():
                last = max(file.chosen, default=0)
                pages = tuple(range(last + 1, min(last + AT_ONCE, file.pages) + 1)) or file.chosen
            case ChoosePage(step=number):
                if not 1 <= number <= file.pages:
                    return None
                usual = file.chosen  # where nobody had chosen
                return lambda choice: replace(
                    choice, pages=_turned(usual if choice.pages is None else choice.pages, number)
                )
        return lambda choice: replace(choice, pages=pages)

    def _read(self, path: str, mark: int) -> Updates:
        """The text of a file, for the page to show. Raises UserError."""
        readings = self.composer.attached.readings
        text = readings.text(path)
        return self.store.push({"opened": {"mark": str(mark), "name": name_of(path), "text": text}})

    def _replaced(self, values: Values, files: list[str], at: int, body: str, request: gr.Request) -> Updates:
        """Another file in the place of this one. Raises UserError."""
        if not lies_in_uploads(body):
            raise UserError(GONE)
        return filled(self.view, self.composer, values, [*files[:at], body, *files[at + 1 :]], request)

    def _go_on(self, values: Values, command: GoOn, request: gr.Request) -> Updates:
        """The pages that come after those that were sent come into the box, with what is there; or never."""
        page = self.view.page(request)
        session = self.view.sessions.get(page)
        following = session.following if command.index == "take" else ()
        files = self.composer.files(values)
        added = [path for path, _ in following if path not in files]

        def taken(now: Session) -> Session:
            return replace(now, following=(), choices=joined(now.choices, dict(following)), changes=now.changes + 1)

        self.view.sessions.update(page, taken)
        if command.index == "drop":
            return placed(self.view, values, request)
        return filled(self.view, self.composer, values, [*files, *added], request)


def _turned(pages: tuple[int, ...], number: int) -> tuple[int, ...]:
    """The pages with this one, or without it where it was among them."""
    return tuple(sorted({*pages} ^ {number}))


def filled(view: ChatView, composer: Composer, values: Values, files: list[str], request: gr.Request) -> Updates:
    """The box with these files beside what is written in it."""

    def change(session: Session) -> Session:
        return replace(session, files=tuple(files), changes=session.changes + 1)

    view.sessions.update(view.page(request), change)
    return placed(view, values, request) | {view.components.message: box(composer.text(values), files)}


def placed(view: ChatView, values: Values, request: gr.Request) -> Updates:
    """The page's place anew; where the server has lost the conversation, the page still knows which it shows."""
    if not view.is_elsewhere(values, request):
        return view.place(view.page(request))
    shown = place_of(values[view.components.place])
    return {view.components.place: shown.model_copy(update={"changes": shown.changes + 1}).model_dump_json()}
