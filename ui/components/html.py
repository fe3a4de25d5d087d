"""HTML of ours, which Gradio's own looks leave alone. No behaviour."""

from typing import Any

import gradio as gr


def own_html(value: str = "", **given: Any) -> gr.HTML:
    """Builds it inside the current Blocks."""
    return gr.HTML(value, apply_default_css=False, padding=False, **given)
