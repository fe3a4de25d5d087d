"""What leaves the page: exports of the conversation, and links to its question."""

import json
import re
from dataclasses import dataclass, replace
from urllib.parse import urlencode

import gradio as gr

from backend.chat.errors import InputRefused, RequestRejected
from backend.chat.messages import UserMessage
from backend.chat.parts import Image
from backend.storage.document import Document, ToolPanel, data_url
from backend.storage.document_json import to_json
from backend.storage.exports.markdown import to_markdown
from backend.storage.exports.openai_format import to_openai
from ui.conversations.store import ConversationStore
from ui.conversations.view import ChatView
from ui.handlers.composer.message_box import Composer
from ui.requests.builder import RequestBuilder
from ui.requests.values import DEFAULT, NUMBERS
from ui.texts import texts
from ui.values import Updates, Values, box, today

MAX_LINK = 4_000  # characters
PICTURE_GONE = texts.errors.image_gone
NOTHING = texts.errors.nothing_to_export
NO_QUESTION = texts.errors.no_question
TOO_LONG = texts.errors.long_link


@dataclass(frozen=True)
class ExportHandlers:
    """The export menu."""

    view: ChatView
    store: ConversationStore
    builder: RequestBuilder

    def export_json(self, values: Values, request: gr.Request) -> Updates:
        """Everything, pictures inside."""
        document = self._document(values, request)
        if document.example:  # what was in the tool panel before it is no part of the conversation
            document = replace(document, example=replace(document.example, before=ToolPanel()))
        body = to_json(document, inside) | {"system_prompt_as_sent": self._prompt(values)}
        return self._download(document, "json", json.dumps(body, ensure_ascii=False, indent=1))

    def export_openai(self, values: Values, request: gr.Request) -> Updates:
        """The shown branch as OpenAI messages, pictures as data URLs."""
        messages = to_openai(self._prompt(values), self.view.chat(request).conversation, inside)
        return self._download(
            self._document(values, request), "openai.json", json.dumps(messages, ensure_ascii=False, indent=1)
        )

    def export_markdown(self, values: Values, request: gr.Request) -> Updates:
        """The shown branch for people to read."""
        document, conversation = self._document(values, request), self.view.chat(request).conversation
        return self._download(document, "md", to_markdown(document.name, self._prompt(values), conversation))

    def _document(self, values: Values, request: gr.Request) -> Document:
        return self.store.document(self.view.presenter.read(values), self.view.chat(request))

    def _prompt(self, values: Values) -> str:
        panel = self.view.presenter.read(values)
        return self.builder.prompt(panel.system_prompt, today(panel.zone))

    def _download(self, document: Document, ending: str, text: str) -> Updates:
        self.builder.terms.refuse("exports")
        if not document.history.nodes:
            raise InputRefused(NOTHING)
        name = re.sub(r"[^\w-]+", "-", document.name).strip("-")[:40] or "conversation"
        kind = "text/markdown" if ending == "md" else "application/json"
        return self.store.push({"download": {"name": f"{name}.{ending}", "type": kind, "text": text}})


def inside(image: Image) -> str:
    """A picture's file as it stands in an export. Raises InputRefused where it is gone."""
    try:
        return data_url(image)
    except RequestRejected as error:
        raise InputRefused(PICTURE_GONE) from error


@dataclass(frozen=True)
class LinkHandlers:
    """Links that open the page with the same prompt, settings and question."""

    view: ChatView
    composer: Composer
    builder: RequestBuilder
    text: gr.Textbox

    def link(self, values: Values, request: gr.Request) -> Updates:
        """The query of such a link. Raises InputRefused where there can be none: see `unlinked`."""
        self.builder.terms.refuse("exports")
        panel, conversation = self.view.presenter.read(values), self.view.chat(request).conversation
        index = conversation.last_user_index
        asked = None if index is None else conversation.messages[index]
        question = self.composer.text(values) or (asked.text if isinstance(asked, UserMessage) else "")
        try:
            settings = panel.settings(self.builder.max_new_tokens)
        except InputRefused:
            settings = self.builder.terms.usual
        usual = {name: getattr(self.builder.terms.usual, name) for name in NUMBERS}
        different = {name: getattr(settings, name) for name in NUMBERS if getattr(settings, name) != usual[name]}
        is_own = panel.system_prompt.strip() != self.builder.model().system_prompt.strip()
        if not (question or is_own or different):
            raise InputRefused(NO_QUESTION)
        query = urlencode({"q": question, **({"system": panel.system_prompt} if is_own else {}), **different})
        if len(query) > MAX_LINK:
            raise InputRefused(TOO_LONG)
        return {self.text: query}

    def unlinked(self, *_: object) -> Updates:
        """No link."""
        return {self.text: ""}

    def from_link(self, request: gr.Request) -> Updates:
        """Fills in what a shared link holds; what is wrong in it is left out."""
        query, panel, terms = request.query_params, self.view.presenter.panel, self.builder.terms
        filled: Updates = {}
        if question := str(query.get("q", ""))[:MAX_LINK]:
            filled[self.view.components.message] = box(question)
        if "system" in query and not terms.demo.fixes("system_prompt"):
            filled[panel.system_prompt] = str(query["system"])[:MAX_LINK]
        for name in () if terms.demo.fixes("sampling") else NUMBERS:
            try:
                number = float(query[name])
                value = int(number) if number.is_integer() else number
                replace(DEFAULT, **{name: value})  # type: ignore[arg-type] # it checks itself
                longest = min(value, self.builder.max_new_tokens) if name == "max_tokens" else value
                filled[getattr(panel, name)] = terms.number(name, longest)
            except (KeyError, ValueError, OverflowError):
                continue
        return filled
