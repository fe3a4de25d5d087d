"""A chat as code that asks for its answer: with curl, with openai, and with transformers."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from backend.chat.errors import InputRefused, UserError
from backend.chat.messages import AssistantMessage
from backend.chat.request import ChatRequest, length
from backend.storage.exports.code.curl import curl_script
from backend.storage.exports.code.openai_client import openai_script
from backend.storage.exports.code.question import Form, Question, Script
from backend.storage.exports.code.transformers_script import transformers_script
from backend.turn import messages_sent
from ui.conversations.store import ConversationStore
from ui.conversations.view import ChatView
from ui.render.addresses import picture_address
from ui.render.answer.code import LONGEST, Clock, code_block
from ui.render.views.inspector import request_of
from ui.requests.code_commands import ShowCode
from ui.requests.values import MAX_TEXT
from ui.session import Chat
from ui.texts import texts
from ui.values import Updates, Values, today

SAID = texts.code
SERVER = "http://localhost:8000/v1"  # where this app serves no API: the page is told nothing of a server's own address
SCRIPTS: dict[Form, Callable[[Question], Script]] = {
    "curl": curl_script, "openai": openai_script, "transformers": transformers_script,
}  # fmt: skip
LANGUAGES: dict[Form, str] = {"curl": "bash", "openai": "python", "transformers": "python"}
_PAGE = re.compile(r"https?://[A-Za-z0-9._~:/\[\]%-]{1,500}")


@dataclass(frozen=True)
class CodeHandlers:
    """`serves_api`: whether programs can ask this app, at the page's own address."""

    view: ChatView
    store: ConversationStore
    serves_api: bool = False

    def show(self, values: Values, command: ShowCode, request: gr.Request) -> Updates:
        """The code, for the page's dialog; what is wrong is told there."""
        told: dict[str, Any] = {"index": command.index, "form": command.step}
        try:
            for hidden in ("exports", "prompts"):  # which it is both of
                self.view.presenter.terms.refuse(hidden)
            question = self._question(values, command, self.view.chat(request))
            told |= _shown(command.step, question, SCRIPTS[command.step](question))
        except UserError as error:
            told["problem"] = str(error)
        return self.store.push({"code": told})

    def _question(self, values: Values, command: ShowCode, chat: Chat) -> Question:
        asked, info = self._asked(values, chat, command.index), self.view.presenter.builder.model()
        if length(asked) > MAX_TEXT:
            raise InputRefused(SAID.too_long)
        page, about = command.text.rstrip("/"), (info.repository, info.weights, bool(info.thinks), info.efforts)
        if self.serves_api and _PAGE.fullmatch(page):
            name = info.repository if info.repository in info.names else info.name
            return Question(asked, f"{page}/v1", name, *about)
        return Question(asked, SERVER, info.repository or info.name, *about)

    def _asked(self, values: Values, chat: Chat, index: int | str) -> ChatRequest:
        """What the answer came from; where nobody knows, it would come from what the panel says now."""
        messages = chat.conversation.messages
        answers = [at for at, message in enumerate(messages) if isinstance(message, AssistantMessage)]
        if index == "last":
            index = answers[-1] if answers and answers[-1] == len(messages) - 1 else len(messages)
        if not isinstance(index, int) or not 0 < index <= len(messages):
            raise InputRefused(texts.errors.nothing_to_export)
        if known := request_of(chat.history, index):
            return known
        panel, presenter = self.view.presenter.read(values), self.view.presenter
        asked = presenter.builder.pending(panel, today(panel.zone)).request
        settings = replace(asked.settings, seed=None) if asked.seed_drawn else asked.settings
        return replace(asked, messages=messages_sent(messages[:index], asked), settings=settings)


def _shown(form: Form, question: Question, script: Script) -> dict[str, Any]:
    """For the page's script: the code in colours, and as it is; the files that belong to it; and what to know of it."""
    return {
        "html": code_block(script.text[:LONGEST], LANGUAGES[form], Clock()),
        "text": script.text,
        "name": script.name,
        "requirements": list(script.requirements),
        "pictures": [{"name": name, "address": picture_address(image)} for name, image in question.pictures.items()],
        "notes": [*_notes(form, question), *([SAID.cut] if len(script.text) > LONGEST else [])],
    }


def _notes(form: Form, question: Question) -> list[str]:
    notes = []
    if form == "transformers" and not question.repository:
        notes.append(SAID.set_model)
    if form != "transformers":
        notes.append(SAID.set_key)
    if names := list(question.pictures):
        files = names[0] if len(names) == 1 else SAID.range.format(first=names[0], last=names[-1])
        notes.append(SAID.images.format(files=files))
    return notes
