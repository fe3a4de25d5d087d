"""Exports, imports, share links, pictures by URL or camera: what comes into the page and leaves it as a whole."""

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode

import gradio as gr
from starlette.concurrency import run_in_threadpool

from backend.chat.errors import ConversationInvalid, FetchRefused, ImageRefused, InputRefused
from backend.chat.messages import Image
from backend.chat.settings import GenerationSettings
from backend.chat.system_prompts import fill
from backend.storage.conversations import Document, ToolPanel, data_url, to_json
from backend.storage.fetch_url import fetch_url
from backend.storage.imports import import_file
from backend.storage.markdown import to_markdown
from backend.storage.openai_format import to_openai
from ui.handlers.answer import Handlers
from ui.handlers.lost import LOST, is_lost
from ui.session import Chat, Updates, Values, box, merged, session_of, today

MAX_IMPORT = 100_000_000  # bytes
MAX_LINK = 4_000  # characters
LINKED = ("temperature", "top_p", "top_k", "min_p", "repetition_penalty", "max_tokens", "seed")


@dataclass(frozen=True)
class Files:
    """The handlers of the export menu."""

    handlers: Handlers

    def export_json(self, values: Values) -> Updates:
        """Everything, pictures inside."""
        chat: Chat = values[self.handlers.talk.chat]
        document = self.handlers.keeping.document(values, chat)
        if document.example:  # what was in the tool panel before it is no part of the conversation
            document = replace(document, example=replace(document.example, before=ToolPanel()))
        body = to_json(document, data_url) | {"system_prompt_as_sent": self._prompt(values, chat)}
        return self._download(document, "json", json.dumps(body, ensure_ascii=False, indent=1))

    def export_openai(self, values: Values) -> Updates:
        """The shown branch as OpenAI messages, pictures as data URLs."""
        chat: Chat = values[self.handlers.talk.chat]
        messages = to_openai(self._prompt(values, chat), chat.conversation, data_url)
        document = self.handlers.keeping.document(values, chat)
        return self._download(document, "openai.json", json.dumps(messages, ensure_ascii=False, indent=1))

    def export_markdown(self, values: Values) -> Updates:
        """The shown branch for people to read."""
        chat: Chat = values[self.handlers.talk.chat]
        document = self.handlers.keeping.document(values, chat)
        return self._download(document, "md", to_markdown(document.name, self._prompt(values, chat), chat.conversation))

    def _prompt(self, values: Values, chat: Chat) -> str:
        asking = self.handlers.asking
        return fill(values[asking.panel.system_prompt] or "", asking.about().name, chat.day or today())

    def _download(self, document: Document, ending: str, text: str) -> Updates:
        if not document.history.nodes:
            gr.Warning("There is nothing to export yet: write a message first.")
            return {}
        name = re.sub(r"[^\w-]+", "-", document.name).strip("-")[:40] or "conversation"
        kind = "text/markdown" if ending == "md" else "application/json"
        return self.handlers.keeping.push({"download": {"name": f"{name}.{ending}", "type": kind, "text": text}})

    async def import_file(self, path: str | None, values: Values, request: gr.Request) -> Updates:
        """Opens an export of ours or OpenAI messages written by anyone."""
        await self.handlers.bridge.stop_and_wait(session_of(request))
        try:
            return await run_in_threadpool(self._imported, Path(path or ""), values)
        except (ConversationInvalid, ImageRefused) as refusal:
            gr.Warning(str(refusal))
            return {}

    def _imported(self, path: Path, values: Values) -> Updates:
        document, prompt = self._read(path)
        chat, panel = self.handlers.keeping.opened(document)
        if prompt is not None:
            panel = self.handlers.left(values)
            panel |= {self.handlers.asking.panel.system_prompt: prompt} if prompt else {}
        values = merged(values, panel)
        return panel | self.handlers.shown(values, chat) | self.handlers.keeping.save(values, chat)

    def _read(self, path: Path) -> tuple[Document, str | None]:
        """The document, and the system prompt where it is a list of messages alone."""
        try:
            if path.stat().st_size > MAX_IMPORT:
                raise ConversationInvalid(f"The file is over {MAX_IMPORT // 1_000_000} MB.")
        except OSError as error:
            raise ConversationInvalid("The file could not be read: choose it again.") from error
        document, prompt = import_file(path, self.handlers.store.take_data_url, self.handlers.asking.run)
        return replace(document, id=Document().id), prompt  # a new id: it stands beside what it was exported from

    def link(self, values: Values) -> str:
        """The query of a link that opens this page with the same prompt, settings and question."""
        asking, chat = self.handlers.asking, values[self.handlers.talk.chat]
        if is_lost(self.handlers.talk, values):
            gr.Warning(LOST)
            return ""
        index = chat.conversation.last_user_index
        question = chat.conversation.messages[index].text if index is not None else ""
        question = ((values[self.handlers.talk.message] or {}).get("text") or "") or question
        try:
            settings = asking.settings(values)
        except InputRefused:
            settings = GenerationSettings()
        different = {
            n: getattr(settings, n) for n in LINKED if getattr(settings, n) != getattr(GenerationSettings(), n)
        }
        query = urlencode({"q": question, "system": values[asking.panel.system_prompt] or "", **different})
        if len(query) > MAX_LINK:
            gr.Warning("The question and the system prompt are too long for a link: export the conversation instead.")
            return ""
        return query

    def from_link(self, request: gr.Request) -> Updates:
        """Fills in what a shared link holds; what is wrong in it is left out."""
        query, panel = request.query_params, self.handlers.asking.panel
        filled: Updates = {}
        if question := str(query.get("q", ""))[:MAX_LINK]:
            filled[self.handlers.talk.message] = box(question)
        if "system" in query:
            filled[panel.system_prompt] = str(query["system"])[:MAX_LINK]
        for name in LINKED:
            try:
                number = float(query[name])
                value = int(number) if number.is_integer() else number
                GenerationSettings(**{name: value})  # type: ignore[arg-type]
                filled[getattr(panel, name)] = (
                    min(value, self.handlers.asking.max_new_tokens) if name == "max_tokens" else value
                )
            except (KeyError, ValueError, OverflowError):
                continue
        return filled

    async def add_url(self, url: str, values: Values, _: gr.Request) -> Updates:
        """Puts the picture at a URL into the box."""
        try:
            data = await run_in_threadpool(fetch_url, url or "")
            image = await run_in_threadpool(self.handlers.store.take_bytes, data, url.rsplit("/", 1)[-1])
            return self._added(values, image)
        except (FetchRefused, ImageRefused) as refusal:
            gr.Warning(str(refusal))
            return {}

    async def add_photo(self, path: str | None, values: Values, _: gr.Request) -> Updates:
        """Puts a photo from the camera into the box."""
        if not path:
            return {}
        try:
            return self._added(values, await run_in_threadpool(self.handlers.store.take, path, "photo"))
        except ImageRefused as refusal:
            gr.Warning(str(refusal))
            return {}

    def _added(self, values: Values, image: Image) -> Updates:
        content = values[self.handlers.talk.message] or {}
        files = [*(content.get("files") or []), image.path]
        return {self.handlers.talk.message: box(content.get("text") or "", files)}
