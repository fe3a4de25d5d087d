"""The right sidebar: everything that a request depends on but the conversation. No behaviour."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import gradio as gr

from backend.chat.settings import GenerationSettings
from backend.chat.system_prompts import PRESETS
from ui.components.options import CHOICES, KEEP

DEFAULT = GenerationSettings()


@dataclass(frozen=True)
class Panel:
    """Everything in the sidebar that a request depends on."""

    system_prompt: gr.Textbox
    temperature: gr.Slider
    top_p: gr.Slider
    max_tokens: gr.Slider
    seed: gr.Textbox
    top_k: gr.Slider
    min_p: gr.Slider
    repetition_penalty: gr.Slider
    stop: gr.Textbox
    json_schema: gr.Textbox
    keep: gr.Radio
    builtin_tools: gr.CheckboxGroup
    tool_choice: gr.Dropdown
    approval: gr.Radio
    tool_schemas: gr.Code
    replies: gr.Textbox

    @property
    def inputs(self) -> set[Any]:
        """The components whose values make a request."""
        return set(self.outputs)

    @property
    def outputs(self) -> list[Any]:
        """The same in an order that is the same at each start: an open page tells outputs apart by their places."""
        return [getattr(self, field.name) for field in fields(self)]


@dataclass(frozen=True)
class SidebarComponents:
    """What stands beside the panel's fields: comments on them, and buttons."""

    preset: gr.Dropdown
    own_presets: gr.BrowserState
    preset_name: gr.Textbox
    save_preset: gr.Button
    forget_preset: gr.Button
    tools_tab: gr.Tab
    compare_tab: gr.Accordion
    own_prompt: gr.Textbox
    prompt_note: gr.HTML
    changed: gr.HTML
    reset: gr.Button
    tool_note: gr.HTML


def panel(system_prompt: str, max_new_tokens: int, builtin_names: Iterable[str]) -> tuple[Panel, SidebarComponents]:
    """Builds the sidebar's tabs inside the current Blocks."""
    with gr.Tab("Prompt"):
        prompt, presets = _prompt(system_prompt)
    with gr.Tab("Response"):
        sampling = _sampling(max_new_tokens)
        changed = gr.HTML(elem_id="changed")
        reset = gr.Button("Reset to defaults", size="sm", elem_id="reset")
        keep = gr.Radio(KEEP, value="all", label="Context to send", elem_id="keep")
        # JSON: canned results by the names of tools. Between two tabs it would part them into two rows.
        replies = gr.Textbox("{}", visible="hidden", elem_id="replies")
        compare_tab = gr.Accordion("Compare two answers", open=False, elem_id="compare-settings")
    with gr.Tab("Tools") as tools_tab:
        builtin = gr.CheckboxGroup(list(builtin_names), label="Built-in tools", elem_id="builtin-tools")
        choice = gr.Dropdown(CHOICES, value="auto", label="Tool use", elem_id="tool-choice")
        approval = gr.Radio(
            [("Automatically", "at once"), ("Ask first", "ask"), ("Never", "never")],
            value="at once",
            label="Run tool calls",
            elem_id="approval",
        )
        schemas = gr.Code(language="json", label="Custom tools (JSON)", lines=10, max_lines=24, elem_id="tool-schemas")
        tool_note = gr.HTML(elem_id="tool-note")
    fields = Panel(
        system_prompt=prompt, keep=keep, builtin_tools=builtin, tool_choice=choice, approval=approval,
        tool_schemas=schemas, replies=replies, **sampling,
    )  # fmt: skip
    return fields, SidebarComponents(
        **presets, changed=changed, reset=reset, tool_note=tool_note, tools_tab=tools_tab, compare_tab=compare_tab
    )


def _prompt(system_prompt: str) -> tuple[gr.Textbox, dict[str, Any]]:
    preset = gr.Dropdown(list(PRESETS), value=None, label="Template", elem_id="preset", filterable=False)
    prompt = gr.Textbox(system_prompt, label="System prompt", lines=6, max_lines=14, elem_id="system-prompt")
    own_prompt = gr.Textbox(system_prompt, visible="hidden")  # the model's, which may be known later than the page
    note = gr.HTML(elem_id="prompt-note")
    with gr.Accordion("My templates", open=False, elem_id="own-presets"):
        name = gr.Textbox(label="Name", max_lines=1, max_length=60, elem_id="preset-name")
        with gr.Row():
            save = gr.Button("Save as template", size="sm", elem_id="preset-save")
            forget = gr.Button("Delete template", size="sm", elem_id="preset-forget")
    # A fixed key and secret: otherwise a restart of the server would lose what the browser keeps.
    own = gr.BrowserState({}, storage_key="mistral-chat-presets", secret="kept-in-your-browser-only")
    return prompt, {
        "preset": preset, "own_presets": own, "preset_name": name, "save_preset": save, "forget_preset": forget,
        "own_prompt": own_prompt, "prompt_note": note,
    }  # fmt: skip


def _sampling(max_new_tokens: int) -> dict[str, Any]:
    longest = min(DEFAULT.max_tokens, max_new_tokens)
    controls: dict[str, Any] = {
        "temperature": gr.Slider(
            0, 1.5, DEFAULT.temperature, step=0.05, label="Temperature", elem_id="temperature",
            info="Lower is more predictable. Mistral recommends 0.15.",
        ),
        "top_p": gr.Slider(0.05, 1, DEFAULT.top_p, step=0.05, label="Top-p", elem_id="top-p"),
        "max_tokens": gr.Slider(1, max_new_tokens, longest, step=1, label="Max response length (tokens)", elem_id="max-tokens"),
    }  # fmt: skip
    with gr.Accordion("Advanced", open=False, elem_id="more-settings"):
        controls |= {
            # A text: once it is seen, gr.Number makes a 0 of an empty one.
            "seed": gr.Textbox("", label="Seed", info="Leave empty for a random seed", max_lines=1, elem_id="seed"),
            "top_k": gr.Slider(0, 200, DEFAULT.top_k, step=1, label="Top-k", info="0 = off", elem_id="top-k"),
            "min_p": gr.Slider(0, 1, DEFAULT.min_p, step=0.01, label="Min-p", info="0 = off", elem_id="min-p"),
            "repetition_penalty": gr.Slider(
                0.8, 1.5, DEFAULT.repetition_penalty, step=0.01, label="Repetition penalty", info="1 = off",
                elem_id="repetition-penalty",
            ),
            "stop": gr.Textbox(
                "", label="Stop sequences", info="One per line", lines=1, max_lines=8,
                elem_id="stop-texts",
            ),
            "json_schema": gr.Textbox(
                "", label="Structured output (JSON Schema)", info="Leave empty for normal text", lines=1, max_lines=10,
                elem_id="json-schema",
            ),
        }  # fmt: skip
    return controls
