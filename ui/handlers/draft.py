"""While a person writes: what is in the box, and what it will cost."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import gradio as gr

from backend.chat.errors import InputRefused, UserError
from backend.chat.marks import composed
from backend.chat.messages import UserMessage
from backend.chat.parts import Image, Text, TextFile
from backend.chat.request import ChatRequest
from backend.runtime.model_info import ModelCapabilities
from backend.tokenization.count import Counter
from backend.turn import messages_sent
from ui.attachments.ahead import Ahead
from ui.attachments.box_files import BoxFile
from ui.attachments.cards import Pricing
from ui.bridge import Bridge
from ui.conversations.view import ChatView
from ui.handlers.composer.message_box import Composer
from ui.handlers.send import before_message
from ui.place import place_of
from ui.render.chips import render_chips
from ui.render.composer.following import render_following
from ui.render.composer.strip import render_strip
from ui.render.token_meter import render_tight, render_token_meter
from ui.requests.builder import RequestBuilder
from ui.requests.values import PanelValues, fitting
from ui.session import Session
from ui.texts import texts
from ui.values import Updates, Values, today


@dataclass(frozen=True)
class DraftHandlers:
    """Shows the files in the box, what is on, and the meter; and the model is told what is about to be sent."""

    view: ChatView
    composer: Composer
    builder: RequestBuilder
    model: ModelCapabilities
    bridge: Bridge
    pricing: Pricing = field(default_factory=Pricing)
    ahead: Ahead = field(default_factory=Ahead)

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

        session, attached = self.view.sessions.update(page, read), self.composer.attached
        found = attached.look(files, session.choices)
        images, written = attached.planned(found)
        draft = self._draft(values, session, images, written)
        if draft and not self.bridge.is_busy(page):
            self._read_ahead(replace(draft, owner=page), self.composer.text(values), found)
        has_name = not session.is_kept_nowhere and (files or self.composer.text(values))
        meter, tight = self._meter(draft, counter) if draft and counter else ("", "")
        cards = self.pricing.cards(found, written, counter)
        told = tight + render_following(session.following)
        strip = render_strip(cards, attached.most, page if has_name else "", told)
        return {
            components.attachments: strip,
            components.token_meter: meter,
            components.chips: self._chips(panel, session),
        }

    def _chips(self, panel: PanelValues, session: Session) -> str:
        """What is on, as far as it can be taken off."""
        demo = self.builder.terms.demo
        tools, is_broken = [*panel.tools.builtin], False
        try:
            tools = [tool.name for tool in self.builder.tools(panel.tools)]
        except InputRefused:
            is_broken = True
        left_out = {"no earlier pictures": texts.composer.no_images, "last turn": texts.composer.last_only}
        return render_chips(
            tools if panel.tools.choice != "none" and not demo.fixes("tools") else [], is_broken=is_broken,
            is_json=bool(panel.json_schema.strip()) and not demo.fixes("schema"),
            left_out=left_out.get(panel.context, ""), is_temporary=panel.private and not demo.hides("history"),
            is_editing=session.chat.editing is not None,
            examples=0 if session.chat.history.leaf else len(session.chat.lead.messages) // 2,
        )  # fmt: skip

    def _read_ahead(self, draft: ChatRequest, text: str, found: Sequence[BoxFile]) -> None:
        """Tells the model; where pages are yet to be drawn, once they are."""
        attached = self.composer.attached
        if attached.is_drawn(found):
            self.model.read_ahead(draft)
            return

        def drawn() -> None:
            images, written = attached.planned(found)
            last = _message(text, images, written)
            self.model.read_ahead(replace(draft, messages=(*draft.messages[:-1], last)))

        self.ahead.put(draft.owner, attached.draw(found), drawn)

    def _draft(
        self, values: Values, session: Session, images: Sequence[Image], written: Sequence[TextFile]
    ) -> ChatRequest | None:
        """What would be sent now; None where it cannot be."""
        chat = session.chat
        try:
            text = fitting(self.composer.text(values), texts.errors.your_message)
            conversation = before_message(chat).close_open_calls().add(_message(text, images, written))
            self.builder.check(conversation)
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


def _message(text: str, images: Sequence[Image], written: Sequence[TextFile]) -> UserMessage:
    """The message as it would be sent; an empty box counts as an empty text."""
    return UserMessage(composed(text, images, written) or (Text(text),))
