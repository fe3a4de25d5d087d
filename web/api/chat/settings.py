"""How an answer is to be sampled, how long it may be, and in which schema."""

import json
from typing import Any

from backend.chat.settings import MAX_SCHEMA, RANGES, GenerationSettings
from web.api.chat.defaults import Defaults
from web.api.errors import invalid
from web.api.requests import ChatCompletion, JsonObjectFormat, JsonSchema, JsonSchemaFormat

ANY_OBJECT = '{"type": "object"}'


def settings(completion: ChatCompletion, defaults: Defaults) -> GenerationSettings:
    """How the answer is sampled. Raises ApiError, which names the first setting that is out of its range."""
    given = {name: getattr(completion, name) for name, *_ in RANGES if name not in ("max_tokens", "top_k")}
    if completion.top_k is not None:
        given["top_k"] = 0 if completion.top_k == -1 else completion.top_k  # as vLLM has it for none
    if completion.seed is None:
        given["seed"] = completion.random_seed  # Mistral's name for it
    if completion.stop:
        given["stop"] = (completion.stop,) if isinstance(completion.stop, str) else tuple(completion.stop)
    given = {name: value for name, value in given.items() if value is not None}
    for name, value in given.items():
        try:
            GenerationSettings(**{name: value})
        except ValueError as error:
            raise invalid("random_seed" if name == "seed" and completion.seed is None else name, str(error)) from error
    return GenerationSettings(
        **given, max_tokens=_max_tokens(completion, defaults.max_tokens), json_schema=_json_schema(completion, defaults)
    )


def _max_tokens(completion: ChatCompletion, most: int) -> int:
    """As many as are asked for, but no more than there can be: programs ask for all that a model's card names."""
    for name in ("max_tokens", "max_completion_tokens"):
        value = getattr(completion, name)
        if value is not None and value < 1:
            raise invalid(name, f"{name} must be at least 1, not {str(value)[:20]}.")
    wanted = completion.max_completion_tokens or completion.max_tokens
    return min(wanted or most, most)


def _json_schema(completion: ChatCompletion, defaults: Defaults) -> str:
    match completion.response_format:
        case JsonObjectFormat(json_schema=None) | JsonSchemaFormat(json_schema=JsonSchema(json_schema=None)):
            return ANY_OBJECT
        case JsonObjectFormat(json_schema=dict() as schema):
            return _usable("response_format.schema", schema, defaults)
        case JsonSchemaFormat(json_schema=JsonSchema(json_schema=dict() as schema)):
            return _usable("response_format.json_schema.schema", schema, defaults)
    return ""


def _usable(where: str, given: dict[str, Any], defaults: Defaults) -> str:
    """The schema as JSON text. Raises ApiError where it cannot be used."""
    schema = json.dumps(given, ensure_ascii=False)
    if len(schema) > MAX_SCHEMA:
        raise invalid(where, f"{where} has {len(schema):,} characters; the limit is {MAX_SCHEMA:,}.")
    try:
        GenerationSettings(json_schema=schema)
    except ValueError as error:
        raise invalid(where, f"{where} is nested too deeply.") from error
    if fault := defaults.schema_fault(schema):
        raise invalid(where, f"{where}: {fault}")
    return schema
