"""The tool bench: a form made from a tool's schema, to try the tool by hand, and a fixed reply for a declared one."""

import json
from typing import Any

import gradio as gr
from starlette.concurrency import run_in_threadpool

from backend.chat.errors import InputRefused
from backend.chat.messages import ToolCall
from backend.chat.request import new_call_id
from backend.storage.markdown import fenced
from backend.tools.toolbox import Tool
from ui.handlers.request import RequestBuilder, number
from ui.session import Values

MAX_FIELDS = 30  # of one tool: each is made and sent anew whenever the tools change
NO_TOOL = "Turn a tool on, or describe one in the editor, to try it here."
EMPTY = ("Leave out", "")


def bench(asking: RequestBuilder, demo: gr.Blocks) -> None:
    """Builds the bench inside `demo`, the current Blocks; it is made anew whenever the tools that are on change."""
    panel = asking.panel
    with gr.Accordion("Try a tool by hand", open=False, elem_id="bench"):
        inputs = [panel.builtin_tools, panel.tool_schemas, panel.replies]
        triggers = [demo.load, panel.builtin_tools.change, panel.tool_schemas.change]  # not at each key of a reply

        @gr.render(inputs, triggers, concurrency_limit=None)
        def show(chosen: list[str], schemas: str, replies: dict[str, str]) -> None:
            values: Values = {panel.builtin_tools: chosen, panel.tool_schemas: schemas, panel.replies: {}}
            try:
                tools = asking.tools(values)
            except InputRefused:
                tools = ()
            if not tools:
                gr.Markdown(NO_TOOL)
            for tool in tools:
                _form(tool, panel.replies, replies.get(tool.name, ""), asking)


def _form(tool: Tool, replies: gr.State, fixed: str, asking: RequestBuilder) -> None:
    schema: dict[str, Any] = json.loads(tool.spec.parameters)
    abouts = dict(list(schema.get("properties", {}).items())[:MAX_FIELDS])
    with gr.Accordion(tool.name, open=False):
        if tool.spec.description:
            gr.Markdown(tool.spec.description)
        fields = [_field(name, about, name in schema.get("required", ())) for name, about in abouts.items()]
        result = gr.Markdown(elem_classes=["bench-result"])
        if tool.function is None:
            reply = gr.Textbox(
                fixed, label="Fixed reply", info="Given to the model from now on; empty: you are asked each time"
            )
            reply.change(
                lambda known, text: {**known, tool.name: text}, [replies, reply], replies, concurrency_limit=None,
                api_visibility="private",
            )  # fmt: skip
            return

        async def run(*given: Any) -> str:
            try:
                filled = arguments(abouts, given)
            except InputRefused as refusal:
                return str(refusal)
            call = ToolCall(new_call_id(), tool.name, json.dumps(filled, ensure_ascii=False))
            outcome = await run_in_threadpool(asking.toolbox((tool,)).run, call)
            made = "".join(f"\n\n![A picture that the tool made](/gradio_api/file={i.path})" for i in outcome.images)
            return fenced(outcome.output) + made

        button = gr.Button(f"Run {tool.name}", size="sm")
        button.click(run, fields, result, api_visibility="private", show_progress="hidden")


def _field(name: str, about: Any, required: bool) -> gr.components.Component:
    """The field of one argument, empty at first: what nobody has filled in is not handed to the tool.

    A number is a text: once it is seen, gr.Number makes a 0 of an empty one.
    """
    label = name if required else f"{name} (optional)"
    info, values, kind = (_about(about).get(key) for key in ("description", "enum", "type"))
    none = [] if required else [EMPTY]
    if values and all(isinstance(value, str | int | float) for value in values):
        return gr.Dropdown([*none, *((str(value), value) for value in values)], label=label, info=info)
    match kind:
        case "boolean" if required:
            return gr.Checkbox(label=label, info=info)
        case "boolean":
            return gr.Dropdown([EMPTY, ("true", True), ("false", False)], label=label, info=info)
        case "integer" | "number":
            return gr.Textbox(label=label, info=info, max_lines=1)
        case "string" | None:
            return gr.Textbox(label=label, info=info)
        case _:
            return gr.Textbox(label=label, info=f"{info or ''} As JSON.", lines=2, elem_classes=["as-json"])


def _about(about: Any) -> dict[str, Any]:
    return about if isinstance(about, dict) else {}  # a schema may be true: anything


def arguments(abouts: dict[str, Any], given: tuple[Any, ...]) -> dict[str, Any]:
    """What was filled in, each in the type that its schema asks for. Raises InputRefused."""
    filled = {name: value for name, value in zip(abouts, given, strict=True) if value not in (None, "")}
    return {name: _typed(name, abouts[name], value) for name, value in filled.items()}


def _typed(name: str, about: Any, value: Any) -> Any:
    """A text as the number, or as the JSON of an object or a list, that it is meant for. Raises InputRefused."""
    if not isinstance(value, str):
        return value
    if _about(about).get("type") in ("integer", "number") and "enum" not in about:
        try:
            return number(value)
        except ValueError:
            raise InputRefused(f"“{name}” must be a number: correct it, or leave it empty.") from None
    return _structured(value)


def _structured(text: str) -> Any:
    try:
        return json.loads(text) if text[:1] in "[{" else text
    except (ValueError, RecursionError):
        return text
