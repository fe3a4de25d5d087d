"""Work that what a visitor gives may make endless or huge, in processes of their own that end at their limits.

They are plain ones: those of `multiprocessing` may not be started within ZeroGPU's workers, and import the app anew.
"""

import contextlib
import dataclasses
import datetime
import functools
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from backend.sandbox.caller import CALLER, CallersTurns
from backend.sandbox.ending import Ending, steps
from backend.sandbox.limits import PATIENCE, START_SECONDS, ran_out_of_time

P = ParamSpec("P")
T = TypeVar("T")
Run = Callable[..., Any]  # Sandbox.run, or `directly`

ROOT = Path(__file__).resolve().parents[2]
GRACE_SECONDS = 1.0  # from a process's last word to its end
NEEDED = {"PATH", "HOME", "TMPDIR", "TEMP", "TMP", "LANG", "TZ", "SYSTEMROOT", "LD_LIBRARY_PATH"}
# Has glibc overwrite memory that is given back: what a fault of a library shows is nothing that another's call left.
CLEARED = {"MALLOC_PERTURB_": "255"}
PREFIXES = ("LC_", "PYTHON", "OPENBLAS_")


class LimitReached(Exception):
    """A call took more time or memory than it may, or its process ended by itself. The text says which."""


class Busy(Exception):
    """There is no process for a call: others' calls have all of them for too long, or none can be started."""


def directly(function: Callable[P, T], /, *arguments: P.args, **named: P.kwargs) -> T:
    """What Sandbox.run does, without its limits: for input that is known to be harmless."""
    return function(*arguments, **named)


class _Outcome(pickle.Unpickler):
    """Takes plain data, values of our own and errors: no function that a taken-over process names is run here.

    It keeps nothing else out: such a process runs as the same user.
    """

    def find_class(self, module: str, name: str) -> Any:
        """See pickle.Unpickler. Raises UnpicklingError for all else."""
        found = super().find_class(module, name) if module in sys.modules else None
        is_own = module.startswith("backend.") and dataclasses.is_dataclass(found)
        if isinstance(found, type) and (is_own or issubclass(found, Exception | datetime.date)):
            return found
        raise pickle.UnpicklingError(f"{module}.{name} is no value")


class Sandbox:
    """Some processes, each started when it is wanted and again after it has ended. Safe to use from threads."""

    def __init__(
        self, seconds: float, memory: int, modules: Sequence[str] = (), count: int = 1, wait: float = 30.0,
        clock: float | None = None, is_trusted: bool = False,
    ) -> None:  # fmt: skip
        """One call may take `seconds` of processor time, `clock` of them on the clock (see end_after), and `memory`,
        bytes of address space.

        `modules` are imported ahead, and not within the first call's time. `count` calls can run at once, and one
        less of a visitor's; another waits for `wait` seconds at most. Where the code `is_trusted`, as it is the own
        one of whoever runs the app, it has this process's environment, and what it prints is seen.
        """
        self._told, self._clock, self._wait = clock or seconds, clock or PATIENCE * seconds, wait
        numbers = map(str, (seconds, self._clock, memory))
        command = [sys.executable, "-P", "-m", "backend.sandbox.worker", *numbers, *modules]
        self._workers = [_Worker(command, is_trusted) for _ in range(count)]
        self._idle: queue.LifoQueue[_Worker] = queue.LifoQueue()  # the one that was used last comes first
        for worker in self._workers:
            self._idle.put(worker)
        self._turns = CallersTurns()
        weakref.finalize(self, _end, self._workers)

    def start(self) -> None:
        """Starts a process, so that the first call need not wait for it; a failure is that call's to tell."""
        with contextlib.suppress(Busy), self._borrowed() as worker:
            worker.start()

    def wrapped(self, function: Callable[P, T]) -> Callable[P, T]:
        """The function, a module's own, such that it is run over there; see `run`."""
        return functools.wraps(function)(functools.partial(self.run, function))

    def run(self, function: Callable[P, T], /, *arguments: P.args, **named: P.kwargs) -> T:
        """What the function, a module's own, returns or raises; long texts are cut. Raises LimitReached and Busy."""
        result: T = self._outcome(pickle.dumps((function, arguments, named)), Ending())
        return result

    def steps(self, function: Callable[P, T], /, *arguments: P.args, **named: P.kwargs) -> Generator[str, None, T]:
        """The same, which yields "" every 0.1 s until then; closing it ends the process."""
        task = pickle.dumps((function, arguments, named))
        return steps(functools.partial(self._outcome, task))

    def _outcome(self, task: bytes, ending: Ending) -> Any:
        with self._borrowed() as worker, ending.of(worker):
            worker.start()
            try:
                ending.check()
                returned, made = worker.call(task, self._clock)
            except (EOFError, OSError, ValueError, pickle.UnpicklingError) as error:  # ValueError: its pipe was closed
                raise LimitReached(self._why(worker.end(GRACE_SECONDS))) from error
            except BaseException:
                worker.end()  # what is left in its pipe would be the next call's outcome
                raise
        if not returned:
            raise made
        return made

    def close(self) -> None:
        """Ends all processes; a call that is under way raises LimitReached."""
        _end(self._workers)

    @contextlib.contextmanager
    def _borrowed(self) -> "Iterator[_Worker]":
        with self._turn(CALLER.get()):
            try:
                worker = self._idle.get(timeout=self._wait)
            except queue.Empty as error:
                raise Busy("others' work takes too long at present") from error
            try:
                yield worker
            finally:
                self._idle.put(worker)

    @contextlib.contextmanager
    def _turn(self, caller: str) -> Iterator[None]:
        """Until the block ends, one of the places that a visitor may have: all but one, which is for others."""
        places = len(self._workers) if caller == "" else max(1, len(self._workers) - 1)
        turn = self._turns.of(caller, places)
        if not turn.acquire(timeout=self._wait):
            raise Busy("this visitor's own work takes too long at present")
        try:
            yield
        finally:
            turn.release()

    def _why(self, code: int) -> str:
        if ran_out_of_time(code):
            return f"it took longer than {self._told:g} s"
        return "it needed too much memory or ended by itself"


