"""The tools that a program offers, and which of them is to be called."""

import json

from backend.chat.errors import ToolsInvalid
from backend.chat.messages import ToolSpec
from web.api.chat.defaults import Defaults
from web.api.errors import invalid
from web.api.requests import NamedChoice, Tool


def tools_of(
    tools: list[Tool] | None, choice: str | NamedChoice | None, defaults: Defaults
) -> tuple[tuple[ToolSpec, ...], str]:
    """The tools, and which of them is to be called. Raises ApiError."""
    if choice == "none" or not tools:
        if choice in ("required", "any") or isinstance(choice, NamedChoice):
            raise invalid("tool_choice", "tool_choice asks for a call, but there are no tools.")
        return (), "auto"
    _check_names(tools)
    try:
        specs = defaults.read_tools(json.dumps([tool.function.model_dump() for tool in tools], ensure_ascii=False))
    except ToolsInvalid as error:
        raise invalid("tools", f"tools: {error}") from error
    if isinstance(choice, NamedChoice):
        name = choice.function.name
        if name not in {spec.name for spec in specs}:
            raise invalid("tool_choice", f"tool_choice: no tool is called {name}.")
        return specs, name
    return specs, "required" if choice in ("required", "any") else "auto"


def _check_names(tools: list[Tool]) -> None:
    seen = set[str]()
    for index, tool in enumerate(tools):
        where, name = f"tools[{index}].function.name", tool.function.name
        if name in seen:
            raise invalid(where, f"{where}: another tool is called {name} too.")
        seen.add(name)
