"""The field for one argument of a tool, as its schema has it. No behaviour."""

from typing import Any

import gradio as gr

from ui.texts import texts

EMPTY = (texts.panel.leave_out, "")
LARGEST = 2**53 - 1  # whole number that a browser knows; Gradio fails at sending one of over 64 bits


def argument_field(name: str, about: Any, required: bool) -> gr.components.Component:
    """The field of one argument, empty at first: what nobody has filled in is not handed to the tool.

    A number is a text: once it is seen, gr.Number makes a 0 of an empty one.
    """
    label = name if required else texts.panel.optional.format(name=name)
    info, values, kind = (schema_of(about).get(key) for key in ("description", "enum", "type"))
    none = [] if required else [EMPTY]
    if values and all(isinstance(value, str | int | float) for value in values):
        return gr.Dropdown([*none, *((str(value), choice(value)) for value in values)], label=label, info=info)
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
            return gr.Textbox(
                label=label,
                info=texts.panel.as_json.format(about=info or "").strip(),
                lines=2,
                elem_classes=["as-json"],
            )


def choice(value: str | int | float) -> str | int | float:
    """One of an enum's values as the page can hold it."""
    return str(value) if isinstance(value, int) and abs(value) > LARGEST else value


def schema_of(about: Any) -> dict[str, Any]:
    """An argument's schema as an object."""
    return about if isinstance(about, dict) else {}  # a schema may be true: anything
