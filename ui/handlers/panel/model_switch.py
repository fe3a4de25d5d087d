"""Another model while the app runs: what is being loaded, and what came of it."""

import html
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from backend.chat.errors import UserError
from backend.demo.terms import ADVISED, Terms
from backend.demo.values import NO_DEMO, Demo
from backend.models.memory import PRECISIONS, Precision
from backend.runtime.model_info import ModelCapabilities, ModelInfo
from ui.components.header import header
from ui.components.model_tab import ModelTab, described, may_choose
from ui.components.sidebar import Panel, about_temperature, efforts
from ui.components.start import welcome
from ui.texts import texts
from ui.values import Updates
from web.requests import is_from_here


@dataclass(frozen=True)
class ModelSwitchHandlers:
    """Changes the model, and what the page says of it. `in_archive`: the app keeps the chats."""

    model: ModelCapabilities
    in_archive: bool
    tab: ModelTab
    welcome: gr.HTML
    header: gr.HTML
    own_prompt: gr.Textbox
    panel: Panel
    demo: Demo = NO_DEMO

    @property
    def advised(self) -> list[Any]:
        """The fields whose values a model's card advises."""
        return [getattr(self.panel, name) for name in ADVISED] + [self.panel.send_thoughts]

    def present(self, request: gr.Request) -> Updates:
        """The page's words on the model that answers.

        The others' names may hold folders of the server's: only who may choose among them is told.
        """
        info = self.model.info()
        shown = {
            self.header: header(info, self.demo, may_choose(self.model, self.demo)),
            self.welcome: welcome(info, self.in_archive, self.demo),
            self.own_prompt: info.system_prompt,
            self.tab.waiting: gr.Timer(active=not info.is_settled),
            self.panel.send_thoughts: gr.update(visible=info.thinks is not False),
            self.panel.effort: gr.update(choices=efforts(info.efforts), visible=bool(info.efforts)),
        }
        if self.model.choices is None:
            return shown
        may = may_choose(self.model, self.demo) and request.request is not None and is_from_here(request.request.scope)
        names = self.model.choices() if may else ()
        ends = tuple(f"{folder}{info.name}" for folder in ("/", "\\"))
        current = next((name for name in names if name == info.name or name.endswith(ends)), info.name)
        return shown | {self.tab.model: gr.update(choices=list(names), value=current)}

    def load(
        self,
        model: str,
        precision: str,
        prompt: str,
        temperature: float,
        top_p: float,
        max_tokens: int,
        send_thoughts: bool,
        request: gr.Request,
    ) -> Generator[Updates, None, None]:
        """Loads it, with what is going on; a system prompt that nobody has changed becomes the new model's, and so does
        what its card advises.

        Refused for whoever comes through a proxy: the page may be public by it.
        """
        change, before = self.model.change, self.model.info()
        if change is None or request.request is None or self.demo.hides("model"):
            return
        if not is_from_here(request.request.scope):
            yield self._status(texts.model.elsewhere, failed=True)
            return
        yield self._status(texts.model.loading, is_loading=True)
        try:
            for progress in change(model.strip(), precision):
                yield self._status(progress, is_loading=True)
        except UserError as error:
            yield self._status(str(error), failed=True)
            return
        info = self.model.info()
        yield (
            self._status(texts.model.ready.format(name=info.name))
            | self.present(request)
            | self._prompt(prompt, before, info)
            | self._advice((temperature, top_p, max_tokens, send_thoughts), before, info)
        )

    def needs(self, model: str | None, precision: str) -> str:
        """What the model that is chosen needs, as HTML; nothing of a server's."""
        known: Precision = next((each for each in PRECISIONS if each == precision), "bf16")
        return described(model or "", known) if self.model.choices is None else ""

    def _prompt(self, prompt: str, before: ModelInfo, after: ModelInfo) -> Updates:
        return {self.panel.system_prompt: after.system_prompt} if prompt.strip() == before.system_prompt.strip() else {}

    def _advice(self, held: Sequence[Any], before: ModelInfo, after: ModelInfo) -> Updates:
        """What nobody has changed, as the new model's card advises it."""
        rows = zip(self.advised, held, self._advised(before), self._advised(after), strict=True)
        follow = {field: gr.update(value=new) for field, value, old, new in rows if value == old}
        thoughts = follow.get(self.panel.send_thoughts, {}) | gr.update(visible=after.thinks is not False)
        effort = gr.update(choices=efforts(after.efforts), visible=bool(after.efforts), value="")
        about = gr.update(info=about_temperature(self._terms(after)))
        temperature = follow.get(self.panel.temperature, {}) | about
        named = {self.panel.temperature: temperature, self.panel.send_thoughts: thoughts, self.panel.effort: effort}
        return follow | named

    def _terms(self, info: ModelInfo) -> Terms:
        return Terms(self.demo, self.model.max_new_tokens, bool(info.thinks))

    def _advised(self, info: ModelInfo) -> list[Any]:
        terms = self._terms(info)
        return [*(getattr(terms.usual, name) for name in ADVISED), terms.thinks]

    def _status(self, text: str, is_loading: bool = False, failed: bool = False) -> Updates:
        kind = "warning" if failed else "loading" if is_loading else "fine"
        line = f'<p class="{kind}" role="{"alert" if failed else "status"}">{html.escape(text)}</p>'
        return {self.tab.status: line, self.tab.load: gr.update(interactive=not is_loading)}
