"""What pydantic finds wrong with a request -> one sentence that names the parameter."""

from typing import Any, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from web.api.errors import ApiError, invalid

_KINDS = {
    "string_type": "a string", "int_type": "a whole number", "float_type": "a number", "bool_type": "true or false",
    "list_type": "a list", "dict_type": "an object", "model_type": "an object",
    "model_attributes_type": "an object", "int_from_float": "a whole number",
}  # fmt: skip


def as_api_error(error: ValidationError, value: dict[str, Any]) -> ApiError:
    """The error for the first thing that is wrong, where it is furthest within the request: of a value that may be of
    several kinds, each kind has an error of its own, and that of the kind that it is of goes deepest."""
    found = error.errors(include_url=False, include_input=False)
    places = [_place(each, value) for each in found]
    first = places[0]
    steps = max((place for place in places if place[: len(first)] == first), key=len)
    same = [each for each, place in zip(found, places, strict=True) if place == steps]
    param = _written(steps)
    return invalid(param, f"{param} {_why(same)}.")


def _place(detail: ErrorDetails, whole: dict[str, Any]) -> tuple[str | int, ...]:
    """Where in the request: pydantic's steps without the names of its own kinds of values."""
    steps, value = list[str | int](), cast("Any", whole)
    for number, step in enumerate(detail["loc"], start=1):
        if (isinstance(value, dict) and step in value) or (isinstance(value, list) and step in range(len(value))):
            value = cast("dict[Any, Any]", value)[step]
        elif not (detail["type"] == "missing" and number == len(detail["loc"])):
            continue
        steps.append(step)
    if detail["type"].startswith("union_tag"):
        steps.append(detail["ctx"]["discriminator"].strip("'"))
    return tuple(steps)


def _why(details: list[ErrorDetails]) -> str:
    """What is wrong with one value, of whichever kind it could be."""
    kinds = dict.fromkeys(_KINDS[each["type"]] for each in details if each["type"] in _KINDS)
    if kinds and len(kinds) == len({each["type"] for each in details}):
        words = [each for each in kinds if not (each == "a whole number" and "a number" in kinds)]
        return f"must be {' or '.join(words)}"
    detail = next((each for each in details if each["type"] not in _KINDS), details[0])
    context = detail.get("ctx", {})
    match detail["type"]:
        case "missing" | "union_tag_not_found":
            return "is missing"
        case "union_tag_invalid":
            return f"must be {_choice(context['expected_tags'])}"
        case "literal_error":
            return f"must be {_bare(context['expected'])}"
        case "string_pattern_mismatch":
            return "must be 1 to 64 characters of a-z, A-Z, 0-9, _ and -"
        case "too_short":
            return "must not be empty"
        case "too_long":
            return f"has more than {context['max_length']:,} entries"
        case "string_too_short":
            return "must not be empty"
        case "string_too_long":
            return f"is longer than {context['max_length']:,} characters"
    message = detail["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    return f"must be {message}" if message != detail["msg"] else f"can't be taken: {message}"


def _choice(tags: str) -> str:
    """`'a', 'b', 'c'` as words."""
    *before, last = _bare(tags).split(", ")
    return f"{', '.join(before)} or {last}" if before else last


def _bare(text: str) -> str:
    return text.replace("'", "")


def _written(steps: tuple[str | int, ...]) -> str:
    """As `messages[2].role`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step[:60]}" for step in steps)
    return text.removeprefix(".") or "the body"
