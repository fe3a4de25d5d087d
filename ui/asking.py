"""The sidebar's values -> a request and its toolbox, and what the sidebar says about them while a person types."""

import html
from dataclasses import dataclass
from datetime import date
from typing import Any

import gradio as gr

from backend.engine import ChatRequest
from backend.prompts import fill, unknown_variables
from backend.settings import GenerationSettings
from backend.tools import Tool, Toolbox, ToolsInvalid, parse_tools
from ui.panels import Panel

Values = dict[Any, Any]  # component -> value, as Gradio gives it for a set of inputs

SETTINGS = ("temperature", "top_p", "max_tokens", "seed", "top_k", "min_p", "repetition_penalty")


class Refused(Exception):
    """An input that no request can be made from. Its text is one sentence for the person."""


@dataclass(frozen=True)
class Asking:
    """Makes requests from the panel's values."""

    panel: Panel
    builtin: tuple[Tool, ...]
    model_name: str
    max_new_tokens: int

    def request(self, values: Values, day: date) -> tuple[ChatRequest, Toolbox]:
        """The request, without messages, and the tools that its calls may run. Raises Refused."""
        toolbox = Toolbox(self._tools(values))
        specs = toolbox.specs if values[self.panel.tool_choice] != "none" else ()
        prompt = fill(values[self.panel.system_prompt] or "", self.model_name, day)
        return ChatRequest(prompt, tools=specs, settings=self._settings(values)), toolbox

    def _settings(self, values: Values) -> GenerationSettings:
        """An emptied field counts as its default."""
        given = {name: values[getattr(self.panel, name)] for name in SETTINGS}
        try:
            settings = GenerationSettings(**{name: value for name, value in given.items() if value is not None})
        except ValueError as error:
            raise Refused(str(error)) from error
        except TypeError as error:
            raise Refused("The settings must be numbers.") from error
        if settings.max_tokens > self.max_new_tokens:
            raise Refused(f"Maximum new tokens can be at most {self.max_new_tokens} here.")
        return settings

    def _tools(self, values: Values) -> tuple[Tool, ...]:
        chosen = values[self.panel.builtin_tools] or []
        builtin = tuple(tool for tool in self.builtin if tool.name in chosen)
        try:
            declared = parse_tools(values[self.panel.tool_schemas] or "", frozenset(tool.name for tool in builtin))
        except ToolsInvalid as error:
            raise Refused(f"The tool editor has a mistake: {error}") from error
        return (*builtin, *declared)

    def prompt_note(self, prompt: str, day: date) -> str:
        """The system prompt as the model will read it, and the variables that nothing fills, as HTML."""
        unknown = unknown_variables(prompt)
        warning = ""
        if unknown:
            names = ", ".join(f"{{{name}}}" for name in unknown)
            warning = f'<p class="warning">Left as it is, since only name, today and yesterday are filled: {names}</p>'
        filled = fill(prompt, self.model_name, day)
        if filled == prompt:
            return warning
        return f"{warning}<details><summary>As the model reads it</summary><pre>{html.escape(filled)}</pre></details>"

    def tool_note(self, schemas: str, chosen: list[str]) -> dict[str, Any]:
        """What the tool editor holds, or what is wrong with it."""
        try:
            declared = parse_tools(schemas or "", frozenset(chosen or []))
        except ToolsInvalid as error:
            return gr.update(value=html.escape(str(error)), elem_classes=["warning"])
        names = ", ".join(html.escape(tool.name) for tool in declared)
        text = f"✓ {len(declared)} of your own: {names}. You answer their calls in the conversation." if names else ""
        return gr.update(value=text, elem_classes=["fine"])
