"""The tool bench: a form made from a tool's schema, to test it by hand; of a declared one, its canned result."""

import json
from itertools import islice
from typing import Any

import gradio as gr

from backend.chat.context import fenced
from backend.chat.errors import InputRefused
from backend.chat.messages import ToolCall
from backend.chat.request import new_call_id
from backend.storage.document import ToolPanel
from backend.tools.ask import ASK_PERSON
from backend.tools.toolbox import Tool
from ui.components.options import tool_title
from ui.components.sidebar import Panel
from ui.components.tool_fields import argument_field, choice, kind_of, schema_of
from ui.render.addresses import picture_address
from ui.requests.builder import RequestBuilder
from ui.requests.values import number, replies_of
from ui.texts import texts
from ui.threads import in_thread

MAX_FIELDS, MAX_FIELDS_OF_ALL = 30, 100  # of one tool: each is made and sent anew whenever the tools change


def tool_bench(panel: Panel, builder: RequestBuilder, demo: gr.Blocks) -> None:
    """Builds the bench inside `demo`, the current Blocks; it is made anew whenever the tools that are on change."""

    def show(chosen: list[str], schemas: str, replies: str) -> None:
        tools = tools_to_try(builder, ToolPanel(tuple(chosen or ()), schemas or ""))
        if not tools:
            gr.Markdown(texts.panel.nothing_to_test)
        fixed, left, are_all = replies_of(replies), MAX_FIELDS_OF_ALL, True
        for tool in tools:
            schema: dict[str, Any] = json.loads(tool.spec.parameters)
            arguments = schema.get("properties", {})
            shown = dict(islice(arguments.items(), min(left, MAX_FIELDS)))
            left, are_all = left - len(shown), are_all and len(shown) == len(arguments)
            _form(tool, schema | {"properties": shown}, panel.replies, fixed.get(tool.name, ""), builder)
        if not are_all:
            gr.Markdown(texts.panel.too_many_fields.format(of_one=MAX_FIELDS, of_all=MAX_FIELDS_OF_ALL))

    with gr.Accordion(texts.panel.test_tool, open=False, elem_id="bench"):
        inputs = [panel.builtin_tools, panel.tool_schemas, panel.replies]
        triggers = [demo.load, panel.builtin_tools.change, panel.tool_schemas.change]  # not at each key of a reply
        gr.render(inputs, triggers, concurrency_limit=None)(show)


def tools_to_try(builder: RequestBuilder, panel: ToolPanel) -> tuple[Tool, ...]:
    """Those that are on and can be run by hand, as far as a visitor may have them so; none where one is wrong."""
    try:
        on = builder.tools(builder.terms.tools(panel))
    except InputRefused:
        return ()
    return tuple(tool for tool in on if tool != ASK_PERSON)  # which nobody can test alone


def _form(tool: Tool, schema: dict[str, Any], replies: gr.Textbox, fixed: str, builder: RequestBuilder) -> None:
    arguments, required = schema["properties"], schema.get("required", ())
    title = tool_title(tool.name)
    with gr.Accordion(title, open=False):
        if tool.spec.description:
            gr.Markdown(tool.spec.description)
        fields = [argument_field(name, argument, name in required) for name, argument in arguments.items()]
        if tool.function is None:
            reply = gr.Textbox(fixed, label=texts.panel.canned, info=texts.panel.about_canned)

            def fix(known: str, text: str) -> str:
                return json.dumps({**replies_of(known), tool.name: text})

            reply.change(fix, [replies, reply], replies, concurrency_limit=None, api_visibility="private")
            return
        result = gr.Markdown(elem_classes=["bench-result"])

        async def run(*values: Any) -> str:
            try:
                filled = typed_arguments(arguments, values)
            except InputRefused as refusal:
                return str(refusal)
            call = ToolCall(new_call_id(), tool.name, json.dumps(filled, ensure_ascii=False))
            outcome = await in_thread(builder.toolbox((tool,)).run, call)
            made = "".join(f"\n\n![{texts.panel.made_picture}]({picture_address(i)})" for i in outcome.images)
            return fenced(outcome.output) + made

        button = gr.Button(texts.panel.run_tool.format(name=title), size="sm")
        button.click(run, fields, result, api_visibility="private", show_progress="hidden")


def typed_arguments(schemas: dict[str, Any], values: tuple[Any, ...]) -> dict[str, Any]:
    """What was filled in, each in the type that its schema asks for. Raises InputRefused."""
    filled = {name: value for name, value in zip(schemas, values, strict=True) if value not in (None, "")}
    return {name: _typed(name, schemas[name], value) for name, value in filled.items()}


def _typed(name: str, schema: Any, value: Any) -> Any:
    """A text as the number, or as the JSON of an object or a list, that it is meant for. Raises InputRefused."""
    if not isinstance(value, str):
        return value
    if choices := schema_of(schema).get("enum"):
        return next((each for each in choices if each != value and choice(each) == value), value)
    if kind_of(schema) in ("integer", "number"):
        try:
            return number(value)
        except ValueError:
            raise InputRefused(texts.panel.not_a_number.format(name=name)) from None
    return _structured(value)


def _structured(text: str) -> Any:
    try:
        return json.loads(text) if text[:1] in "[{" else text
    except (ValueError, RecursionError):
        return text
