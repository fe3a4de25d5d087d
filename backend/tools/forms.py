"""The forms in which tools are published, taken apart: a JSON value -> the tools in it -> name, description, schema.

OpenAI's (https://platform.openai.com/docs/guides/function-calling), Anthropic's
(https://docs.claude.com/en/docs/agents-and-tools/tool-use/implement-tool-use), MCP's tools/list
(https://modelcontextprotocol.io/specification/2025-11-25/server/tools), Gemini's functionDeclarations
(https://ai.google.dev/api/caching#FunctionDeclaration), Bedrock's toolSpec, pydantic's schema of a class.
"""

from dataclasses import dataclass
from typing import Any

# What holds tools in an answer, a request or a file.
_HOLDERS = ("result", "tools", "functions", "toolConfig")
_DECLARED = ("functionDeclarations", "function_declarations")
_SCHEMAS = (
    "parameters",
    "input_schema",
    "inputSchema",
    "parametersJsonSchema",
    "parameters_json_schema",
    "args_schema",
)
_SERVERS = "This names MCP servers, not tools: paste what a server's tools/list gives, or start the app with --mcp FILE"
_OTHERS = {
    "mcpServers": _SERVERS,
    "servers": _SERVERS,
    "openapi": "This is an OpenAPI document, not tools: paste each operation as a tool",
    "swagger": "This is an OpenAPI document, not tools: paste each operation as a tool",
    "error": "This is an error that a server answered with, not its tools",
}


class NoTools(ValueError):
    """What was pasted is well known, and holds no tools. A sentence, less its full stop."""


@dataclass(frozen=True)
class Declaration:
    """A tool as it was published: what its name, description and schema are, whatever they are.

    `field` is what the schema is called there. `wrong` is the field and the reason where this is no tool.
    """

    name: object = None
    description: object = None
    schema: object = None
    field: str = "parameters"
    wrong: tuple[str, str] | None = None


def tools_in(value: object) -> list[object]:
    """The values that are to be tools in what was pasted.

    Raises NoTools.
    """
    if isinstance(value, list):
        return [tool for item in value for tool in (tools_in(item) if _holds(item) else [item])]
    if not isinstance(value, dict) or _is_tool(value):
        return [value]
    for key in (*_HOLDERS, *_DECLARED):
        if isinstance(value.get(key), list | dict):
            return tools_in(value[key])
    if isinstance(value.get("function"), list) and value["function"]:
        return tools_in(value["function"])
    for key, sentence in _OTHERS.items():
        if isinstance(value.get(key), dict | str):
            raise NoTools(sentence)
    return [value]


def declared(tool: object) -> Declaration:
    """One tool, taken apart."""
    if not isinstance(tool, dict):
        return Declaration(wrong=("", "must be an object with name, description and parameters"))
    kind = tool.get("type", "function")
    body: Any = tool.get("function", tool.get("toolSpec", tool))
    if kind not in ("function", "custom", None) and not _is_schema(tool):
        return Declaration(wrong=("type", "it must be “function”"))
    if not isinstance(body, dict):
        return Declaration(wrong=("function", "it must be an object"))
    if "name" not in body and _is_schema(body):
        return Declaration(body.get("title"), body.get("description"), body)
    field = next((key for key in _SCHEMAS if body.get(key) is not None), "parameters")
    schema = body.get(field)
    if isinstance(schema, dict) and set(schema) == {"json"}:
        schema = schema["json"]
    annotations = body.get("annotations")
    title = body.get("title") or (annotations.get("title") if isinstance(annotations, dict) else None)
    description = body.get("description")
    return Declaration(body.get("name"), description if description is not None else title, schema, field)


def _is_tool(value: dict[str, Any]) -> bool:
    return "name" in value or isinstance(value.get("function"), dict) or "toolSpec" in value or _is_schema(value)


def _is_schema(value: dict[str, Any]) -> bool:
    """Whether it is the schema of an object, whose title is then the tool's name, as pydantic's classes have it."""
    return value.get("type") == "object" and isinstance(value.get("properties"), dict)


def _holds(item: object) -> bool:
    return (
        isinstance(item, dict) and not _is_tool(item) and any(key in item for key in (*_DECLARED, "tools", "function"))
    )
