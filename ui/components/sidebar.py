"""The right sidebar: everything that a request depends on but the conversation. No behaviour."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

import gradio as gr

from backend.demo.terms import Terms
from backend.demo.values import NO_DEMO
from ui.components.html import note, own_html
from ui.components.options import APPROVALS, CHOICES, KEEP, TOOLS
from ui.components.schema_fields import SchemaFields, schema_fields
from ui.components.tool_list import ToolList, tool_list
from ui.components.tools_dialog import ToolsDialog
from ui.render.icons import icon
from ui.render.tool_list import gist
from ui.texts import texts

# What the template is called of a prompt that is the model's own, and of one that is nobody's but the person's.
MODELS_OWN, OWN = texts.panel.default_template, texts.panel.own_prompt


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
    scores: gr.Checkbox
    send_thoughts: gr.Checkbox
    effort: gr.Dropdown
    builtin_tools: gr.CheckboxGroup
    served_tools: gr.Textbox
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
    """What stands beside the panel's fields: comments on them, and buttons.

    `own_prompt` is the model's system prompt, `replaced` the person's that a template took the place of.
    """

    preset: gr.Dropdown
    own_presets: gr.BrowserState
    preset_name: gr.Textbox
    preset_note: gr.HTML
    save_preset: gr.Button
    forget_preset: gr.Button
    own_prompt: gr.Textbox
    replaced: gr.Textbox
    prompt_note: gr.HTML
    changed: gr.HTML
    seed_note: gr.HTML
    stop_note: gr.HTML
    schema: SchemaFields
    choice_note: gr.HTML
    tool_note: gr.HTML
    tool_list: ToolList
    compare_tab: gr.Column


def panel(
    system_prompt: str, terms: Terms, builtin: Mapping[str, str], dialog: ToolsDialog, takes_servers: bool = False
) -> tuple[Panel, SidebarComponents]:
    """Builds the sidebar's content inside the current Blocks; `dialog` holds the editor of tools and their replies.

    `builtin` are the tools' names, each with what its model is told of it. What the terms hide is there for the server,
    and not on the page. `takes_servers`: a field adds a server of tools.
    """
    demo = terms.demo
    with _section("prompt", texts.panel.prompt, not demo.hides("system_prompt")):
        prompt, presets = _prompt(system_prompt, terms)
    with _section("response", texts.panel.response, not (demo.hides("sampling") and demo.hides("schema"))):
        response, notes = _response(terms)
    with _section("tools", texts.panel.tools, not demo.hides("tools")):
        tools, told = _tools(builtin, terms, takes_servers)
        own_html(CUSTOM_TOOLS, elem_classes="more", visible=not demo.fixes("tools"))
    compare = gr.Column(elem_id="settings-compare", elem_classes="section", visible=not demo.hides("compare"))
    fields = Panel(
        system_prompt=prompt, tool_schemas=dialog.schemas, replies=dialog.replies, **response, **tools
    )  # fmt: skip
    return fields, SidebarComponents(**presets, **notes, **told, compare_tab=compare)


CUSTOM_TOOLS = f"<button type='button' data-act='tools'>{icon('edit')} {texts.panel.edit_custom_tools}</button>"


@contextmanager
def _section(name: str, title: str, is_there: bool) -> Iterator[None]:
    """What the page's script can lead to by its name (assets/page/layout/settings.js)."""
    with gr.Column(elem_id=f"settings-{name}", elem_classes="section", visible=is_there):
        own_html(f"<h3 tabindex='-1'>{title}</h3>")
        yield


def _prompt(system_prompt: str, terms: Terms) -> tuple[gr.Textbox, dict[str, Any]]:
    names, is_free = [MODELS_OWN, *terms.templates, OWN], not terms.demo.fixes("system_prompt")
    preset = gr.Dropdown(
        names, value=MODELS_OWN, label=texts.panel.template, elem_id="preset", filterable=False, visible=is_free
    )
    prompt = gr.Textbox(
        system_prompt, label=texts.panel.system_prompt, info=texts.panel.variables.format(), lines=6, max_lines=14,
        elem_id="system-prompt", interactive=is_free,
    )  # fmt: skip
    prompt_note = note("prompt-note")
    own_prompt = gr.Textbox(system_prompt, visible="hidden")  # the model's, which may be known later than the page
    replaced = gr.Textbox("", visible="hidden")
    with gr.Accordion(texts.panel.my_templates, open=False, elem_id="own-presets", visible=is_free):
        name = gr.Textbox(label=texts.panel.template_name, max_lines=1, max_length=60, elem_id="preset-name")
        preset_note = note("preset-note")
        with gr.Row():
            save = gr.Button(texts.panel.save_template, size="sm", elem_id="preset-save")
            forget = gr.Button(texts.panel.delete_template, size="sm", interactive=False, elem_id="preset-forget")
    # A fixed key and secret: otherwise a restart of the server would lose what the browser keeps.
    own = gr.BrowserState({}, storage_key="mistral-chat-presets", secret="kept-in-your-browser-only")
    return prompt, {
        "preset": preset, "own_presets": own, "preset_name": name, "preset_note": preset_note, "save_preset": save,
        "forget_preset": forget, "own_prompt": own_prompt, "replaced": replaced, "prompt_note": prompt_note,
    }  # fmt: skip


