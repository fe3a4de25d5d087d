"""The tab in which another model is chosen. No behaviour."""

from dataclasses import dataclass

import gradio as gr

from backend.models.catalogue import CATALOGUE
from backend.models.memory import FP8, PRECISIONS, SIZES
from backend.runtime.model_info import ModelCapabilities

WAITING_SECONDS = 2.0  # from one look to the next at whether a model that is waited for is there


@dataclass(frozen=True)
class ModelTab:
    """The components of the tab."""

    model: gr.Dropdown
    precision: gr.Radio
    load: gr.Button
    status: gr.HTML
    tab: gr.Column
    waiting: gr.Timer


def model_tab(current: str, model: ModelCapabilities) -> ModelTab:
    """Builds the panel's tab inside the current Blocks; `current` is the name of the model that answers."""
    with gr.Column(elem_id="model-dialog", elem_classes="dialog") as tab:
        parts = _local(current) if model.choices is None else _served(current)
    return ModelTab(*parts, tab, gr.Timer(WAITING_SECONDS, active=bool(model.info().waiting)))


def may_choose(model: ModelCapabilities) -> bool:
    """Whether there is another model to be chosen."""
    return model.change is not None and (model.choices is None or len(model.choices()) > 1)


def _served(current: str) -> tuple[gr.Dropdown, gr.Radio, gr.Button, gr.HTML]:
    gr.Markdown("The model that is chosen answers everyone who uses this app.")
    return (
        gr.Dropdown([], value=current, label="Model", allow_custom_value=True, elem_id="model"),
        gr.Radio(list(PRECISIONS), value="bf16", visible=False),
        gr.Button("Use", variant="primary", elem_id="model-load"),
        gr.HTML(elem_id="model-status"),
    )


def _local(current: str) -> tuple[gr.Dropdown, gr.Radio, gr.Button, gr.HTML]:
    gr.Markdown("Another model takes the place of this one, whose memory is freed first.")
    names = [(_described(name), name) for name in CATALOGUE]
    return (
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
