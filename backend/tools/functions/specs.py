"""What the model is told of a file's functions: made of their type hints by pydantic, and of their docstrings."""

import inspect
import re
import typing
import warnings
from collections.abc import Iterator, Set
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema, PydanticSchemaGenerationError

from backend.chat.errors import ToolsInvalid
from backend.chat.messages import ToolSpec
from backend.tools.functions.docstrings import read
from backend.tools.functions.file import FileBroken, Function, functions, line_of
from backend.tools.taking import taken

TYPES = "use str, int, float, bool, list, dict, Literal, Enum, Optional or a pydantic model"
_NAME = re.compile("[a-zA-Z0-9_]{1,64}")
_NAMED = ("properties", "$defs")  # their keys are names
_DATA = ("default", "const", "enum", "examples")  # no keywords inside


def describe(path: str, names: Set[str]) -> tuple[ToolSpec, ...]:
    """The tools in a file; `names` are in use already. Raises FileBroken, which names the function and its line."""
    return tuple(_Described(path, name, function).spec(names) for name, function in functions(path).items())


class _Described:
    """One function of the file."""

    def __init__(self, path: str, name: str, function: Function) -> None:
        self.name, self.function = name, function
        self.where = f"{Path(path).name}, line {line_of(function)}: the function “{name}”"

    def spec(self, names: Set[str]) -> ToolSpec:
        """Raises FileBroken."""
        doc = read(self.function.__doc__)
        if not _NAME.fullmatch(self.name):
            raise FileBroken(f"{self.where} needs a name of 1 to 64 characters of a-z, A-Z, 0-9 and _.")
        if self.name in names:
            raise FileBroken(f"{self.where} has the name of a tool that ships. Give it another.")
        if not doc.text:
            raise FileBroken(f"{self.where} has no docstring to tell the model what it does. {self._or_hide()}")
        if inspect.isgeneratorfunction(self.function) or inspect.isasyncgenfunction(self.function):
            raise FileBroken(f"{self.where} yields its results. Return them instead.")
        parameters = self._schema(self._hints(), doc.parameters)
        try:
            return taken({"name": self.name, "description": doc.text, "parameters": parameters}).spec
        except ToolsInvalid as error:
            raise FileBroken(f"{self.where} makes no tool. {error}") from error

    def _hints(self) -> dict[str, Any]:
        """Raises FileBroken."""
        try:
            hints = typing.get_type_hints(self.function, include_extras=True)
        except Exception as error:  # a hint is code, which may raise anything
            raise FileBroken(f"{self.where} has type hints that can't be read: {error}.") from error
        for name, parameter in inspect.signature(self.function).parameters.items():
            if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
                raise FileBroken(f"{self.where} takes “{parameter}”, which has no name that a model can give.")
            if name not in hints:
                raise FileBroken(f"{self.where} has no type hint for “{name}”, such as {name}: str. {self._or_hide()}")
        return hints

    def _schema(self, hints: dict[str, Any], told: dict[str, str]) -> dict[str, Any]:
        """Raises FileBroken."""
        try:
            schema = _schema_of(self.function)
        except Exception as error:  # a type is code, which may raise anything
            raise FileBroken(f"{self.where} has {self._what_fails(hints, error)}.") from error
        for name, about in schema.get("properties", {}).items():
            described = next(iter(_words(hints.get(name))), told.get(name, ""))
            if described and "description" not in about:
                about["description"] = described
        return schema

    def _what_fails(self, hints: dict[str, Any], error: Exception) -> str:
        what = "types that can't be described"
        for name in inspect.signature(self.function).parameters:
            try:
                _schema_of(hints[name])
            except Exception as found:
                what, error = f"a type for “{name}” that can't be described", found
                break
        if isinstance(error, PydanticSchemaGenerationError | PydanticInvalidForJsonSchema):
            return f"{what}: {TYPES}"
        return f"{what}: {str(error).strip().partition(chr(10))[0].removesuffix('.')}"

    def _or_hide(self) -> str:
        return f"If it is no tool, call it _{self.name}."


def _schema_of(annotated: Any) -> dict[str, Any]:
    """Of a type's value, or of a function's arguments. Raises PydanticUserError."""
    with warnings.catch_warnings(action="ignore"):  # of defaults that JSON has no form for: they are left out
        schema: dict[str, Any] = _untitled(TypeAdapter(annotated).json_schema())
    return schema


def _untitled(value: Any, keys: str = "keywords") -> Any:
    """Without the titles, which say what names say already. `keys`: what those of `value` are, keywords or names."""
    if isinstance(value, list):
        return [_untitled(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: inner if keys == "keywords" and key in _DATA else _untitled(inner, _inner(key, keys))
        for key, inner in value.items()
        if keys == "names" or key != "title"
    }


def _inner(key: str, keys: str) -> str:
    return "names" if keys == "keywords" and key in _NAMED else "keywords"


def _words(hint: Any) -> Iterator[str]:
    """What `Annotated[str, "The city."]` says of a parameter."""
    if typing.get_origin(hint) is typing.Annotated:
        yield from (each for each in typing.get_args(hint)[1:] if isinstance(each, str))
