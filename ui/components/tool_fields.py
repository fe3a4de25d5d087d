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
    info, values = (schema_of(about).get(key) for key in ("description", "enum"))
    kind = kind_of(about)
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


def kind_of(about: Any) -> str | None:
    """The one type that an argument may have besides null, which an empty field stands for; None where it has several.

    Of several to choose from (`anyOf`, as pydantic writes what may be None) it is the type of the only other one.
    """
    schema = schema_of(about)
    given = schema.get("type")
    if given is None and isinstance(schema.get("anyOf"), list):
        given = [schema_of(part).get("type") for part in schema["anyOf"]]
    kinds = [kind for kind in (given if isinstance(given, list) else [given]) if kind != "null"]
    return kinds[0] if len(kinds) == 1 and isinstance(kinds[0], str) else "any" if kinds and given is not None else None


def schema_of(about: Any) -> dict[str, Any]:
    """An argument's schema as an object."""
    return about if isinstance(about, dict) else {}  # a schema may be true: anything
