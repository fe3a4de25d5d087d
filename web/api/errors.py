"""What a program is told where its request cannot be answered.

https://platform.openai.com/docs/guides/error-codes
"""

from typing import Any

INVALID, DENIED, NOT_FOUND, TOO_MUCH, FAULT = (
    "invalid_request_error", "authentication_error", "not_found_error", "rate_limit_error", "server_error",
)  # fmt: skip
_TYPES = {401: DENIED, 404: NOT_FOUND, 429: TOO_MUCH}


class ApiError(Exception):
    """A request is not answered: an HTTP status, one sentence, the parameter that it is about, and a code.

    `retry_after` is in seconds, where it helps to come back.
    """

    def __init__(
        self,
        status: int,
        message: str,
        param: str | None = None,
        code: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.param, self.code, self.retry_after = status, message, param, code, retry_after

    @property
    def type(self) -> str:
        """The kind of error, as OpenAI names it."""
        return _TYPES.get(self.status, INVALID if self.status < 500 else FAULT)

    @property
    def body(self) -> dict[str, Any]:
        """What is sent as JSON, in an answer or as an event of a stream."""
        error = {"message": self.message, "type": self.type, "param": self.param, "code": self.code}
        return {"error": error}


def invalid(param: str, message: str, code: str | None = None) -> ApiError:
    """The error where a parameter cannot be taken."""
    return ApiError(400, message, param, code)
