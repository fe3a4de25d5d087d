"""The sidebar's values -> a request and its toolbox, and back; and what the sidebar says while a person types."""

import html
import math
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

import gradio as gr

from backend.chat.errors import InputRefused, ToolsInvalid
from backend.chat.messages import Image
from backend.chat.request import ChatRequest
from backend.chat.settings import GenerationSettings
from backend.chat.system_prompts import fill, unknown_variables
from backend.sandbox.pool import Run, directly
from backend.storage.conversations import ToolPanel
from backend.tools.declared import DeclaredTools
from backend.tools.toolbox import PictureOutput, Tool, Toolbox
from ui.components.sidebar import CHOICES, DEFAULT, Panel
from ui.model_info import ModelInfo
from ui.session import Updates, Values

NUMBERS = ("temperature", "top_p", "max_tokens", "seed", "top_k", "min_p", "repetition_penalty")
NO_SEED = "The seed must be a whole number: correct it, or leave it empty."
REFUSED_RUN = "the person does not let tools run"


@dataclass(frozen=True)
class RequestBuilder:
    """Makes requests from the panel's values. `run` is how schemas and calls are checked, see Sandbox.run."""

    panel: Panel
    builtin: tuple[Tool, ...]
    about: Callable[[], ModelInfo]
    max_new_tokens: int
    keep: Callable[[bytes, str], Image] | None = None  # takes in the pictures that tools make
    run: Run = directly
    declared: DeclaredTools = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "declared", DeclaredTools(self.run))

    def request(self, values: Values, day: date) -> tuple[ChatRequest, Toolbox]:
        """The request, without messages, and the tools that its calls may run. Raises InputRefused.

        Where no seed was given one is drawn, so that every answer can be had again.
        """
        tools = self.tools(values)
        choice = values[self.panel.tool_choice] or "auto"
        if choice not in ("auto", "none") and not tools:
            raise InputRefused("A tool call is required, but no tool is on: choose a tool, or let the model decide.")
        if choice not in ("auto", "none", "required") and choice not in (tool.name for tool in tools):
            raise InputRefused(f"The tool to be called, {choice}, is not on: turn it on, or let the model decide.")
        settings = self.settings(values)
        seed_drawn = settings.seed is None
        if seed_drawn:
            settings = GenerationSettings(**(asdict(settings) | {"seed": secrets.randbits(32)}))
        toolbox = self.toolbox(tuple(_approved(tool, values[self.panel.approval]) for tool in tools))
        request = ChatRequest(
            fill(values[self.panel.system_prompt] or "", self.about().name, day),
            tools=toolbox.specs if choice != "none" else (),
            settings=settings,
            tool_choice=choice if choice != "none" else "auto",
            keep=values[self.panel.keep] or "all",
            seed_drawn=seed_drawn,
        )
        return request, toolbox

    def settings(self, values: Values) -> GenerationSettings:
        """An emptied field counts as its default. Raises InputRefused."""
        given = {name: values[getattr(self.panel, name)] for name in NUMBERS}
        given["seed"] = _seed(given["seed"])
        stop = tuple(line for line in (values[self.panel.stop] or "").split("\n") if line)
        try:
            default = {"max_tokens": min(DEFAULT.max_tokens, self.max_new_tokens)}
            known = default | {name: _number(value) for name, value in given.items() if value is not None}
            schema = (values[self.panel.json_schema] or "").strip()
            settings = GenerationSettings(**known, stop=stop, json_schema=schema)
        except ValueError as error:
            raise InputRefused(str(error)) from error
        except TypeError as error:
            raise InputRefused("The settings must be numbers.") from error
        if settings.max_tokens > self.max_new_tokens:
            raise InputRefused(f"Maximum new tokens can be at most {self.max_new_tokens} here.")
        return settings

    def tools(self, values: Values) -> tuple[Tool, ...]:
        """The tools that are on, each declared one with its fixed reply if it has one. Raises InputRefused."""
        chosen = values[self.panel.builtin_tools] or []
        builtin = tuple(tool for tool in self.builtin if tool.name in chosen)
        try:
            declared = self.declared.read(values[self.panel.tool_schemas] or "", {tool.name for tool in builtin})
        except ToolsInvalid as error:
            raise InputRefused(f"The tool editor has a mistake: {error}") from error
        replies = values[self.panel.replies] or {}
        return (*builtin, *(_replying(tool, replies.get(tool.name)) for tool in declared))

    def toolbox(self, tools: tuple[Tool, ...]) -> Toolbox:
        """What runs calls of these tools."""
        return Toolbox(tools, self.keep, self.run)

    def kept(self, values: Values) -> dict[str, Any]:
        """What of the panel is kept with a conversation, as fields of a Document."""
        try:
            settings = self.settings(values)
        except InputRefused:
            settings = DEFAULT
        prompt, keep = values[self.panel.system_prompt] or "", values[self.panel.keep]
        return {"prompt": prompt, "settings": settings, "tools": self.tool_panel(values), "keep": keep}

    def tool_panel(self, values: Values) -> ToolPanel:
        """What the tool panel holds."""
        panel = self.panel
        return ToolPanel(
            tuple(values[panel.builtin_tools] or ()), values[panel.tool_schemas] or "",
            values[panel.tool_choice] or "auto", values[panel.approval], tuple((values[panel.replies] or {}).items()),
        )  # fmt: skip

    def shown(self, prompt: str | None, settings: GenerationSettings, tools: ToolPanel, keep: str) -> Updates:
        """The panel's fields with what a conversation was kept with."""
        panel = self.panel
        fields: Updates = {getattr(panel, name): getattr(settings, name) for name in NUMBERS}
        fields[panel.max_tokens] = min(settings.max_tokens, self.max_new_tokens)
        fields |= {panel.stop: "\n".join(settings.stop), panel.json_schema: settings.json_schema, panel.keep: keep}
        fields |= self.tool_fields(tools)
        return fields if prompt is None else fields | {panel.system_prompt: prompt}

    def tool_fields(self, tools: ToolPanel) -> Updates:
        """The tool panel's fields with this in them, as far as there are such tools here."""
        panel, names = self.panel, [tool.name for tool in self.builtin]
        return {
            panel.builtin_tools: [name for name in tools.builtin if name in names],
            panel.tool_schemas: tools.schemas, panel.approval: tools.approval, panel.replies: dict(tools.replies),
            panel.tool_choice: self.choices(tools.schemas, list(tools.builtin), tools.choice),
        }  # fmt: skip

    def prompt_note(self, prompt: str, day: date) -> str:
        """The system prompt as the model will read it, and the variables that nothing fills, as HTML."""
        unknown = unknown_variables(prompt)
        warning = ""
        if unknown:
            names = ", ".join(f"{{{name}}}" for name in unknown)
            warning = f'<p class="warning">Left as it is, since only name, today and yesterday are filled: {names}</p>'
        filled = fill(prompt, self.about().name, day)
        if filled == prompt:
            return warning
        return f"{warning}<details><summary>As the model reads it</summary><pre>{html.escape(filled)}</pre></details>"

    def tool_note(self, schemas: str, chosen: list[str]) -> str:
        """What the tool editor holds, or what is wrong with it, as HTML."""
        try:
            declared = self.declared.read(schemas or "", set(chosen or []))
        except ToolsInvalid as error:
            return f'<p class="warning">{html.escape(str(error))}</p>'
        names = ", ".join(html.escape(tool.name) for tool in declared)
        return f'<p class="fine">✓ {len(declared)} of your own: {names}</p>' if names else ""

    def choices(self, schemas: str, chosen: list[str], choice: str) -> dict[str, Any]:
        """The choices of what is to be called: each tool that is on is one."""
        try:
            declared = [tool.name for tool in self.declared.read(schemas or "", set(chosen or []))]
        except ToolsInvalid:
            declared = []
        names = [*(chosen or []), *declared]
        kept = choice if choice in (*names, *(value for _, value in CHOICES)) else "auto"
        return gr.update(choices=[*CHOICES, *((f"Call {name}", name) for name in names)], value=kept)

    def reset(self) -> Updates:
        """The sampling fields at their defaults."""
        fields: Updates = {getattr(self.panel, name): getattr(DEFAULT, name) for name in NUMBERS}
        longest = min(DEFAULT.max_tokens, self.max_new_tokens)
        return fields | {self.panel.max_tokens: longest, self.panel.stop: "", self.panel.json_schema: ""}

    def changed(self, values: Values) -> str:
        """The settings that differ from the defaults, as HTML."""
        try:
            settings = self.settings(values)
        except InputRefused as refusal:
            return f'<p class="warning">{html.escape(str(refusal))}</p>'
        longest = min(DEFAULT.max_tokens, self.max_new_tokens)
        default = asdict(DEFAULT) | {"max_tokens": longest}
        different = [
            f"{name.replace('_', ' ')} {_shown(value)}"
            for name, value in asdict(settings).items()
            if value != default[name]
        ]
        return f'<p class="changed">Changed: {html.escape(", ".join(different))}</p>' if different else ""


def _shown(value: object) -> str:
    return ", ".join(f"“{text}”" for text in value) if isinstance(value, tuple) else str(value)


def number(text: str) -> int | float:
    """The number that a person wrote into a field. Raises ValueError where it is none."""
    try:
        return int(text)
    except ValueError:
        value = float(text)
        if not math.isfinite(value):
            raise
        return _number(value)


def _seed(value: Any) -> Any:
    """The seed in its field, which holds a text, or what an import or a link has just put there. See number."""
    if not isinstance(value, str):
        return value
    try:
        return number(value) if value.strip() else None
    except ValueError:
        raise InputRefused(NO_SEED) from None


def _number(value: float) -> float:
    """A whole number as such, since a slider may give 2.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _approved(tool: Tool, approval: str) -> Tool:
    """The tool as far as it may run by itself: with "ask" a person answers, with "never" every call fails."""
    if approval == "at once" or (tool.function is None and approval == "ask"):
        return tool

    def refuse(**_: object) -> str | PictureOutput:
        raise PermissionError(REFUSED_RUN)

    return Tool(tool.spec, refuse if approval == "never" else None)


def _replying(tool: Tool, reply: str | None) -> Tool:
    return tool if not reply else Tool(tool.spec, lambda **_: reply, canned=True)
