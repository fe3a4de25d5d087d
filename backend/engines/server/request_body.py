"""A request as the body of OpenAI's chat completions.

https://platform.openai.com/docs/api-reference/chat/create
"""

import json
from dataclasses import replace
from typing import Any

from backend.chat.messages import AssistantMessage, Conversation, Message, ToolSpec
from backend.chat.request import ChatRequest, as_object
from backend.chat.scores import ALTERNATIVES
from backend.chat.settings import GenerationSettings
from backend.storage.document import data_url
from backend.storage.exports.openai_format import to_openai


def body(request: ChatRequest, model: str) -> dict[str, Any]:
    """The request's fields. What OpenAI's protocol does not have is sent only where it is not at its default."""
    settings, default = request.settings, GenerationSettings()
    fields: dict[str, Any] = {
        "model": model,
        "messages": to_openai(request.system_prompt, Conversation(tuple(map(_readable, request.messages))), data_url),
        "temperature": settings.temperature,
        "top_p": settings.top_p,
        "max_tokens": settings.max_tokens,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if settings.seed is not None:
        fields["seed"] = settings.seed
    if settings.json_schema:
        schema = {"name": "answer", "schema": json.loads(settings.json_schema)}
        fields["response_format"] = {"type": "json_schema", "json_schema": schema}
    if settings.stop:
        fields["stop"] = list(settings.stop)
    if request.tools:
        fields["tools"] = [_tool(spec) for spec in request.tools]
        fields["tool_choice"] = _choice(request.tool_choice)
    if request.is_scored:
        fields |= {"logprobs": True, "top_logprobs": ALTERNATIVES + 1}
    extra = {
        name: getattr(settings, name)
        for name in ("top_k", "min_p", "repetition_penalty")
        if getattr(settings, name) != getattr(default, name)
    }
    if request.continues:
        extra |= {"continue_final_message": True, "add_generation_prompt": False}
    return fields | extra


def _readable(message: Message) -> Message:
    """The message with arguments that are an object in all its calls."""
    if not isinstance(message, AssistantMessage):
        return message
    calls = (replace(call, arguments=as_object(call.arguments)) for call in message.tool_calls)
    return replace(message, tool_calls=tuple(calls))


def _tool(spec: ToolSpec) -> dict[str, Any]:
    function = {"name": spec.name, "description": spec.description, "parameters": json.loads(spec.parameters)}
    return {"type": "function", "function": function}


def _choice(choice: str) -> Any:
    return choice if choice in ("auto", "required") else {"type": "function", "function": {"name": choice}}
