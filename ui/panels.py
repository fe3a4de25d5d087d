"""The page's components by name, and the sidebar that holds the request's. No behaviour."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

import gradio as gr
from gradio.blocks import Block

from backend.settings import GenerationSettings

DEFAULT = GenerationSettings()


@dataclass(frozen=True)
class Panel:
    """Everything in the sidebar that a request depends on, and the lines that comment on it."""

    system_prompt: gr.Textbox
    temperature: gr.Slider
    top_p: gr.Slider
    max_tokens: gr.Slider
    seed: gr.Number
    top_k: gr.Slider
    min_p: gr.Slider
    repetition_penalty: gr.Slider
    builtin_tools: gr.CheckboxGroup
    tool_choice: gr.Radio
    tool_schemas: gr.Code
    prompt_note: gr.Markdown
    tool_note: gr.Markdown

    @property
    def inputs(self) -> set[Block]:
        """The components whose values make a request."""
        values = {getattr(self, field.name) for field in fields(self)}
        return values - {self.prompt_note, self.tool_note}


@dataclass(frozen=True)
class Talk:
    """The conversation's components: state, chat, message box, buttons, and the form for a declared tool's result."""

    chat: gr.State
    chatbot: gr.Chatbot
    message: gr.MultimodalTextbox
    stop: gr.Button
    retry: gr.Button
    undo: gr.Button
    clear: gr.Button
    stats: gr.HTML
    form: gr.Column
    form_text: gr.Markdown
    tool_result: gr.Textbox
    give: gr.Button
    fail: gr.Button


def panel(system_prompt: str, max_new_tokens: int, builtin_names: Iterable[str]) -> Panel:
    """Builds the sidebar's tabs inside the current Blocks."""
    with gr.Tab("Settings"):
        prompt = gr.Textbox(system_prompt, label="System prompt", lines=6, max_lines=14, elem_id="system-prompt")
        prompt_note = gr.Markdown(elem_id="prompt-note")
        sampling = _sampling(max_new_tokens)
    with gr.Tab("Tools"):
        builtin = gr.CheckboxGroup(list(builtin_names), label="Built in", elem_id="builtin-tools")
        choice = gr.Radio(
            [("The model decides", "auto"), ("No tools", "none")], value="auto", label="Use", elem_id="tool-choice"
        )
        schemas = gr.Code(
            language="json", label="Your tools (JSON schemas)", lines=10, max_lines=24, elem_id="tool-schemas"
        )
        tool_note = gr.Markdown(elem_id="tool-note")
    return Panel(
        system_prompt=prompt,
        builtin_tools=builtin,
        tool_choice=choice,
        tool_schemas=schemas,
        prompt_note=prompt_note,
        tool_note=tool_note,
        **sampling,
    )


def _sampling(max_new_tokens: int) -> dict[str, gr.Slider | gr.Number]:
    longest = min(DEFAULT.max_tokens, max_new_tokens)
    controls: dict[str, gr.Slider | gr.Number] = {
        "temperature": gr.Slider(
            0, 1.5, DEFAULT.temperature, step=0.05, label="Temperature", info="0.15 is advised", elem_id="temperature"
        ),
        "top_p": gr.Slider(0.05, 1, DEFAULT.top_p, step=0.05, label="Top-p", elem_id="top-p"),
        "max_tokens": gr.Slider(1, max_new_tokens, longest, step=1, label="Maximum new tokens", elem_id="max-tokens"),
    }
    with gr.Accordion("More", open=False):
        controls |= {
            "seed": gr.Number(None, label="Seed", info="Empty: a new one each time", precision=0, elem_id="seed"),
            "top_k": gr.Slider(0, 200, DEFAULT.top_k, step=1, label="Top-k", info="0: off", elem_id="top-k"),
            "min_p": gr.Slider(0, 1, DEFAULT.min_p, step=0.01, label="Min-p", info="0: off", elem_id="min-p"),
            "repetition_penalty": gr.Slider(
                0.8,
                1.5,
                DEFAULT.repetition_penalty,
                step=0.01,
                label="Repetition penalty",
                info="1: off",
                elem_id="repetition-penalty",
            ),
        }
    return controls
