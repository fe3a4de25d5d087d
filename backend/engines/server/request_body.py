"""A request as the body that a server is sent: a stream, with what an answer took."""

from typing import Any

from backend.chat.errors import RequestRejected
from backend.chat.request import ChatRequest
from backend.chat.scores import ALTERNATIVES
from backend.chat.thoughts import is_unfinished
from backend.storage.document import data_url
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
