"""The tab in which another model is chosen. No behaviour."""

from dataclasses import dataclass

import gradio as gr

from backend.models.catalogue import CATALOGUE
from backend.models.memory import FP8, PRECISIONS, SIZES


@dataclass(frozen=True)
class ModelTab:
    """The components of the tab."""

    model: gr.Dropdown
    precision: gr.Radio
    load: gr.Button
    status: gr.HTML


def model_tab(current: str) -> ModelTab:
    """Builds the panel's tab inside the current Blocks."""
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
