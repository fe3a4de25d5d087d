"""A request as the body of OpenAI's chat completions.

https://platform.openai.com/docs/api-reference/chat/create
"""

import json
from dataclasses import replace
from typing import Any, Literal

from backend.chat.errors import RequestRejected
from backend.chat.messages import AssistantMessage, Conversation, Message, ToolSpec
from backend.chat.request import ChatRequest, as_object
from backend.chat.scores import ALTERNATIVES
from backend.chat.settings import GenerationSettings
from backend.chat.thoughts import is_unfinished, marked, thoughts_as_sent
from backend.storage.document import data_url
from backend.storage.exports.openai_format import THOUGHT, Json, to_openai

WITHIN_THOUGHT = "A server can't continue an answer within its thoughts. Regenerate it with a longer response length."


def body(request: ChatRequest, model: str) -> dict[str, Any]:
    """The request's fields. What OpenAI's protocol does not have is sent only where it is not at its default.

    Raises RequestRejected where it is to go on within a thought, which no server can be told.
    """
    if request.continues and is_unfinished(request.messages[-1]):
        raise RequestRejected(WITHIN_THOUGHT)
    settings, default = request.settings, GenerationSettings()
    read = thoughts_as_sent(request.messages, request.send_thoughts)
    fields: dict[str, Any] = {
        "model": model,
        "messages": to_openai(request.system_prompt, Conversation(tuple(map(_readable, read))), data_url),
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
    if request.reasoning_effort:
        fields["reasoning_effort"] = request.reasoning_effort
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


def with_thoughts(messages: list[Json], thoughts: Literal["fields", "parts", "never"]) -> list[Json]:
    """The messages with what the model thought in the words of a server, see Kind.

    A system prompt that shows how to think has a part for that too, where parts are spoken.
    """
    return [_thought_in_words(message, thoughts) for message in messages]


def _thought_in_words(message: Json, thoughts: Literal["fields", "parts", "never"]) -> Json:
    if thoughts == "parts" and message["role"] == "system":
        pieces = list(marked(message["content"]))
        if any(is_thought for _, is_thought in pieces):
            return {**message, "content": [_thought_part(*piece) for piece in pieces]}
    thought = message.get(THOUGHT[0])
    if thoughts == "fields" or not thought:
        return message
    plain = {name: value for name, value in message.items() if name not in THOUGHT}
    if thoughts == "never":
        return plain
    text = [_thought_part(plain["content"], False)] if plain["content"] else []
    return {**plain, "content": [_thought_part(thought, True), *text]}


def _thought_part(text: str, is_thought: bool) -> Json:
    part = {"type": "text", "text": text}
    return {"type": "thinking", "thinking": [part]} if is_thought else part


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
