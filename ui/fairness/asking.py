"""Who is asking: for what Gradio does in the course of a request that it does not hand on."""

from contextvars import ContextVar

from starlette.requests import Request

from web.requests import visitor

ASKING: ContextVar[str] = ContextVar("ASKING", default="")  # a visitor's address, within a request


async def note_who_asks(request: Request) -> None:
    """A dependency of all routes, which is run in the course of each request."""
    ASKING.set(visitor(request.scope))
