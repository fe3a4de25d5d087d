"""The tools of servers in the settings, and the field that adds a server. No behaviour."""

import json
from dataclasses import dataclass

import gradio as gr

from ui.components.html import note, own_html
from ui.texts import texts

# The page's script draws it, and tells which are on, and when it wants to know whether the list has changed.
DRAWN = """watch("value", () => dispatchEvent(new CustomEvent("tools", {
  detail: { place: element.querySelector(".servers"), shown: props.value, trigger },
})))"""
# What the page's script holds to be on, for the hidden field.
CHOSEN = "() => document.getElementById('tool-list')?.dataset.chosen ?? '[]'"
TOLD = "(chosen) => { dispatchEvent(new CustomEvent('tools-on', { detail: chosen })); }"


@dataclass(frozen=True)
class ToolList:
    """Its components; the last three are there where a server may be added."""

    shown: gr.HTML
    url: gr.Textbox | None = None
    add: gr.Button | None = None
    note: gr.HTML | None = None


def tool_list(at_first: list[str], is_free: bool, takes_servers: bool) -> tuple[ToolList, gr.Textbox]:
    """Builds it inside the current Blocks, and the hidden field that holds the names of those that are on, as JSON.

    `at_first` are on when the page opens; unless it `is_free` a visitor changes nothing of them, and sees no list.
    """
    shown = own_html(
        elem_id="tool-list", html_template='<div class="servers"></div>', js_on_load=DRAWN, visible=is_free
    )
    chosen = gr.Textbox(json.dumps(at_first), visible="hidden", elem_id="served-tools")
    if not (takes_servers and is_free):
        return ToolList(shown), chosen
    with gr.Accordion(texts.panel.add_server, open=False, elem_id="add-server"):
        url = gr.Textbox(
            label=texts.panel.server_url, info=texts.panel.about_server_url, max_lines=1,
            placeholder="http://127.0.0.1:8000/mcp", elem_id="server-url",
        )  # fmt: skip
        told = note("server-note")
        add = gr.Button(texts.panel.add, size="sm", elem_id="server-add")
    return ToolList(shown, url, add, told), chosen
