"""The tool bench: a form made from a tool's schema, to try the tool by hand, and a fixed reply for a declared one."""

import json
from typing import Any

import gradio as gr
from starlette.concurrency import run_in_threadpool

from backend.chat import ToolCall
from backend.engine import new_call_id
from backend.markdown import fenced
from backend.tools import Tool
from ui.asking import Asking, Refused
from ui.state import Values

MAX_FIELDS = 30  # of one tool: each is made and sent anew whenever the tools change
NO_TOOL = "Turn a tool on, or describe one in the editor, to try it here."


def bench(asking: Asking) -> None:
    """Builds the bench inside the current Blocks; it is made anew whenever the tools that are on change."""
    panel = asking.panel
    with gr.Accordion("Try a tool by hand", open=False, elem_id="bench"):
        inputs = [panel.builtin_tools, panel.tool_schemas]

        @gr.render(inputs=inputs, concurrency_limit=None)
        def show(chosen: list[str], schemas: str) -> None:
            values: Values = {panel.builtin_tools: chosen, panel.tool_schemas: schemas, panel.replies: {}}
            try:
                tools = asking.tools(values)
            except Refused:
                tools = ()
            if not tools:
                gr.Markdown(NO_TOOL)
            for tool in tools:
                _form(tool, panel.replies, asking)


def _form(tool: Tool, replies: gr.State, asking: Asking) -> None:
    schema: dict[str, Any] = json.loads(tool.spec.parameters)
    names = list(schema.get("properties", {}))[:MAX_FIELDS]
    with gr.Accordion(tool.name, open=False):
        if tool.spec.description:
            gr.Markdown(tool.spec.description)
        fields = [_field(name, schema["properties"][name], name in schema.get("required", ())) for name in names]
        result = gr.Markdown(elem_classes=["bench-result"])
        if tool.function is None:
            reply = gr.Textbox(
                label="Fixed reply", info="Given to the model from now on; empty: you are asked each time"
            )
            reply.change(
                lambda known, text: {**known, tool.name: text}, [replies, reply], replies, concurrency_limit=None,
                api_visibility="private",
            )  # fmt: skip
            return

        async def run(*given: Any) -> str:
            call = ToolCall(new_call_id(), tool.name, json.dumps(_arguments(names, given), ensure_ascii=False))
            outcome = await run_in_threadpool(asking.toolbox((tool,)).run, call)
            made = "".join(f"\n\n![A picture that the tool made](/gradio_api/file={i.path})" for i in outcome.images)
            return fenced(outcome.output) + made

        button = gr.Button(f"Run {tool.name}", size="sm")
        button.click(run, fields, result, api_visibility="private", show_progress="hidden")


def _field(name: str, about: Any, required: bool) -> gr.components.Component:
    label = name if required else f"{name} (optional)"
    about = about if isinstance(about, dict) else {}  # a schema may be true: anything
    info = about.get("description")
    values = about.get("enum", ())
    if values and all(isinstance(value, str | int | float) for value in values):
        return gr.Dropdown(values, label=label, info=info)
    match about.get("type"):
        case "boolean":
            return gr.Checkbox(label=label, info=info)
        case "integer":
            return gr.Number(label=label, info=info, precision=0, value=None)
        case "number":
            return gr.Number(label=label, info=info, value=None)
        case "string" | None:
            return gr.Textbox(label=label, info=info)
        case _:
            return gr.Textbox(label=label, info=f"{info or ''} As JSON.", lines=2, elem_classes=["as-json"])


def _arguments(names: list[str], given: tuple[Any, ...]) -> dict[str, Any]:
    """What was filled in; a text that is JSON of an object or a list counts as that."""
    filled = {name: value for name, value in zip(names, given, strict=True) if value not in (None, "")}
    return {name: _structured(value) for name, value in filled.items()}


def _structured(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in "[{":
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value
