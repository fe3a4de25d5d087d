"""ModelSwitchHandlers another model while the app runs: what fits, what is being loaded, what came of it."""

import html
from collections.abc import Generator
from dataclasses import dataclass

import gradio as gr

from backend.chat.errors import ModelUnusable
from backend.models.catalogue import CATALOGUE
from backend.models.memory import FP8, PRECISIONS, SIZES
from ui.components.chat import header, welcome
from ui.components.sidebar import ChatComponents
from ui.model_info import ModelCapabilities, ModelInfo
from ui.session import Updates
from web.requests import is_from_here

ELSEWHERE = "The model can be changed only on the machine that the app runs on, at http://localhost or 127.0.0.1."


@dataclass(frozen=True)
class ModelTab:
    """The components of the panel's tab."""

    model: gr.Dropdown
    precision: gr.Radio
    load: gr.Button
    status: gr.HTML


def controls(current: str) -> ModelTab:
    """The panel's tab."""
    gr.Markdown("Another model takes the place of this one, whose memory is freed first.")
    names = [(_described(name), name) for name in CATALOGUE]
    return ModelTab(
        gr.Dropdown(
            names, value=current, label="Model", info="Or a folder, or a repository of the hub (owner/name)",
            allow_custom_value=True, elem_id="model",
        ),
        gr.Radio(list(PRECISIONS), value="bf16", label="Precision of the weights", elem_id="precision"),
        gr.Button("Load", variant="primary", elem_id="model-load"),
        gr.HTML(elem_id="model-status"),
    )  # fmt: skip


def _described(name: str) -> str:
    title = CATALOGUE[name].title
    if name in FP8:
        return f"{title} ({FP8[name].needed('fp8') / 1e9:.0f} GB, {FP8[name].needed('bf16') / 1e9:.0f} without FP8)"
    return f"{title} ({SIZES[name].needed('bf16') / 1e9:.0f} GB in bf16)" if name in SIZES else title


@dataclass(frozen=True)
class ModelSwitchHandlers:
    """Changes the model, and what the page says of it."""

    answering: ModelCapabilities
    choice: ModelTab
    talk: ChatComponents
    header: gr.HTML
    system_prompt: gr.Textbox

    def present(self) -> Updates:
        """The page's words on the model that answers."""
        about = self.answering.about()
        return {self.header: header(about), self.talk.chatbot: gr.update(placeholder=welcome(about))}

    def load(self, model: str, precision: str, prompt: str, request: gr.Request) -> Generator[Updates, None, None]:
        """Loads it, with what is going on; a system prompt that nobody has changed becomes the new model's.

        InputRefused for whoever comes through a proxy: the page may be public by it.
        """
        change, before = self.answering.change, self.answering.about()
        if change is None:
            return
        if not is_from_here(request.request.scope):
            yield self._said(ELSEWHERE, failed=True)
            return
        yield self._said("Loading…", loading=True)
        try:
            for progress in change(model.strip(), precision):
                yield self._said(progress, loading=True)
        except ModelUnusable as error:
            yield self._said(str(error), failed=True)
            return
        about = self.answering.about()
        yield self._said(f"{about.name} answers now.") | self.present() | self._prompt(prompt, before, about)

    def _prompt(self, prompt: str, before: ModelInfo, after: ModelInfo) -> Updates:
        return {self.system_prompt: after.system_prompt} if prompt.strip() == before.system_prompt.strip() else {}

    def _said(self, text: str, loading: bool = False, failed: bool = False) -> Updates:
        kind = "warning" if failed else "fine"
        said = f'<p class="{kind}" role="status">{html.escape(text)}</p>'
        return {self.choice.status: said, self.choice.load: gr.update(interactive=not loading)}
