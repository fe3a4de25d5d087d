"""What is wrong with a demo's file, in one sentence that begins with the key."""

import difflib
from typing import Any

from pydantic import BaseModel, ValidationError

from backend.demo.file import DemoKeys

KINDS = {
    "string_type": "a text", "list_type": "a list", "model_type": "a table", "float_type": "a number",
    "int_type": "a whole number", "int_from_float": "a whole number",
}  # fmt: skip


def sentence(error: ValidationError) -> str:
    """The first fault, such as "settings.temperature.max must be at most 2, not 3."."""
    fault = error.errors(include_url=False)[0]
    key, given, context = _key(fault["loc"]), fault["input"], fault.get("ctx", {})
    match fault["type"]:
        case "missing":
            return f"{key} is missing."
        case "extra_forbidden":
            known = _known(fault["loc"][:-1])
            near = difflib.get_close_matches(str(fault["loc"][-1]), known, 1)
            others = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}."
            return f"{key} is no key here; {others}"
        case "greater_than_equal":
            return f"{key} must be at least {_number(context['ge'])}, not {_shown(given)}."
        case "less_than_equal":
            return f"{key} must be at most {_number(context['le'])}, not {_shown(given)}."
        case "string_too_long":
            return f"{key} has {len(given):,} characters; the limit is {context['max_length']:,}."
        case "string_too_short":
            return f"{key} must not be empty."
        case "too_long":
            return f"{key} has {len(given):,} entries; the limit is {context['max_length']:,}."
        case "literal_error":
            choices = context["expected"].replace("'", "")
            return f"{key} must be {choices}, not {_shown(given)}."
        case "model_type" if fault["loc"][0] == "settings" and len(fault["loc"]) == 2:
            value = _number(given) if isinstance(given, int | float) else "…"
            return f"{key} must be a table, such as {{ default = {value} }}, not {_shown(given)}."
        case kind:
            return f"{key} must be {KINDS.get(kind, 'something else')}, not {_shown(given)}."


def _key(steps: tuple[int | str, ...]) -> str:
    """As one would name it: examples[0].title."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")


def _known(steps: tuple[int | str, ...]) -> list[str]:
    """The keys that there are at this place."""
    model: type[BaseModel] = DemoKeys
    for step in steps:
        if isinstance(step, str):
            model = _inner(model.model_fields[step].annotation) or model
    return [field.alias or name for name, field in model.model_fields.items()]


def _inner(kind: Any) -> type[BaseModel] | None:
    """The model that a field's type has in it."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind
    return next((found for part in getattr(kind, "__args__", ()) if (found := _inner(part))), None)


def _number(value: float) -> str:
    return f"{value:g}" if isinstance(value, float) and not value.is_integer() else f"{int(value)}"


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value) if isinstance(value, str) else str(value)
    return f"{text[:60]}…" if len(text) > 60 else text
