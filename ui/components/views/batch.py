"""The batch, in the conversation's place. No behaviour: the page's script draws what the server tells it."""

from dataclasses import dataclass

import gradio as gr

from ui.components.html import own_html
from ui.render.batch.view import render_view

# What the page asks goes out by one of two events: those that begin something bring the settings along.
TALKS = """addEventListener("batch-ask", ({ detail }) => trigger(detail.brings ? "submit" : "select", detail.command));
watch("value", () => dispatchEvent(new CustomEvent("batch", { detail: props.value })));"""


@dataclass(frozen=True)
class BatchView:
    """`told` is what the server says of the batch."""

    told: gr.HTML


def batch_view(most: int, max_upload_mb: int) -> BatchView:
    """Builds it in the main column."""
    with gr.Column(elem_id="batch"):
        own_html(render_view(most, max_upload_mb), elem_id="batch-view")
    told = gr.HTML({}, html_template="<span></span>", js_on_load=TALKS, visible="hidden", elem_id="batch-told")
    return BatchView(told)
