"""HTML of ours, which Gradio's own looks leave alone. No behaviour."""

from typing import Any

import gradio as gr

# Its event `select` has the value of the button that was pressed.
PRESSED = """element.addEventListener("click", (event) => {
  const pressed = event.target.closest("button[value]");
  if (pressed) trigger("select", { index: pressed.value });
})"""


def own_html(value: str = "", **given: Any) -> gr.HTML:
    """Builds it inside the current Blocks."""
    return gr.HTML(value, apply_default_css=False, padding=False, **given)


def note(elem_id: str, value: str = "") -> gr.HTML:
    """Builds the place for a word on the field above it, with a remedy as a button, whose value `select` has."""
    return own_html(value, elem_id=elem_id, elem_classes="note", js_on_load=PRESSED)
