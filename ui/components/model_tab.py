"""The dialog in which another model is chosen. No behaviour."""

import html
from dataclasses import dataclass

import gradio as gr

from backend.demo.values import Demo
from backend.models.catalogue import CATALOGUE
from backend.models.memory import FP8, PRECISIONS, REASONING, SIZES, Form, Precision
from backend.runtime.model_info import ModelCapabilities
from ui.components.html import note, own_html
from ui.texts import texts

WAITING_SECONDS = 2.0  # from one look to the next at whether a model that is waited for is there
PRECISION = {"bf16": texts.model.full_precision, "8bit": texts.model.eight_bit, "4bit": texts.model.four_bit}


@dataclass(frozen=True)
class ModelTab:
    """The components of the dialog."""

    model: gr.Dropdown
    precision: gr.Radio
    needs: gr.HTML
    load: gr.Button
    status: gr.HTML
    tab: gr.Column
    waiting: gr.Timer


def model_tab(current: str, model: ModelCapabilities, demo: Demo) -> ModelTab:
    """Builds the dialog inside the current Blocks; `current` is the name of the model that answers."""
    is_local = model.choices is None
    with gr.Column(elem_id="model-dialog", elem_classes="dialog", visible=not demo.hides("model")) as tab:
        own_html(f"<p>{texts.model.unloads if is_local else texts.model.shared}</p>")
        names = [(entry.title, name) for name, entry in CATALOGUE.items()] if is_local else []
        chosen = gr.Dropdown(
            names, value=current, label=texts.model.model, info=texts.model.about_model if is_local else None,
            allow_custom_value=True, elem_id="model",
        )  # fmt: skip
        precisions = [(PRECISION[name], name) for name in PRECISIONS]
        precision = gr.Radio(
            precisions, value="bf16", label=texts.model.precision, visible=is_local, elem_id="precision"
        )
        needs = note("model-needs", described(current, "bf16") if is_local else "")
        load = gr.Button(texts.model.load if is_local else texts.model.use, variant="primary", elem_id="model-load")
        status = note("model-status")
    return ModelTab(
        chosen, precision, needs, load, status, tab, gr.Timer(WAITING_SECONDS, active=not model.info().is_settled)
    )


def may_choose(model: ModelCapabilities, demo: Demo) -> bool:
    """Whether there is another model to be chosen."""
    if model.change is None or demo.hides("model"):
        return False
    return model.choices is None or len(model.choices()) > 1


def described(model: str, precision: Precision) -> str:
    """What a model needs that is named as it stands in the dialog, in one sentence, as HTML."""
    return f"<p>{html.escape(_needed(model.strip(), precision))}</p>" if model.strip() else ""


def _needed(model: str, precision: Precision) -> str:
    named = (name for name, entry in CATALOGUE.items() if model in (name, entry.source, entry.title))
    name = next(named, "")
    title = CATALOGUE[name].title if name else ""
    if name in FP8:
        sizes = {"size": _gigabytes(name, "fp8"), "without": _gigabytes(name, "bf16")}
        return texts.model.needs_fp8.format(name=title, **sizes)
    if name in SIZES | REASONING:
        shown = PRECISION[precision].partition(" ")[0]
        return texts.model.needs.format(name=title, precision=shown, size=_gigabytes(name, precision))
    return texts.model.needs_nothing.format(name=title) if name else texts.model.needs_unknown


def _gigabytes(name: str, form: Form) -> str:
    return f"{(FP8 | REASONING | SIZES)[name].needed(form) / 1e9:.0f}"
