"""/v1/openapi.json: what the API takes and answers, as OpenAPI 3.1. The requests' schemas are pydantic's."""

from functools import cache
from typing import Any

from pydantic.json_schema import models_json_schema

from web.api.requests import ChatCompletion, Tokenization

_REF = "#/components/schemas/{model}"
_TEXT, _WHOLE, _LIST = {"type": "string"}, {"type": "integer"}, {"type": "array"}
_NULLABLE = {"type": ["string", "null"]}
_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {"message": _TEXT, "type": _TEXT, "param": _NULLABLE, "code": _NULLABLE},
        }
    },
}
_TOKENS = {
    "type": "object",
    "required": ["count", "max_model_len", "tokens"],
    "properties": {
        "count": _WHOLE,
        "max_model_len": {"type": ["integer", "null"]},
        "tokens": _LIST | {"items": _WHOLE},
    },
}
_MODEL = {
    "type": "object",
    "required": ["id", "object", "created", "owned_by"],
    "properties": {"id": _TEXT, "object": {"const": "model"}, "created": _WHOLE, "owned_by": _TEXT},
}
_MODELS = {
    "type": "object",
    "required": ["object", "data"],
    "properties": {"object": {"const": "list"}, "data": _LIST | {"items": {"$ref": _REF.format(model="Model")}}},
}
_ANSWER = {
    "type": "object",
    "description": "OpenAI's chat.completion.",
    "required": ["id", "object", "created", "model", "choices"],
    "properties": {
        "id": _TEXT,
        "object": {"const": "chat.completion"},
        "created": _WHOLE,
        "model": _TEXT,
        "choices": _LIST | {"items": {"type": "object"}},
        "usage": {"type": ["object", "null"]},
    },
}
_NAMED = {"Error": _ERROR, "Tokens": _TOKENS, "Model": _MODEL, "Models": _MODELS, "Completion": _ANSWER}
_REFUSALS = {
    "400": "The request cannot be answered as it is.",
    "401": "The key is missing or wrong.",
    "404": "There is no such model.",
    "413": "The request is too large.",
    "429": "Too much at once; Retry-After says when to come back.",
    "503": "The model cannot answer at present.",
}


@cache
def schema() -> dict[str, Any]:
    """The document."""
    kinds = [(ChatCompletion, "validation"), (Tokenization, "validation")]
    _, definitions = models_json_schema(kinds, ref_template=_REF)  # type: ignore[arg-type]
    key = {"type": "http", "scheme": "bearer"}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Chat completions", "version": "1"},
        "servers": [{"url": "../v1"}],
        "security": [{"key": []}, {}],
        "paths": {
            "/models": {"get": _operation("listModels", "The models that answer.", "Models")},
            "/models/{model}": {
                "get": _operation("getModel", "One of them.", "Model"),
                "parameters": [{"name": "model", "in": "path", "required": True, "schema": _TEXT}],
            },
            "/chat/completions": {
                "post": _posted("createChatCompletion", "Answers a chat.", "ChatCompletion", _streamed())
            },
            "/tokenize": {
                "post": _posted("tokenize", "The tokens of a chat or a text.", "Tokenization", _json("Tokens"))
            },
        },
        "components": {"schemas": definitions["$defs"] | _NAMED, "securitySchemes": {"key": key}},
    }


def _operation(name: str, summary: str, answer: str) -> dict[str, Any]:
    return {"operationId": name, "summary": summary, "responses": _responses(_json(answer))}


def _posted(name: str, summary: str, body: str, content: dict[str, Any]) -> dict[str, Any]:
    asked = {"required": True, "content": _json(body)}
    return {"operationId": name, "summary": summary, "requestBody": asked, "responses": _responses(content)}


def _responses(content: dict[str, Any]) -> dict[str, Any]:
    refused = {status: {"description": why, "content": _json("Error")} for status, why in _REFUSALS.items()}
    return {"200": {"description": "What was asked for.", "content": content}} | refused


def _json(model: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REF.format(model=model)}}}


def _streamed() -> dict[str, Any]:
    return _json("Completion") | {"text/event-stream": {"schema": _TEXT}}
