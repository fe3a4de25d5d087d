"""A request as the body that a server is sent: a stream, with what an answer took."""

from typing import Any

from backend.chat.request import ChatRequest
from backend.chat.scores import ALTERNATIVES
from backend.storage.document import data_url
from backend.storage.exports.openai_request import to_openai_request


def body(request: ChatRequest, model: str) -> dict[str, Any]:
    """The request's fields, pictures inside. Raises RequestRejected where one is gone."""
    fields = to_openai_request(request, model, data_url)
    fields |= {"stream": True, "stream_options": {"include_usage": True}}
    if request.is_scored:
        fields |= {"logprobs": True, "top_logprobs": ALTERNATIVES + 1}
    return fields
