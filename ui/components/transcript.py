"""What the conversation stands in: drawn by the page's script from what ui/render/transcript.py makes. No behaviour."""

import gradio as gr

from ui.render.icons import icon
from ui.texts import texts

DOWN = texts.transcript.down
# The page's script hears it, also what comes before it is there itself (ui/page.py).
DRAWN = """watch("value", () => dispatchEvent(new CustomEvent("transcript", {
  detail: { place: element.querySelector(".transcript"), shown: props.value },
})))"""


def transcript(elem_id: str, label: str) -> gr.HTML:
    """Builds one inside the current Blocks. A screen reader is told apart when an answer is done (announce.js)."""
    template = f'<div class="transcript" role="log" aria-live="off" aria-label="{label}" tabindex="0"></div>'
    down = f'<button type="button" class="down" aria-label="{DOWN}" title="{DOWN}">{icon("down")}</button>'
    return gr.HTML(
        "", html_template=template + down, js_on_load=DRAWN, elem_id=elem_id, apply_default_css=False, padding=False
    )
