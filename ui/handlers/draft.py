"""While a person writes: what is in the box, and what it will cost."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import Any

import gradio as gr

from backend.chat.errors import ImageRefused, ImageWaits, InputRefused, UserError
from backend.chat.marks import composed
from backend.chat.messages import UserMessage
from backend.chat.parts import Image, Text
from backend.chat.request import ChatRequest
from backend.runtime.model_info import ModelCapabilities
from backend.sandbox.once import Once
from backend.storage.images import ImageStore
from backend.tokenization.count import Counter
from backend.turn import messages_sent
from ui.bridge import Bridge
from ui.components.options import FULL
from ui.conversations.view import ChatView
from ui.handlers.send import Composer, before_message
from ui.place import place_of
from ui.render.attachments import Attachment, render_attachments
from ui.render.chips import render_chips
from ui.render.token_meter import render_tight, render_token_meter
from ui.requests.builder import RequestBuilder
from ui.requests.values import PanelValues, fitting
from ui.session import Session
from ui.texts import texts
from ui.values import Updates, Values, today

REMEMBERED = 1_000  # pictures


@dataclass(frozen=True)
class DraftHandlers:
    """Shows the pictures in the box, what is on, and the meter; and the model is told what is about to be sent."""

    view: ChatView
    composer: Composer
    builder: RequestBuilder
    images: ImageStore
    model: ModelCapabilities
    bridge: Bridge
    # Not anew at each key, since a path never changes its content; the sentence where a picture is refused.
    _taken: Callable[[str, int], Once[Image | str]] = field(init=False)

    def __post_init__(self) -> None:
        taken = lru_cache(REMEMBERED)(lambda path, detail: Once(partial(self._take, path, detail)))
        object.__setattr__(self, "_taken", taken)

    @property
    def shown(self) -> list[Any]:
        """What `show` changes."""
        shown = self.view.components
        return [shown.attachments, shown.token_meter, shown.chips]

    def show(self, values: Values, request: gr.Request) -> Updates:
        """Both, for the box and the panel as they are; which the page has back if it is loaded anew."""
        components, counter, page = self.view.components, self.model.counter(), self.view.page(request)
        panel, files = self.view.presenter.read(values), tuple(self.composer.files(values))
        known = place_of(values[components.place]).changes

        def read(session: Session) -> Session:
            """The page may have yet to be shown how its pictures were arranged."""
            return replace(session, panel=panel, files=files if known >= session.changes else session.files)

        session = self.view.sessions.update(page, read)
        attachments = [self._attachment(path, session.details.get(path, FULL), counter) for path in files]
        draft = self._draft(values, session, attachments)
        if draft and not self.bridge.is_busy(page):
            self.model.read_ahead(replace(draft, owner=page))
        has_name = not session.is_kept_nowhere and (files or self.composer.text(values))
        meter, tight = self._meter(draft, counter) if draft and counter else ("", "")
        return {
            components.attachments: tight + render_attachments(attachments, page if has_name else ""),
            components.token_meter: meter,
            components.chips: self._chips(panel, session),
        }

    def _chips(self, panel: PanelValues, session: Session) -> str:
        tools, is_broken = [*panel.tools.builtin], False
        try:
            tools = [tool.name for tool in self.builder.tools(panel.tools)]
        except InputRefused:
            is_broken = True
        left_out = {"no earlier pictures": texts.composer.no_images, "last turn": texts.composer.last_only}
        return render_chips(
            tools if panel.tools.choice != "none" else [], is_broken=is_broken, is_json=bool(panel.json_schema.strip()),
            left_out=left_out.get(panel.context, ""), is_temporary=panel.private,
            is_editing=session.chat.editing is not None,
            examples=0 if session.chat.history.leaf else len(session.chat.lead.messages) // 2,
        )  # fmt: skip

    def _take(self, path: str, detail: int) -> Image | str:
        try:
            return self.images.take(path, path.rsplit("/", 1)[-1], detail)
        except ImageWaits:
            raise
        except ImageRefused as refusal:
            return str(refusal)

    def _attachment(self, path: str, detail: int, counter: Counter | None) -> Attachment:
        try:
            image = self._taken(path, detail).value()
            if isinstance(image, Image) and not os.path.exists(image.path):  # swept, or cleared by the system
                image = self._take(path, detail)
        except ImageWaits as wait:  # it is tried again at the next key
            return Attachment(path, detail, None, problem=str(wait), waits=True)
        if isinstance(image, str):
            return Attachment(path, detail, None, problem=image)
        tokens = counter.picture(image.width, image.height) if counter else 0
        return Attachment(path, detail, image, tokens, is_exact=counter is None or counter.is_exact)

    def _draft(self, values: Values, session: Session, attachments: list[Attachment]) -> ChatRequest | None:
        """What would be sent now; None where it cannot be."""
        chat, images = session.chat, tuple(attachment.image for attachment in attachments if attachment.image)
        try:
            text = fitting(self.composer.text(values), texts.errors.your_message)
            conversation = before_message(chat).close_open_calls().add(_message(text, images))
            panel = session.panel or PanelValues()
            asked = self.builder.pending(panel, today(panel.zone)).request
            return replace(asked, messages=messages_sent(conversation.messages, asked))
        except UserError:
            return None

    def _meter(self, draft: ChatRequest, counter: Counter) -> tuple[str, str]:
        """The meter, and what is to be said where little is left."""
        try:
            cost = counter.cost(draft)
        except UserError:
            return "", ""
        return render_token_meter(cost), render_tight(cost, draft.settings.max_tokens)


def _message(text: str, images: tuple[Image, ...]) -> UserMessage:
    """The message as it would be sent; an empty box counts as an empty text."""
    return UserMessage(composed(text, images) or (Text(text),))
