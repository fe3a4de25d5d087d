"""The panel's components -> its values, and back; and what the panel says of its fields while a person types."""

import html
import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import gradio as gr

from backend.chat.errors import InputRefused, ToolsInvalid
from backend.chat.settings import GenerationSettings
from backend.chat.system_prompts import unknown_variables
from backend.storage.document import ToolPanel
from ui.components.options import CHOICES
from ui.components.sidebar import Panel
from ui.requests.builder import RequestBuilder
from ui.requests.values import DEFAULT, NUMBERS, PanelValues, replies_of
from ui.values import Updates, Values


@dataclass(frozen=True)
class PanelPresenter:
    """Reads and fills the panel. `private` is the history sidebar's, `zone` says where the visitor is."""

    panel: Panel
    private: gr.Checkbox
    zone: gr.Textbox
    builder: RequestBuilder

    @property
    def inputs(self) -> set[Any]:
        """The components that `read` needs."""
        return self.panel.inputs | {self.private, self.zone}

    def read(self, values: Values) -> PanelValues:
        """The panel's values, in their types."""
        panel = self.panel
        return PanelValues(
            values[panel.system_prompt] or "",
            {name: values[getattr(panel, name)] for name in NUMBERS},
            tuple(line for line in (values[panel.stop] or "").split("\n") if line),
            (values[panel.json_schema] or "").strip(),
            values[panel.keep] or "all",
            self.read_tools(values),
            bool(values.get(self.private)),
            values.get(self.zone) or "",
        )

    def read_tools(self, values: Values) -> ToolPanel:
        """What the tool panel holds."""
        panel = self.panel
        return ToolPanel(
            tuple(values[panel.builtin_tools] or ()), values[panel.tool_schemas] or "",
            values[panel.tool_choice] or "auto", values[panel.approval],
            tuple(replies_of(values[panel.replies]).items()),
        )  # fmt: skip

    def filled(self, prompt: str | None, settings: GenerationSettings, tools: ToolPanel, context: str) -> Updates:
        """The panel's fields with what a conversation was kept with; without a prompt that field stays."""
        panel = self.panel
        fields: Updates = {getattr(panel, name): getattr(settings, name) for name in NUMBERS}
        fields[panel.max_tokens] = min(settings.max_tokens, self.builder.max_new_tokens)
        fields |= {panel.stop: "\n".join(settings.stop), panel.json_schema: settings.json_schema, panel.keep: context}
        fields |= self.filled_tools(tools)
        return fields if prompt is None else fields | {panel.system_prompt: prompt}

    def filled_panel(self, held: PanelValues) -> Updates:
        """The panel's fields with what they held before the page was loaded anew."""
        panel = self.panel
        fields: Updates = {getattr(panel, name): held.numbers[name] for name in NUMBERS if name in held.numbers}
        fields |= {panel.stop: "\n".join(held.stop), panel.json_schema: held.json_schema, panel.keep: held.context}
        fields |= {panel.system_prompt: held.system_prompt, self.private: held.private}
        return fields | self.filled_tools(held.tools)

    def filled_tools(self, tools: ToolPanel) -> Updates:
        """The tool panel's fields with this in them, as far as there are such tools here."""
        panel, names = self.panel, [tool.name for tool in self.builder.builtin]
        return {
            panel.builtin_tools: [name for name in tools.builtin if name in names],
            panel.tool_schemas: tools.schemas, panel.approval: tools.approval,
            panel.replies: json.dumps(dict(tools.replies)),
            panel.tool_choice: self.choices(tools.schemas, list(tools.builtin), tools.choice),
        }  # fmt: skip

    def without(self, held: PanelValues, what: str) -> Updates:
        """The fields once this is taken off. Tools that the person described stay in their editor, uncalled."""
        panel = self.panel
        match what:
            case "tools" if held.tools.schemas.strip():
                return {panel.builtin_tools: [], panel.tool_choice: "none"}
            case "tools":
                return {panel.builtin_tools: []}
            case "json":
                return {panel.json_schema: ""}
        return {panel.keep: "all"}

    def put_back(self, held: PanelValues, what: str) -> Updates:
        """The fields as they were before that."""
        panel = self.panel
        match what:
            case "tools":
                return self.filled_tools(held.tools)
            case "json":
                return {panel.json_schema: held.json_schema}
        return {panel.keep: held.context}

    def prompt_note(self, prompt: str, day: date) -> str:
        """The system prompt as the model will read it, and the variables that nothing fills, as HTML."""
        unknown = unknown_variables(prompt)
        warning = ""
        if unknown:
            names = ", ".join(f"{{{name}}}" for name in unknown)
            warning = f'<p class="warning">Left as it is, since only name, today and yesterday are filled: {names}</p>'
        filled = self.builder.prompt(prompt, day)
        if filled == prompt:
            return warning
        return f"{warning}<details><summary>As the model reads it</summary><pre>{html.escape(filled)}</pre></details>"

    def tool_note(self, schemas: str, chosen: list[str]) -> str:
        """What the tool editor holds, or what is wrong with it, as HTML."""
        try:
            declared = self.builder.declared.read(schemas or "", set(chosen or []))
        except ToolsInvalid as error:
            return f'<p class="warning">{html.escape(str(error))}</p>'
        names = ", ".join(html.escape(tool.name) for tool in declared)
        return f'<p class="fine">✓ {len(declared)} of your own: {names}</p>' if names else ""

    def choices(self, schemas: str, chosen: list[str], choice: str) -> dict[str, Any]:
        """The choices of what is to be called: each tool that is on is one."""
        try:
            declared = [tool.name for tool in self.builder.declared.read(schemas or "", set(chosen or []))]
        except ToolsInvalid:
            declared = []
        names = [*(chosen or []), *declared]
        kept = choice if choice in (*names, *(value for _, value in CHOICES)) else "auto"
        return gr.update(choices=[*CHOICES, *((f"Call {name}", name) for name in names)], value=kept)

    def reset(self) -> Updates:
        """The sampling fields at their defaults."""
        fields: Updates = {getattr(self.panel, name): getattr(DEFAULT, name) for name in NUMBERS}
        longest = min(DEFAULT.max_tokens, self.builder.max_new_tokens)
        return fields | {self.panel.max_tokens: longest, self.panel.stop: "", self.panel.json_schema: ""}

    def changed(self, values: Values) -> str:
        """The settings that differ from the defaults, as HTML."""
        try:
            settings = self.read(values).settings(self.builder.max_new_tokens)
        except InputRefused as refusal:
            return f'<p class="warning">{html.escape(str(refusal))}</p>'
        default = asdict(DEFAULT) | {"max_tokens": min(DEFAULT.max_tokens, self.builder.max_new_tokens)}
        different = [
            f"{name.replace('_', ' ')} {_shown(value)}"
            for name, value in asdict(settings).items()
            if value != default[name]
        ]
        return f'<p class="changed">Changed: {html.escape(", ".join(different))}</p>' if different else ""


def _shown(value: object) -> str:
    return ", ".join(f"“{text}”" for text in value) if isinstance(value, tuple) else str(value)
