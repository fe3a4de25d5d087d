"""Runs the app's own tools in a process of their own, with a limit of time and of memory, and kills it at the limit."""

import contextlib
import functools
import multiprocessing
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from backend.limits import limit
from backend.tools import Picture

MAX_SECONDS = 2.0
MAX_BYTES = 1_000_000_000  # of address space
START_SECONDS = 30.0
MAX_OUTPUT = 1_000_000  # characters that are handed over


class Sandbox:
    """One helper process, started when it is wanted and again after it was killed. Safe to use from threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None

    def start(self) -> None:
        """Starts the helper process, so that the first call need not wait for it; a failure is that call's to tell."""
        with self._lock, contextlib.suppress(OSError):
            self._started()

    def wrapped(self, function: Callable[..., str | Picture]) -> Callable[..., str | Picture]:
        """The function, a module's own, run over there. Raises ValueError for its errors, TimeoutError at the limit."""

        @functools.wraps(function)
        def call(**arguments: object) -> str | Picture:
            return self.run(function, arguments)

        return call

    def run(self, function: Callable[..., str | Picture], arguments: dict[str, object]) -> str | Picture:
        """One call; others wait for it, for MAX_SECONDS at most each."""
        with self._lock:
            pipe = self._started()
            try:
                pipe.send((function.__module__, function.__qualname__, arguments))
                if not pipe.poll(MAX_SECONDS):
                    raise TimeoutError(f"it took longer than {MAX_SECONDS:g} s")
                ok, made = pipe.recv()
            except (EOFError, OSError) as error:
                self._kill()
                if isinstance(error, TimeoutError):
                    raise
                raise ValueError("it needed too much memory or ended by itself") from error
        if not ok:
            raise ValueError(made)
        outcome: str | Picture = made
        return outcome

    def close(self) -> None:
        """Ends the helper process."""
        with self._lock:
            self._kill()

    def _started(self) -> Connection:
        if self._process is None or not self._process.is_alive() or self._pipe is None:
            self._kill()
            # A fresh interpreter: a fork would take along the model's memory and the locks of its threads.
            context = multiprocessing.get_context("spawn")
            self._pipe, theirs = context.Pipe()
            self._process = context.Process(target=_serve, args=(theirs,), daemon=True, name="tools")
            self._process.start()
            theirs.close()
            if not self._pipe.poll(START_SECONDS) or self._pipe.recv() != "ready":
                self._kill()
                raise OSError("the tools could not be started")
        return self._pipe

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join(5)
        if self._pipe is not None:
            self._pipe.close()
        self._process, self._pipe = None, None


def _serve(pipe: Connection) -> None:
    """Runs in the helper process: takes calls until the pipe is closed."""
    import importlib

    from backend import builtin_tools as builtin_tools  # now, and not within the first call's time
    from backend import charts as charts

    limit(MAX_BYTES)
    pipe.send("ready")
    while True:
        try:
            module, name, arguments = pipe.recv()
        except EOFError:
            return
        try:
            output = getattr(importlib.import_module(module), name)(**arguments)
            pipe.send((True, output if isinstance(output, Picture) else str(output)[:MAX_OUTPUT]))
        except Exception as error:  # a tool may raise anything, and the caller has to be told
            pipe.send((False, " ".join(str(error).split())[:2000] or type(error).__name__))
