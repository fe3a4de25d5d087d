"""What the conversation stands in: drawn by the page's script from what ui/render/transcript.py makes. No behaviour."""

import html

import gradio as gr

from backend.runtime.model_info import ModelInfo
from ui.components.examples import EXAMPLES, Example
from ui.components.html import own_html
from ui.render.icons import icon
from ui.texts import texts

DOWN = texts.transcript.down
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
    down = f'<button type="button" class="down" aria-label="{DOWN}" title="{DOWN}">{icon("down")}</button>'
    return gr.HTML(
        "", html_template=template + down, js_on_load=DRAWN, elem_id=elem_id, apply_default_css=False, padding=False
    )


def welcome_page(info: ModelInfo) -> gr.HTML:
    """Builds what stands where there is no message yet."""
    return own_html(welcome(info), elem_id="welcome")


def welcome(info: ModelInfo) -> str:
    """That as HTML."""
    told = " ".join(filter(None, (info.waiting, info.introduction)))
    return f"<h2>What can I help with?</h2><p>{html.escape(told)}</p>"


def examples() -> gr.HTML:
    """Builds the questions to begin with. Its event `select` names one by its index."""
    shown = "".join(
        f'<button type="button" class="example" value="{index}">{_picture(example)}{html.escape(example.title)}</button>'
        for index, example in enumerate(EXAMPLES)
    )
    return own_html(shown, js_on_load=CHOSEN, elem_id="examples")


def _picture(example: Example) -> str:
    return "".join(f'<img src="gradio_api/file={path}" alt="">' for path in example.paths)
