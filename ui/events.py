"""The edge between Gradio's events and the handlers: where errors become sentences, and "nothing changes" an answer."""

import functools
import inspect
import logging
from collections.abc import Callable
from typing import Any

import gradio as gr
from starlette.concurrency import run_in_threadpool

from backend.chat.errors import UserError, trace
from ui.components.chat import ChatComponents
from ui.conversations.lost import is_lost, refused
from ui.session import Updates, Values

GONE = "What this would change is not there any more, so nothing was changed."
FAULT = "The app failed at this. Try again; whoever runs it finds the reason in its log."
log = logging.getLogger(__name__)
Handler = Callable[..., Any]  # of what Gradio gives an event, which gives updates; it may be a coroutine


def event(handler: Handler, components: ChatComponents, on_conversation: bool = False) -> Handler:
    """The handler as Gradio can call it.

    A UserError is told; all else that is raised is logged, without words that may be a visitor's, and told as a fault.
    `on_conversation` says that it acts on the conversation of the page's values, which it takes first: one that the
    server no longer has is refused.
    """

    @functools.wraps(handler)
    async def call(*given: Any) -> Updates:
        try:
            if on_conversation and is_lost(components, given[0]):
                return refused(components)
            updates: Updates = await _result(handler, *given)
            return updates or {components.channel: gr.skip()}
        except UserError as error:
            gr.Warning(str(error))
        except Exception as error:
            log.error("%s failed: %s", getattr(handler, "__name__", "an event"), trace(error))
            gr.Warning(FAULT)
        return {components.channel: gr.skip()}

    return call


async def _result(handler: Handler, *given: Any) -> Any:
    """A plain function runs in a thread: it may decode pictures, or wait for a disk."""
    if inspect.iscoroutinefunction(handler):
        return await handler(*given)
    return await run_in_threadpool(handler, *given)


def place(data: object) -> int:
    """The place that an event of the chatbot names, alone or first in a list. Raises UserError where it names none."""
    index = data.get("index") if isinstance(data, dict) else None
    index = index[0] if isinstance(index, list) and index else index
    if type(index) is not int or index < 0:
        raise UserError(GONE)
    return index


def with_value(component: Any, handler: Callable[..., Any]) -> Handler:
    """A handler that takes one component's value before the values of all."""

    async def call(values: Values, request: gr.Request) -> Any:
        rest = {key: value for key, value in values.items() if key is not component}
        return await _result(handler, values[component], rest, request)

    return call