def _response(terms: Terms) -> tuple[dict[str, Any], dict[str, Any]]:
    has_sampling, has_schema = not terms.demo.hides("sampling"), not terms.demo.hides("schema")
    slider, longest = partial(_slider, terms), terms.max_new_tokens
    with gr.Column(visible=has_sampling):
        fields: dict[str, Any] = {
            "temperature": slider("temperature", 0, 1.5, 0.05, texts.panel.temperature, about_temperature(terms)),
            "max_tokens": slider("max_tokens", 1, longest, 1, texts.panel.max_tokens, None),
            "effort": gr.Dropdown(
                efforts(()), value="", label=texts.panel.effort, filterable=False, visible=False, elem_id="effort"
            ),
        }
    with gr.Accordion(texts.panel.advanced, open=False, elem_id="more-settings", visible=has_sampling):
        advanced, notes = _advanced(terms)
    with gr.Accordion(
        texts.panel.structured, open=False, elem_id="structured-output",
        visible=has_schema and not terms.demo.fixes("schema"),
    ):  # fmt: skip
        fields["json_schema"], notes["schema"] = schema_fields(terms.schemas, terms.usual.json_schema)
    return fields | advanced, notes | {"changed": note("changed")}


def about_temperature(terms: Terms) -> str:
    """What the model's card says of it."""
    advice = replace(terms, demo=NO_DEMO).usual.temperature
    return texts.panel.about_temperature.format(advice=f"{advice:g}")


def efforts(known: Iterable[str]) -> list[tuple[str, str]]:
    """How much a model can be told to think: what is shown, and its value."""
    return [(texts.panel.default_effort, ""), *((effort.capitalize(), effort) for effort in known)]


def _advanced(terms: Terms) -> tuple[dict[str, Any], dict[str, Any]]:
    slider = partial(_slider, terms)
    fields: dict[str, Any] = {
        "top_p": slider("top_p", 0.05, 1, 0.05, texts.panel.top_p, texts.panel.about_top_p),
        "top_k": slider("top_k", 0, 200, 1, texts.panel.top_k, texts.panel.about_top_k),
        "min_p": slider("min_p", 0, 1, 0.01, texts.panel.min_p, texts.panel.about_min_p),
        "repetition_penalty": slider(
            "repetition_penalty", 0.8, 1.5, 0.01, texts.panel.repetition_penalty, texts.panel.about_repetition_penalty
        ),
        # A text: once it is seen, gr.Number makes a 0 of an empty one.
        "seed": gr.Textbox("", label=texts.panel.seed, info=texts.panel.about_seed, max_lines=1, elem_id="seed"),
    }
    notes: dict[str, Any] = {"seed_note": note("seed-note")}
    fields["stop"] = gr.Textbox(
        "\n".join(terms.usual.stop),
        label=texts.panel.stop,
        info=texts.panel.about_stop,
        lines=1,
        max_lines=8,
        elem_id="stop-texts",
    )
    notes["stop_note"] = note("stop-note")
    fields["keep"] = gr.Radio(KEEP, value="all", label=texts.panel.keep, elem_id="keep")
    fields["scores"] = gr.Checkbox(
        label=texts.panel.scores, info=texts.panel.about_scores.format(view=texts.sureness.open), elem_id="scores"
    )
    fields["send_thoughts"] = gr.Checkbox(
        terms.thinks, label=texts.panel.send_thoughts, info=texts.panel.about_send_thoughts, visible=terms.thinks,
        elem_id="send-thoughts",
    )  # fmt: skip
    return fields, notes


def _slider(terms: Terms, name: str, low: float, high: float, step: float, label: str, about: str | None) -> gr.Slider:
    least, most = terms.range(name, low, high)
    is_free = least < most and not terms.demo.fixes("sampling")
    if least == most:  # which Gradio takes no slider of
        least, most = min(least, low), max(most, high)
    return gr.Slider(
        least, most, getattr(terms.usual, name), step=step, label=label, info=about, elem_id=name.replace("_", "-"),
        buttons=[],  # without Gradio's own at each: one resets them all
        interactive=is_free,
    )  # fmt: skip


def _tools(about: Mapping[str, str], terms: Terms, takes_servers: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    switches = [("\n".join(filter(None, TOOLS.get(name) or (name, gist(told)))), name) for name, told in about.items()]
    at_first = terms.tools_at_first.builtin
    is_free = not terms.demo.fixes("tools")
    builtin = gr.CheckboxGroup(
        switches, value=[name for name in at_first if name in about], label=texts.panel.built_in,
        elem_id="builtin-tools", show_label=False, interactive=is_free,
    )  # fmt: skip
    listed, served = tool_list([name for name in at_first if name not in about], is_free, takes_servers)
    choice = gr.Dropdown(
        CHOICES, value="auto", label=texts.panel.tool_choice, elem_id="tool-choice", filterable=False, visible=is_free
    )  # fmt: skip
    choice_note = note("choice-note")
    approval = gr.Radio(APPROVALS, value="at once", label=texts.panel.approval, elem_id="approval", visible=is_free)
    fields = {"builtin_tools": builtin, "served_tools": served, "tool_choice": choice, "approval": approval}
    return fields, {"choice_note": choice_note, "tool_note": note("tools-on"), "tool_list": listed}
