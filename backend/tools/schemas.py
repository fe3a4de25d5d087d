"""The schemas that a person pastes: JSON text -> ToolSpecs, or one sentence on what is wrong. Runs no tool."""

import json
import math
import re
from collections.abc import Iterable, Set

from jsonschema import Draft7Validator
from jsonschema.exceptions import SchemaError

from backend.chat.errors import ToolsInvalid
from backend.chat.messages import ToolSpec

MAX_TEXT = 100_000  # characters
MAX_TOOLS = 64
MAX_DEPTH = 20
MAX_DIGITS = 300  # more would not fit a float, against which a schema may compare

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")  # the protocol's rule
_FIELDS = ("type", "name", "description", "parameters", "strict")
# A reference could fetch or loop, and a regular expression could run for hours.
_REFUSED = ("$ref", "$dynamicRef", "$recursiveRef", "pattern", "patternProperties")
_NAMED = ("properties", "definitions", "$defs", "dependencies", "dependentSchemas")  # their keys are names
_DATA = ("enum", "const", "default", "examples")  # no keywords inside


def parse_specs(text: str, taken: Set[str] = frozenset()) -> tuple[ToolSpec, ...]:
    """The tools in a JSON text: one or a list, in OpenAI's form or bare. Blank text gives none.

    `taken` are names that are in use already. Raises ToolsInvalid.
    """
    if not text.strip():
        return ()
    if len(text) > MAX_TEXT:
        raise ToolsInvalid(f"The tools take {len(text):,} characters; the limit is {MAX_TEXT:,}.")
    try:
        value = strict_json(text)
    except ValueError as error:
        raise ToolsInvalid(f"This is not valid JSON: {error}.") from error
    items = value if isinstance(value, list) else [value]
    if len(items) > MAX_TOOLS:
        raise ToolsInvalid(f"There are {len(items)} tools; the limit is {MAX_TOOLS}.")
    specs: dict[str, ToolSpec] = {}
    for number, item in enumerate(items, start=1):
        spec = _spec(item, number)
        if spec.name in specs or spec.name in taken:
            raise ToolsInvalid(f"Tool {number}, field “name”: there is another tool called {spec.name}.")
        specs[spec.name] = spec
    return tuple(specs.values())


def strict_json(text: str) -> object:
    """The value of a JSON text, as the standard has it: finite numbers and whole characters only.

    Raises ValueError, which says what is wrong and where, without a full stop.
    """
    try:
        value: object = json.loads(text, parse_constant=_number, parse_float=_number, parse_int=_whole)
        json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}, column {error.colno}: {error.msg}") from error
    except UnicodeEncodeError as error:
        raise ValueError("it holds half of a character, between \\ud800 and \\udfff") from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    return value


def place(steps: Iterable[str | int]) -> str:
    """Where in a JSON value, as `parameters.items[2]`; empty for the whole of it."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")


def shortened(text: str, limit: int = 200) -> str:
    """The text, without its middle where it is longer than `limit` characters: a reason stands at its end."""
    return text if len(text) <= limit else f"{text[: limit // 2]}…{text[-(limit // 2) :]}"


def _whole(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError(f"a number has more than {MAX_DIGITS} digits")
    return int(text)


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{shortened(text, 20)} is not a number that JSON can hold")
    return number


def _spec(item: object, number: int) -> ToolSpec:
    if not isinstance(item, dict):
        raise ToolsInvalid(f"Tool {number} must be an object with name, description and parameters.")
    if item.get("type", "function") != "function":
        raise ToolsInvalid(f"Tool {number}, field “type”: it must be “function”.")
    body = item.get("function", item)
    if not isinstance(body, dict):
        raise ToolsInvalid(f"Tool {number}, field “function”: it must be an object.")
    name = body.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        what = "is missing" if name is None else "must be 1 to 64 characters of a-z, A-Z, 0-9, _ and -"
        raise ToolsInvalid(f"Tool {number}, field “name”: it {what}.")
    unknown = next((key for key in body if key not in _FIELDS), None)
    if unknown is not None:
        raise ToolsInvalid(
            f"{name}, field “{shortened(unknown, 60)}”: a tool has a name, a description and parameters."
        )
    description = body.get("description", "")
    if not isinstance(description, str):
        raise ToolsInvalid(f"{name}, field “description”: it must be text.")
    parameters = body.get("parameters", {"type": "object", "properties": {}})
    try:
        _check_schema(parameters)
    except ValueError as error:
        raise ToolsInvalid(f"{name}, field “parameters{error.args[0]}”: {error.args[1]}.") from error
    return ToolSpec(name, description, json.dumps(parameters, ensure_ascii=False))


def _check_schema(parameters: object) -> None:
    """Raises ValueError(place, reason) where this is not a schema that can be used."""
    if not isinstance(parameters, dict):
        raise ValueError("", "it must be a JSON schema, an object")
    _check_keywords(parameters, ())
    try:
        Draft7Validator.check_schema(parameters)  # the draft that the protocol's own library checks with
    except SchemaError as error:
        raise ValueError(_dotted(error.absolute_path), shortened(error.message)) from error
    if parameters.get("type", "object") != "object":
        raise ValueError(".type", "it must be “object”, since arguments have names")


def _check_keywords(value: object, steps: tuple[str | int, ...], keys: str = "keywords") -> None:
    """Refuses keywords that are not safe; `keys` says what the keys of `value` are: keywords, names or data."""
    if len(steps) > MAX_DEPTH:
        raise ValueError(_dotted(steps[:4]), f"it is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, list):
        for index, element in enumerate(value):
            _check_keywords(element, (*steps, index), keys)
    if isinstance(value, dict):
        for key, inner in value.items():
            here = (*steps, key)
            if keys == "keywords" and key in _REFUSED:
                raise ValueError(_dotted(here), f"“{key}” cannot be used here; describe it in words instead")
            _check_keywords(inner, here, _inner_keys(key, keys))


def _inner_keys(key: str, keys: str) -> str:
    if keys != "keywords":
        return "keywords" if keys == "names" else keys
    return "names" if key in _NAMED else "data" if key in _DATA else "keywords"


def _dotted(steps: Iterable[str | int]) -> str:
    path = place(steps)
    return path if path.startswith("[") or not path else f".{path}"
