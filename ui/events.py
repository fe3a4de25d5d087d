"""The edge between Gradio's events and the handlers: where errors become sentences, and "nothing changes" an answer."""

import functools
import inspect
import logging
from collections.abc import Callable
from typing import Any

import gradio as gr

from backend.chat.errors import UserError, trace
from ui.components.chat import ChatComponents
from ui.conversations.lost import is_lost, refused
from ui.session import Updates, Values
from ui.threads import in_thread

GONE = "What this would change is not there any more, so nothing was changed."
FAULT = "The app failed at this. Try again; whoever runs it finds the reason in its log."
log = logging.getLogger(__name__)
Handler = Callable[..., Any]  # of what Gradio gives an event; gives what changes, {} for nothing; may be a coroutine


def event(
    handler: Handler,
    components: ChatComponents,
    on_conversation: bool = False,
    failed: Callable[[Values], Updates] = lambda _: {},
) -> Handler:
    """The handler as Gradio can call it.

    A UserError is told; all else that is raised is logged, without words that may be a visitor's, and told as a fault:
    then `failed` gives, of the page's values, what changes. `on_conversation` says that it acts on the conversation of
    those values, which it takes first: one that the server no longer has is refused.
    """

    @functools.wraps(handler)
    async def call(*given: Any) -> Any:
        try:
            if on_conversation and is_lost(components, given[0]):
                return refused(components)
            outcome = await _result(handler, *given)
            return gr.skip() if outcome == {} else outcome
        except UserError as error:
            gr.Warning(str(error))
        except Exception as error:
            log.error("%s failed: %s", getattr(handler, "__name__", "an event"), trace(error))
            gr.Warning(FAULT)
        return (failed(given[0]) if given else {}) or gr.skip()

    return call


async def _result(handler: Handler, *given: Any) -> Any:
    """A plain function runs in a thread: it may decode pictures, or wait for a disk."""
    return await handler(*given) if inspect.iscoroutinefunction(handler) else await in_thread(handler, *given)


def place(data: dict[str, Any]) -> int:
    """The place that an event of the chatbot names, alone or first in a list. Raises UserError where it names none."""
    index = data.get("index")
    index = index[0] if isinstance(index, list) and index else index
    if type(index) is not int or index < 0:
        raise UserError(GONE)
    return index


def with_value(component: Any, handler: Callable[..., Any]) -> Handler:
    """A handler that takes one component's value before the values of all."""

    async def call(values: Values, request: gr.Request) -> Any:
        rest = {key: value for key, value in values.items() if key is not component}
        return await _result(handler, values[component], rest, request)

    call.__name__ = handler.__name__  # for the log
    return call
