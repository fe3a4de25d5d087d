"""A request as the body that a server is sent: a stream, with what an answer took."""

from typing import Any, Literal

from backend.chat.errors import RequestRejected
from backend.chat.request import ChatRequest
from backend.chat.scores import ALTERNATIVES
from backend.chat.thoughts import is_unfinished, marked
from backend.storage.document import data_url
from backend.storage.exports.openai_format import THOUGHT, Json
from backend.storage.exports.openai_request import to_openai_request

WITHIN_THOUGHT = "A server can't continue an answer within its thoughts. Regenerate it with a longer response length."


def body(request: ChatRequest, model: str) -> dict[str, Any]:
    """The request's fields, pictures inside.

    Raises RequestRejected where a picture is gone, or where the answer is to go on within a thought, which no server
    can be told.
    """
    if request.continues and is_unfinished(request.messages[-1]):
        raise RequestRejected(WITHIN_THOUGHT)
    fields = to_openai_request(request, model, data_url)
    fields |= {"stream": True, "stream_options": {"include_usage": True}}
    if request.logprobs is not None:
        fields |= {"logprobs": True, "top_logprobs": request.logprobs}
    elif request.is_scored:
        fields |= {"logprobs": True, "top_logprobs": ALTERNATIVES + 1}
    return fields


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
