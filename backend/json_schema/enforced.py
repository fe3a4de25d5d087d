"""What of JSON Schema the grammars that answers are made in do not know.

https://github.com/guidance-ai/llguidance/blob/main/docs/json_schema.md
"""

from typing import Any

from backend.json_schema.walk import schemas

UNENFORCED = (
    "not", "if", "then", "else", "dependencies", "dependentRequired", "dependentSchemas", "uniqueItems", "contains",
    "minContains", "maxContains", "propertyNames", "unevaluatedProperties", "unevaluatedItems", "$dynamicRef",
    "$recursiveRef",
)  # fmt: skip
FORMATS = (
    "date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid", "uri",
)  # fmt: skip


def unenforced(schema: dict[str, Any]) -> tuple[str, ...]:
    """The keywords of a schema that a grammar leaves out, each once, in their order. What they ask is checked only."""
    return tuple(
        dict.fromkeys(key for _, part in schemas(schema) for key in part if key in UNENFORCED and asks(part, key))
    )


def asks(part: dict[str, Any], key: str) -> bool:
    """Whether a keyword refuses anything. zod says of every record that its names are texts."""
    match key:
        case "uniqueItems":
            return part[key] is not False
        case "then" | "else":
            return "if" in part
        case "propertyNames":
            return part[key] not in (True, {}, {"type": "string"})
    return True
