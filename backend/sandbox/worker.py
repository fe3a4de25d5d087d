"""The other side of a sandbox: the process in which a task runs, and that ends at its limits. Run as a module."""

import contextlib
import importlib
import os
import pickle
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Any

from backend.sandbox.limits import START_SECONDS, end_after, limit

MAX_OUTPUT = 1_000_000  # characters of a text that are handed over


def _serve(seconds: float, clock: float, memory: int, modules: Sequence[str]) -> None:
    """Runs in the process: takes tasks until there are no more."""
    tasks, outcomes = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no outcome
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # nor is a task what a program reads that it starts
    end_after(START_SECONDS)
    for module in modules:
        importlib.import_module(module)
    limit(memory)
    outcome = pickle.dumps((True, "ready"))
    while True:
        end_after(0)
        outcomes.write(outcome)
        outcomes.flush()
        try:
            function, arguments, named = pickle.load(tasks)
        except EOFError:
            return
        end_after(seconds, clock)
        outcome = _outcome(function, arguments, named)


def _outcome(function: Callable[..., Any], arguments: Sequence[Any], named: dict[str, Any]) -> bytes:
    try:
        made = function(*arguments, **named)
        return pickle.dumps((True, made[:MAX_OUTPUT] if isinstance(made, str) else made))
    except MemoryError:
        os._exit(1)  # what is left of it would be missing in the next call
    except Exception as error:  # a call may raise anything, and the caller has to be told
        vars(error)["remote_trace"] = "".join(traceback.format_tb(error.__traceback__))  # its own is not pickled
        try:
            pickle.loads(pickle.dumps(error))  # not every exception can be made anew from its arguments
        except Exception:
            error = ValueError(str(error) or type(error).__name__)
        return pickle.dumps((False, error))


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C ends the app, which has nothing to tell of this process
        _serve(float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
