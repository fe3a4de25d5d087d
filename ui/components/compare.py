"""Two answers to one message, side by side: the tab with the second settings, and the view. No behaviour."""

from dataclasses import dataclass

import gradio as gr

from ui.components.transcript import transcript


@dataclass(frozen=True)
class CompareTab:
    """The second prompt and settings, and what begins."""

    prompt: gr.Textbox
    temperature: gr.Slider
    top_p: gr.Slider
    start: gr.Button


@dataclass(frozen=True)
class CompareView:
    """The two answers, and which to go on with."""

    column: gr.Column
    left: gr.HTML
    right: gr.HTML
    take_left: gr.Button
    take_right: gr.Button
    close: gr.Button


def compare_tab() -> CompareTab:
    """Builds the panel's tab inside the current Blocks."""
    gr.Markdown("The message in the box is answered twice: with the settings of this page, and with these.")
    return CompareTab(
        gr.Textbox(
            label="Second system prompt", lines=4, max_lines=10, elem_id="second-prompt", info="Empty: the same"
        ),
        gr.Slider(0, 1.5, 0.7, step=0.05, label="Second temperature", elem_id="second-temperature"),
        gr.Slider(0.05, 1, 1, step=0.05, label="Second top-p", elem_id="second-top-p"),
        gr.Button("Compare", variant="primary", elem_id="compare-start"),
    )


def compare_view() -> CompareView:
    """Builds the two answers in the main column."""
    with gr.Column(visible=False, elem_id="compare") as column:
        with gr.Row():
            left = transcript("compare-left", "These settings")
            right = transcript("compare-right", "The second settings")
        with gr.Row():
            take_left = gr.Button("Go on with the left", size="sm", elem_id="take-left")
            close = gr.Button("Close", size="sm", elem_id="compare-close")
            take_right = gr.Button("Go on with the right", size="sm", elem_id="take-right")
    return CompareView(column, left, right, take_left, take_right, close)
