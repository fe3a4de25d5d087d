"""Two answers to one message, in the conversation's place: what opens the view, and the view. No behaviour."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from ui.components.html import own_html
from ui.components.transcript import transcript
from ui.texts import texts


@dataclass(frozen=True)
class CompareView:
    """The two answers, what the second is asked with, and which to go on with.

    It is seen while `head` holds something: so the page can draw what it is given at once (assets/styles/compare.css).
    """

    head: gr.HTML
    question: gr.HTML
    left_title: gr.HTML
    left: gr.HTML
    right_title: gr.HTML
    right: gr.HTML
    prompt: gr.Textbox
    temperature: gr.Slider
    top_p: gr.Slider
    start: gr.Button
    take_left: gr.Button
    take_right: gr.Button
    open: gr.Button
    close: gr.Button

    @property
    def shown(self) -> list[Any]:
        """What a handler changes of it."""
        return [self.head, self.question, self.left_title, self.left, self.right_title, self.right]

    @property
    def second(self) -> set[Any]:
        """What the second answer is asked with."""
        return {self.prompt, self.temperature, self.top_p}


def compare_view() -> CompareView:
    """Builds the view in the main column."""
    told = texts.compare
    with gr.Column(elem_id="compare"):
        head = own_html(elem_id="compare-head")
        question = own_html(elem_id="compare-question")
        with gr.Row(elem_id="compare-sides"):
            with gr.Column(elem_id="side-a", min_width=0):
                left_title = own_html(elem_id="compare-left-title")
                left = transcript("compare-left", "A")
                take_left = gr.Button(told.take_a, size="sm", elem_id="take-left")
            with gr.Column(elem_id="side-b", min_width=0):
                right_title = own_html(elem_id="compare-right-title")
                with gr.Column(elem_id="second-settings"):
                    prompt = gr.Textbox(
                        label=told.prompt, info=told.same_prompt, lines=3, max_lines=8, elem_id="second-prompt"
                    )
                    temperature = gr.Slider(
                        0, 1.5, 0.7, step=0.05, label=told.temperature, elem_id="second-temperature"
                    )
                    top_p = gr.Slider(0.05, 1, 1, step=0.05, label=told.top_p, elem_id="second-top-p")
                    start = gr.Button(told.start, variant="primary", elem_id="compare-start")
                right = transcript("compare-right", "B")
                take_right = gr.Button(told.take_b, size="sm", elem_id="take-right")
    with gr.Row(elem_id="compare-actions"):  # pressed by the settings' button, and by the view's own ✕
        opener = gr.Button(told.title, elem_id="compare-open")
        close = gr.Button(told.close, elem_id="compare-close")
    return CompareView(
        head, question, left_title, left, right_title, right, prompt, temperature, top_p, start, take_left, take_right,
        opener, close,
    )  # fmt: skip
