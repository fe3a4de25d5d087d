"""The panel's components -> its values, and back; and what the panel says of its fields while a person types."""

import html
import json
from collections.abc import Container, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import gradio as gr

from backend.chat.errors import ToolsInvalid
from backend.chat.settings import GenerationSettings
from backend.chat.system_prompts import KNOWN_VARIABLES, unknown_variables
from backend.demo.terms import Terms
from backend.runtime.model_info import ModelInfo
from backend.storage.document import ToolPanel
from ui.components.options import CHOICES, KEEP, tool_title
from ui.components.sidebar import Panel
from ui.requests.builder import RequestBuilder, uncallable
from ui.requests.tool_notes import tool_note, warning
from ui.requests.values import NUMBERS, PanelValues, names_of, replies_of
from ui.texts import texts
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

    @property
    def terms(self) -> Terms:
        """What a visitor may change."""
        return self.builder.terms

    def read(self, values: Values) -> PanelValues:
        """The panel's values, in their types, as far as a visitor may have them so."""
        panel = self.panel
        read = PanelValues(
            values[panel.system_prompt] or "",
            {name: values[getattr(panel, name)] for name in NUMBERS},
            tuple(line for line in (values[panel.stop] or "").split("\n") if line),
            (values[panel.json_schema] or "").strip(),
            values[panel.keep] or "all",
            self.read_tools(values),
            bool(values.get(self.private)),
            values.get(self.zone) or "",
            bool(values.get(panel.scores)),
            bool(values.get(panel.send_thoughts)),
            values.get(panel.effort) or "",
        )
        return self.builder.held(read)

    def read_tools(self, values: Values) -> ToolPanel:
        """What the tool panel holds, as far as a visitor may have it so."""
        panel = self.panel
        read = ToolPanel(
            (*(values[panel.builtin_tools] or ()), *names_of(values.get(panel.served_tools))),
            values[panel.tool_schemas] or "",
            values[panel.tool_choice] or "auto", values[panel.approval],
            tuple(replies_of(values[panel.replies]).items()),
        )  # fmt: skip
        return self.terms.tools(read)

    def filled(self, prompt: str | None, settings: GenerationSettings, tools: ToolPanel, context: str) -> Updates:
        """The panel's fields with what a conversation was kept with; without a prompt that field stays."""
        fields = self.filled_response(settings, context) | self.filled_tools(tools)
        if prompt is None:
            return fields
        return fields | {self.panel.system_prompt: self.terms.prompt(prompt, self.builder.model().system_prompt)}

    def filled_response(self, settings: GenerationSettings, context: str) -> Updates:
        """The fields of the response with these settings in them."""
        panel, settings = self.panel, self.terms.settings(settings)
        fields: Updates = {getattr(panel, name): getattr(settings, name) for name in NUMBERS}
        fields[panel.max_tokens] = min(settings.max_tokens, self.builder.max_new_tokens)
        return fields | {
            panel.stop: "\n".join(settings.stop), panel.json_schema: settings.json_schema, panel.keep: context
        }  # fmt: skip

    def filled_panel(self, held: PanelValues) -> Updates:
        """The panel's fields with what they held before the page was loaded anew."""
        panel, held = self.panel, self.builder.held(held)
        fields: Updates = {getattr(panel, name): held.numbers[name] for name in NUMBERS if name in held.numbers}
        fields |= {panel.stop: "\n".join(held.stop), panel.json_schema: held.json_schema, panel.keep: held.context}
        fields |= {panel.system_prompt: held.system_prompt, self.private: held.private, panel.scores: held.scores}
        fields |= {panel.send_thoughts: held.send_thoughts, panel.effort: held.effort}
        return fields | self.filled_tools(held.tools)

    def filled_tools(self, tools: ToolPanel) -> Updates:
        """The tool panel's fields with this in them, as far as there are such tools here."""
        panel, names, tools = self.panel, [tool.name for tool in self.builder.builtin], self.terms.tools(tools)
        return {
            panel.builtin_tools: [name for name in tools.builtin if name in names],
            panel.served_tools: json.dumps([name for name in tools.builtin if name not in names]),
            panel.tool_schemas: tools.schemas, panel.approval: tools.approval,
            panel.replies: json.dumps(dict(tools.replies)),
            panel.tool_choice: self.choices(tools.schemas, list(tools.builtin), tools.choice),
        }  # fmt: skip

    def without(self, held: PanelValues, what: str) -> Updates:
        """The fields once this is taken off. Tools that the person described stay in their editor, uncalled."""
        panel = self.panel
        match what:
            case "tools" if held.tools.schemas.strip():
                return {panel.builtin_tools: [], panel.served_tools: "[]", panel.tool_choice: "none"}
            case "tools":
                return {panel.builtin_tools: [], panel.served_tools: "[]"}
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

    def prompt_note(self, prompt: str, replaced: str, day: date) -> str:
        """What the person's prompt was replaced by, the variables that nothing fills, and the prompt as it is read."""
        undo = f' <button type="button" value="undo">{texts.panel.undo}</button>'
        told = f"<p>{texts.panel.replaced}{undo}</p>" if replaced else ""
        if unknown := unknown_variables(prompt):
            sentence = texts.panel.unknown_variable if len(unknown) == 1 else texts.panel.unknown_variables
            told += warning(sentence.format(names=_braced(unknown), known=_braced(KNOWN_VARIABLES)))
        filled = self.builder.prompt(prompt, day)
        if filled == prompt:
            return told
        return f"{told}<details><summary>{texts.panel.preview}</summary><pre>{html.escape(filled)}</pre></details>"

    def tool_note(self, schemas: str, chosen: list[str]) -> str:
        """What the tool editor holds, or what is wrong with it, as HTML."""
        try:
            return tool_note(self.builder.declared.reading(schemas or "", set(chosen or [])))
        except ToolsInvalid as error:
            return warning(texts.panel.custom_tools_wrong.format(error=error))

    def choice_note(self, schemas: str, chosen: list[str], choice: str) -> str:
        """Why a call cannot be required as it is chosen, and what helps, as HTML."""
        told = uncallable(choice or "auto", self._names(schemas, chosen))
        if not told:
            return ""
        lead = f'<button type="button" data-act="settings" data-tab="tools">{texts.panel.turn_on_tool}</button>'
        auto = f'<button type="button" value="auto">{texts.panel.set_to_auto}</button>'
        return f"{warning(told)}<p>{lead} {auto}</p>"

    def choices(self, schemas: str, chosen: list[str], choice: str) -> dict[str, Any]:
        """The choices of what is to be called: each tool that is on is one."""
        names = self._names(schemas, chosen)
        kept = choice if choice in (*names, *(value for _, value in CHOICES)) else "auto"
        always = [(texts.panel.choice_always.format(name=tool_title(name)), name) for name in names]
        return gr.update(choices=[*CHOICES, *always], value=kept)

    def _names(self, schemas: str, chosen: list[str]) -> list[str]:
        """Of the tools that are on."""
        try:
            declared = [tool.name for tool in self.builder.declared.read(schemas or "", set(chosen or []))]
        except ToolsInvalid:
            declared = []
        return [*(chosen or []), *declared]

    def reset(self) -> Updates:
        """The fields of the response at their defaults."""
        fields = self.filled_response(self.terms.usual, "all")
        return fields | {self.panel.send_thoughts: self.terms.thinks, self.panel.effort: ""}

    def comments(self, values: Values) -> tuple[str, str, str, str]:
        """The settings that differ from the defaults; what is wrong with seed, stop sequences and schema: as HTML."""
        panel = self.read(values)
        faults = panel.faults(self.builder.max_new_tokens)
        seed, stop, wrong = (warning(faults[name]) if name in faults else "" for name in AT_FIELDS)
        schema = self._schema_note(panel.json_schema) or wrong
        elsewhere = "".join(warning(told) for name, told in faults.items() if name not in AT_FIELDS)
        return elsewhere + self._modified(panel, faults), seed, stop, schema

    def _schema_note(self, schema: str) -> str:
        """What is wrong with a schema, or what of it nothing makes sure of."""
        found = self.builder.schemas.finding(schema)
        if found is None:
            return ""
        return warning(found.sentence) if found.is_fault else f"<p>{html.escape(found.sentence)}</p>"

    def _modified(self, panel: PanelValues, faults: Container[str]) -> str:
        default = asdict(self.terms.usual)
        given = {**panel.numbers, "stop": panel.stop, "json_schema": panel.json_schema}
        changes = [
            f"{_within(LABELS[name])} {_shown(name, value)}"
            for name, value in given.items()
            if name not in faults and _differs(value, default[name])
        ]
        kept = (name for name, value in KEEP[1:] if value == panel.context)
        changes += [f"{_within(texts.panel.keep)} {_within(name)}" for name in kept]
        changes += _of_thinking(panel, self.builder.model())
        if not changes:
            return ""
        reset = f'<button type="button" value="reset">{texts.panel.reset}</button>'
        return f"<p>{html.escape(texts.panel.modified.format(changes=', '.join(changes)))} {reset}</p>"


