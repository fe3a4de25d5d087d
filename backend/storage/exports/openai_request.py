"""A request as the body of OpenAI's chat completions: what a server is sent, and what code that asks one has in it.

https://platform.openai.com/docs/api-reference/chat/create
"""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from backend.chat.messages import AssistantMessage, Conversation, Message, ToolSpec
from backend.chat.parts import Image
from backend.chat.request import ChatRequest, as_object
from backend.chat.settings import GenerationSettings
from backend.chat.thoughts import thoughts_as_sent
from backend.storage.exports.openai_format import to_openai

OWN = ("top_k", "min_p", "repetition_penalty")  # settings that OpenAI's protocol does not have, and most servers do


def to_openai_request(request: ChatRequest, model: str, address: Callable[[Image], str]) -> dict[str, Any]:
    """The request's fields. What OpenAI's protocol does not have is there only where it is not at its default."""
    settings, default = request.settings, GenerationSettings()
    read = thoughts_as_sent(request.messages, request.send_thoughts)
    fields: dict[str, Any] = {
        "model": model,
        "messages": to_openai(request.system_prompt, Conversation(tuple(map(_readable, read))), address),
        "temperature": settings.temperature,
        "top_p": settings.top_p,
        "max_tokens": settings.max_tokens,
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
    if request.reasoning_effort:
        fields["reasoning_effort"] = request.reasoning_effort
    extra = {name: getattr(settings, name) for name in OWN if getattr(settings, name) != getattr(default, name)}
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
