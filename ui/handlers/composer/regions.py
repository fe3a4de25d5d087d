"""Parts of images that come into the message box: of one that is in it, or of one that the conversation shows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import gradio as gr

from backend.chat.errors import GONE, UserError
from backend.chat.messages import Conversation, ToolMessage, UserMessage
from backend.chat.parts import Image
from backend.chat.regions import Region
from backend.storage.images import ImageStore
from ui.attachments.choice import Choice, joined
from ui.components.options import FULL
from ui.conversations.store import ConversationStore
from ui.conversations.view import ChatView
from ui.gradio_patches.uploads import lies_in_uploads
from ui.handlers.composer.choosing import filled
from ui.handlers.composer.message_box import Composer
from ui.requests.box_commands import AddParts
from ui.session import Session
from ui.texts import texts
from ui.values import Updates, Values


@dataclass(frozen=True)
class RegionHandlers:
    """Cuts them out and puts them into the box."""

    view: ChatView
    composer: Composer
    store: ConversationStore
    images: ImageStore

    def add(self, values: Values, command: AddParts, request: gr.Request) -> Updates:
        """Puts these parts after what is in the box; what cannot be is told beside it. Raises UserError."""
        if not lies_in_uploads(command.body):
            raise UserError(GONE)
        page, files = self.view.page(request), self.composer.files(values)
        label = self._label(command.body, files, self.view.sessions.get(page))
        try:
            image = self.composer.attached.readings.picture(command.body, FULL)
            parts = [self.images.cut(image, Region(*box), label) for box in command.boxes]
        except UserError as error:
            return self.store.push({"notice": str(error)})
        choices = {part.path: Choice(label=label) for part in parts}

        def chosen(session: Session) -> Session:
            return replace(session, choices=joined(session.choices, choices))

        self.view.sessions.update(page, chosen)
        return filled(self.view, self.composer, values, [*files, *(part.path for part in parts)], request)

    def _label(self, path: str, files: Sequence[str], session: Session) -> str:
        """What people know a part of this image by."""
        if path in files:
            boxed = self.composer.attached.look(files[: files.index(path) + 1], session.choices)
            images = self.composer.attached.planned(boxed)[0]
        else:
            images = shown_until(session.chat.conversation, path)
        known = images[-1].label if images else ""
        if known.startswith(texts.regions.part_of.format(what="")):  # a part of a part is one of the whole
            return known
        return texts.regions.part_of.format(what=known or texts.regions.image.format(number=len(images)))


def shown_until(conversation: Conversation, path: str) -> tuple[Image, ...]:
    """The images of a conversation in the order in which the model sees them, up to this one; all where it has none."""
    found = list[Image]()
    for message in conversation.messages:
        if isinstance(message, UserMessage):
            found += message.images
        elif isinstance(message, ToolMessage):
            found += message.result.images
    at = next((number for number, image in enumerate(found, 1) if image.path == path), len(found))
    return tuple(found[:at])