AT_FIELDS = ("seed", "stop", "json_schema")  # which have a place for what is wrong with them
LABELS = {
    "temperature": texts.panel.temperature, "top_p": texts.panel.top_p, "top_k": texts.panel.top_k,
    "min_p": texts.panel.min_p, "repetition_penalty": texts.panel.repetition_penalty,
    "max_tokens": texts.panel.max_tokens, "seed": texts.panel.seed, "stop": texts.panel.stop,
    "json_schema": texts.panel.structured,
}  # fmt: skip


def _within(label: str) -> str:
    """A label within a sentence: without what it has in brackets."""
    name = label.partition(" (")[0]
    return f"{name[:1].lower()}{name[1:]}"


def _differs(value: object, default: object) -> bool:
    """Whether a field holds something else than its default; an emptied one counts as that."""
    is_empty = value is None or (isinstance(value, str) and not value.strip())
    return not is_empty and value != default


def _shown(name: str, value: object) -> str:
    if name == "json_schema":
        return texts.panel.on
    return ", ".join(f"“{text}”" for text in value) if isinstance(value, tuple) else str(value).strip()


def _of_thinking(panel: PanelValues, model: ModelInfo) -> Iterator[str]:
    """What differs from the model's advice on thinking, in a few words."""
    if panel.effort in model.efforts:
        yield f"{_within(texts.panel.effort)} {panel.effort}"
    if model.thinks is not False and panel.send_thoughts != model.sends_thoughts:
        yield f"{_within(texts.panel.send_thoughts)} {texts.panel.on if panel.send_thoughts else texts.panel.off}"


def _braced(names: Iterable[str]) -> str:  # as one writes variables
    return ", ".join(f"{{{name}}}" for name in names)
