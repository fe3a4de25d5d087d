"""The tools that another program's file declares -> the text of the tool panel's editor."""

from collections import Counter
from collections.abc import Sequence

from backend.storage.foreign.answer import valid_name
from backend.storage.foreign.parts import as_json
from backend.storage.foreign.pieces import TOOL, Json, Kind, first, text_of


def declared(tools: Sequence[object], left: Counter[Kind]) -> str:
    """The tools as OpenAI's list of them, empty for none; `left` counts those that cannot be declared."""
    found: dict[str, Json] = {}
    for tool in _flat(tools):
        inner = tool.get("function", tool)
        name = first(inner, "name") if isinstance(inner, dict) else None
        if not isinstance(inner, dict) or not text_of(name) or valid_name(name) in found:
            left[TOOL] += 1
            continue
        parameters = first(inner, "parameters", "input_schema", "inputSchema", "parametersJsonSchema")
        described = {"name": valid_name(name), "description": text_of(inner.get("description"))}
        schema = parameters if isinstance(parameters, dict) else {"type": "object", "properties": {}}
        found[valid_name(name)] = described | {"parameters": schema}
    return as_json([{"type": "function", "function": tool} for tool in found.values()]) if found else ""


def _flat(tools: Sequence[object]) -> list[Json]:
    """The tools, also those within a list of Google's."""
    found: list[Json] = []
    for tool in tools:
        if isinstance(tool, dict):
            inner = first(tool, "functionDeclarations", "function_declarations")
            found += [each for each in inner if isinstance(each, dict)] if isinstance(inner, list) else [tool]
    return found
