"""The edge between Gradio's events and the handlers: where errors become sentences, and "nothing changes" an answer."""

import functools
import inspect
import logging
from collections.abc import AsyncGenerator, Callable
from typing import Any

import gradio as gr

from backend.chat.errors import FAULT, GONE, UserError, trace
from ui.conversations.restore import Restorer
from ui.threads import in_thread
from ui.values import Updates, Values, warn

log = logging.getLogger(__name__)
Handler = Callable[..., Any]  # of what Gradio gives an event; gives what changes, {} for nothing; may be a coroutine
Failed = Callable[..., Updates]  # of the same: what changes where the handler failed


def event(handler: Handler, failed: Failed = lambda *_: {}) -> Handler:
    """The handler as Gradio can call it.

    A UserError is told; all else that is raised is logged, without words that may be a visitor's, and told as a fault:
    then `failed` gives what changes.
    """

    @functools.wraps(handler)
    async def call(*given: Any) -> Any:
        return await _outcome(handler, failed, *given)

    return call


def on_conversation(
    handler: Handler,
    restorer: Restorer,
    failed: Failed = lambda *_: {},
    needs: Callable[..., bool] = lambda *_: True,
) -> Handler:
    """The same for a handler that acts on the conversation that the page shows, and takes values first, request last.

    Where the server no longer has that conversation it is brought back first, and then the handler is called. `needs`
    says, of what Gradio gives, whether this event acts on it.
    """

    @functools.wraps(handler)
    async def call(*given: Any) -> AsyncGenerator[Any, None]:
        values, request = given[0], given[-1]
        try:
            if needs(*given) and restorer.is_lost(values, request):
                async for meanwhile in restorer.bring_back(values, request):
                    yield meanwhile
            if needs(*given):
                restorer.refuse_another(values, request)
        except Exception as error:
            told(handler, error)
            yield _changes(failed(*given))
            return
        yield _changes(restorer.newest(await _outcome(handler, failed, *given), request))
        yield gr.skip()  # Gradio says the last once more at the end, when the page may show something newer

    return call


async def _outcome(handler: Handler, failed: Failed, *given: Any) -> Any:
    try:
        return _changes(await _result(handler, *given))
    except Exception as error:
        told(handler, error)
        return _changes(failed(*given))


def _changes(outcome: Any) -> Any:
    return gr.skip() if outcome == {} else outcome


def told(handler: Handler, error: Exception) -> None:
    """Tells the person what went wrong."""
    if isinstance(error, UserError):
        warn(str(error))
        return
    log.error("%s failed: %s", getattr(handler, "__name__", "an event"), trace(error))
    warn(FAULT)


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
