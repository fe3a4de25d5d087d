"""The app's errors as the API tells them."""

from collections.abc import Mapping

from starlette.responses import JSONResponse, Response

from backend.chat.errors import (
    ContextFull,
    EngineError,
    EngineUnavailable,
    ImageWaits,
    ModelUnusable,
    RequestRejected,
    UserError,
)
from web.api.errors import ApiError

WAIT_SECONDS = 5


def as_api_error(error: UserError) -> ApiError:
    """With the status that says whose fault it is, and whether it helps to come back."""
    sentence = str(error)
    if isinstance(error, EngineUnavailable | ImageWaits | ModelUnusable):
        return ApiError(503, sentence, code="overloaded", retry_after=WAIT_SECONDS)
    if isinstance(error, RequestRejected):
        is_long = isinstance(error, ContextFull)
        return ApiError(400, sentence, "messages", "context_length_exceeded" if is_long else None)
    return ApiError(500 if isinstance(error, EngineError) else 400, sentence)


def as_response(error: ApiError) -> Response:
    """An error as an answer of its own."""
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    return JSONResponse(error.body, error.status, headers)


def told(status: int, sentence: str, headers: Mapping[str, str] | None) -> Response:
    """A refusal of what stands before the API, or leads to its parts, in its form."""
    response = as_response(ApiError(status, sentence))
    response.headers.update(headers or {})
    return response
