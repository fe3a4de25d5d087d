"""A page that listens for a session which the server does not have is told so, without a word in the log.

Why: Gradio tells the page and then raises into a response that has begun: a trace of 6 kB for each page
after a restart, and for whoever makes sessions up.
Seen with: Gradio 6.31.0; `pending_messages_per_session` of its queue, and the event that its client knows.
Without it: one address can have 28 GB a day written.
Remove when: Gradio ends such streams by itself.
"""

from typing import Any

import orjson
from gradio.server_messages import UnexpectedErrorMessage
from starlette.requests import Request
from starlette.responses import Response

STREAM = "/gradio_api/queue/data"


class LostSession(Exception):
    """The server holds nothing that it could tell a page."""


async def check_stream(request: Request) -> None:
    """Raises LostSession where a page listens for a session that has asked for nothing."""
    if request.scope["path"].rstrip("/").endswith(STREAM):
        app: Any = request.app
        session = request.query_params.get("session_hash")  # without one the route has its own answer
        if session is not None and session not in app.get_blocks()._queue.pending_messages_per_session:
            raise LostSession


async def lost(request: Request, error: Exception) -> Response:
    """Answers with what Gradio's own stream begins with."""
    message = UnexpectedErrorMessage(message="404: Not Found", session_not_found=True)
    event = orjson.dumps(message.model_dump(), default=str).decode()
    return Response(f"data: {event}\n\n", media_type="text/event-stream")


REFUSALS = {LostSession: lost}  # the exception handlers of the served app
