"""For whom work is done: what one visitor may have done at once, and may keep, is bounded by this."""

from contextvars import ContextVar

CALLER: ContextVar[str] = ContextVar("caller", default="")  # the visitor's address; "" is the app itself