class _Worker:
    """One process, or none, for one caller at a time. It speaks in pickles: tasks come in, outcomes go out."""

    def __init__(self, command: Sequence[str], is_trusted: bool) -> None:
        self._command, self._is_trusted = command, is_trusted
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts the process where there is none. Raises Busy."""
        if self._process and self._process.poll() is None:
            return
        self.end()
        pipe = subprocess.PIPE
        try:
            # What is printed over there may hold a visitor's words.
            said = None if self._is_trusted else subprocess.DEVNULL
            self._process = subprocess.Popen(
                self._command, stdin=pipe, stdout=pipe, stderr=said, env=_environment(self._is_trusted),
                start_new_session=self._is_trusted,
            )  # fmt: skip
            self.call(b"", PATIENCE * START_SECONDS)
        except (OSError, EOFError, ValueError, pickle.UnpicklingError) as error:  # ValueError: it was ended meanwhile
            self.end()
            raise Busy("it could not be started") from error

    def call(self, task: bytes, clock: float) -> tuple[bool, Any]:
        """Whether the task returned, and what it returned or raised. Raises EOFError or OSError where it ended.

        The process ends itself after `clock` seconds at the latest; where it cannot, it is ended here.
        """
        process = self._process
        if not (process and process.stdin and process.stdout):
            raise EOFError
        watch = threading.Timer(clock + GRACE_SECONDS, self._kill, [process])
        watch.start()
        try:
            process.stdin.write(task)
            process.stdin.flush()
            outcome: tuple[bool, Any] = _Outcome(process.stdout).load()
        finally:
            watch.cancel()
        return outcome

    def kill(self) -> None:
        """Ends the process where there is one, for whoever waits for it to notice. From any thread."""
        if process := self._process:
            self._kill(process)

    def end(self, grace: float = 0.0) -> int:
        """Ends the process where there is one, unless it ends by itself within `grace` seconds. Its exit code."""
        if not (process := self._process):
            return 0
        self._process = None
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace)
        self._kill(process)
        process.communicate()
        return process.returncode

    def _kill(self, process: "subprocess.Popen[bytes]") -> None:
        """With the programs that it has started, where it may start some."""
        if self._is_trusted and hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()


def _environment(is_whole: bool) -> dict[str, str]:
    """What a process needs of this one's environment: no key, token or password is among it, unless it gets all."""
    names = [name for name in os.environ if is_whole or name in NEEDED or name.startswith(PREFIXES)]
    needed = {name: os.environ[name] for name in names}
    # This process's own paths, since the calls' modules are looked for where it found them.
    return needed | {"PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)]), **CLEARED}


def _end(workers: Sequence[_Worker]) -> None:
    for worker in workers:
        worker.end()
