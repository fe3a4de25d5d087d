"""The dialog in which tools are described, given canned results and tested. No behaviour."""

from dataclasses import dataclass

import gradio as gr

from ui.components.html import note, own_html
from ui.render.icons import icon
from ui.texts import texts


@dataclass(frozen=True)
class ToolsDialog:
    """Its components. `replies` are canned results by the names of tools, as JSON; in `bench` tools are tested."""

    schemas: gr.Code
    replies: gr.Textbox
    note: gr.HTML
    example: gr.Button
    format: gr.Button
    bench: gr.Column


def tools_dialog() -> ToolsDialog:
    """Builds it inside the current Blocks."""
    with gr.Column(elem_id="tools-dialog", elem_classes=["dialog", "wide"]):
        own_html(dialog_head(texts.panel.custom_tools, texts.panel.about_custom_tools))
        schemas = gr.Code(
            language="json", label=texts.panel.custom_tools, show_label=False, lines=10, max_lines=20,
            wrap_lines=True, elem_id="tool-schemas",
        )  # fmt: skip
        told = note("tool-note")
        with gr.Row(elem_classes="buttons"):
            example = gr.Button(texts.panel.insert_example, size="sm", elem_id="tool-example")
            format = gr.Button(texts.panel.format, size="sm", elem_id="tool-format")
            own_html(f"<button type='button' data-close>{texts.panel.done}</button>")
        replies = gr.Textbox("{}", visible="hidden", elem_id="replies")
        bench = gr.Column()
    return ToolsDialog(schemas, replies, told, example, format, bench)


def dialog_head(title: str, about: str = "") -> str:
    """A dialog's heading, with what closes it, as HTML."""
    close = f"<button type='button' data-close aria-label='{texts.panel.close_dialog}'>{icon('close')}</button>"
    told = f"<p>{about}</p>" if about else ""
    return f"<header class='dialog-head'><h2>{title}</h2>{close}</header>{told}"
