"""What the conversation stands in: drawn by the page's script from what ui/render/transcript.py makes. No behaviour."""

import html

import gradio as gr

from backend.runtime.model_info import ModelInfo
from ui.components.examples import EXAMPLES

# The page's script hears it, also what comes before it is there itself (ui/page.py).
DRAWN = """watch("value", () => dispatchEvent(new CustomEvent("transcript", {
  detail: { place: element.querySelector(".transcript"), shown: props.value },
})))"""
CHOSEN = """element.addEventListener("click", (event) => {
  const chosen = event.target.closest("button.example");
  if (chosen) trigger("select", { index: Number(chosen.value) });
})"""


def transcript(elem_id: str, label: str) -> gr.HTML:
    """Builds one inside the current Blocks. A screen reader is told apart when an answer is done (announce.js)."""
    template = f'<div class="transcript" role="log" aria-live="off" aria-label="{label}" tabindex="0"></div>'
    return gr.HTML({}, html_template=template, js_on_load=DRAWN, elem_id=elem_id)


def welcome_page(info: ModelInfo) -> gr.HTML:
    """Builds what stands where there is no message yet. Its event `select` names an example by its index."""
    return gr.HTML(welcome(info), js_on_load=CHOSEN, elem_id="welcome")


def welcome(info: ModelInfo) -> str:
    """That as HTML."""
    told = " ".join(filter(None, (info.waiting, info.introduction)))
    examples = "".join(
        f'<button type="button" class="example" value="{index}">{html.escape(example.title)}</button>'
        for index, example in enumerate(EXAMPLES)
    )
    return f'<h2>What can I help with?</h2><p>{html.escape(told)}</p><div class="examples">{examples}</div>'
