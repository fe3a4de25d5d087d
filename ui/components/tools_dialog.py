"""The dialog in which tools are described, given canned results and tested. No behaviour."""

from dataclasses import dataclass

import gradio as gr

from ui.components.html import note, own_html
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


def tools_dialog(is_there: bool = True) -> ToolsDialog:
    """Builds it inside the current Blocks."""
    with gr.Column(elem_id="tools-dialog", elem_classes=["dialog", "wide"], visible=is_there):
        own_html(f"<p>{texts.panel.about_custom_tools}</p>")
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
