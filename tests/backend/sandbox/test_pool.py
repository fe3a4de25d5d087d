"""Work in processes of their own: results and errors come back, and what runs away is ended."""

import contextvars
import ctypes
import os
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from backend.chat.errors import ImageRefused
from backend.sandbox.caller import CALLER
from backend.sandbox.ending import Ending
from backend.sandbox.limits import end_after
from backend.sandbox.pool import Busy, LimitReached, Sandbox
from backend.tools.builtin import my_calculator


def sleeps() -> str:
    time.sleep(60)
    return "awake"


def counts() -> str:
    while True:
        pass


def eats() -> str:
    return str(len(bytearray(3_000_000_000)))


def dies() -> str:
    os._exit(3)


def own_process() -> str:
    return str(os.getpid())


def writes(count: int) -> str:
    print("among the outcomes", flush=True)
    return "x" * count


def reads() -> str:
    """What this process and a program that it starts find to be read."""
    program = subprocess.run([sys.executable, "-c", "print(len(input()))"], stdout=subprocess.PIPE, check=False)
    return f"{sys.stdin.read()}{program.stdout.decode()}"


def refuses() -> str:
    raise ImageRefused("Send another.")


class Odd(Exception):
    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"{one} {other}")


def raises_oddly() -> str:
    raise Odd("both", "words")


def disarms() -> str:
    end_after(0)
    return sleeps()


def knows(name: str) -> bool:
    return name in os.environ


class Taken:
    """Runs something where it is unpickled, as a process might send that a hostile file took over."""

    def __reduce__(self) -> tuple[Callable[[str, str], None], tuple[str, str]]:
        return os.putenv, ("TAKEN", "over")


def sends_code() -> Taken:
    return Taken()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox(0.3, 1_000_000_000, ["backend.tools.builtin"], count=2)
    yield sandbox
    sandbox.close()


def test_a_result_comes_back_from_another_process(sandbox: Sandbox) -> None:
    assert sandbox.wrapped(my_calculator)(expression="6 * 7") == "42"
    assert sandbox.run(own_process) != str(os.getpid())


def test_a_process_that_was_started_ahead_takes_the_first_calls() -> None:
    sandbox = Sandbox(1, 1_000_000_000)
    sandbox.start()
    begun = sandbox._workers[0]._process
    assert begun is not None
    assert [sandbox.run(own_process) for _ in range(2)] == [str(begun.pid)] * 2
    sandbox.close()
    assert begun.returncode is not None


def test_what_a_call_raises_is_raised_here(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="division by zero"):
        sandbox.run(my_calculator, expression="1 / 0")
    with pytest.raises(ImageRefused, match=r"^Send another\.$"):
        sandbox.run(refuses)
    with pytest.raises(ValueError, match=r"^both words$"):
        sandbox.run(raises_oddly)


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (counts, "longer than 0.3 s"),
        (sleeps, "longer than 0.3 s"),
        (eats, "too much memory"),
        (dies, "ended by itself"),
        (disarms, "ended by itself"),
    ],
)
def test_what_runs_away_is_ended_at_the_limit_and_the_next_call_works(
    sandbox: Sandbox, call: Callable[[], str], why: str
) -> None:
    with pytest.raises(LimitReached, match=why):
        sandbox.run(call)
    assert sandbox.run(my_calculator, expression="1 + 1") == "2"


def test_a_call_that_waits_ends_by_the_clock_where_that_is_what_counts() -> None:
    waiting = Sandbox(60, 1_000_000_000, [__name__], clock=0.3)
    with closing(waiting) as sandbox, pytest.raises(LimitReached, match=r"than 0\.3 s"):
        sandbox.run(sleeps)


def test_others_are_served_while_one_call_runs_away() -> None:
    ended = threading.Event()

    def run_away() -> None:
        with pytest.raises(LimitReached):
            sandbox.run(sleeps)
        ended.set()

    with closing(Sandbox(30, 1_000_000_000, count=2)) as sandbox:
        threading.Thread(target=run_away).start()
        while sandbox._idle.qsize() == 2:
            time.sleep(0.01)
        assert sandbox.run(own_process)
        assert not ended.is_set()
    assert ended.wait(30)


def test_megabytes_are_cut_and_what_is_printed_is_no_result(sandbox: Sandbox) -> None:
    assert sandbox.run(writes, 50_000_000) == "x" * 1_000_000


def test_what_reads_its_input_takes_no_tasks() -> None:
    with closing(Sandbox(10, 1_000_000_000)) as sandbox:
        assert sandbox.run(reads) == ""
        assert sandbox.run(own_process).isdigit()


def test_a_process_can_send_values_and_errors_but_nothing_that_runs(sandbox: Sandbox) -> None:
    with pytest.raises(LimitReached):
        sandbox.run(sends_code)
    assert sandbox.run(own_process).isdigit()


def test_no_secret_of_the_app_goes_into_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "secret")
    sandbox = Sandbox(1, 1_000_000_000)
    assert [sandbox.run(knows, name) for name in ("HF_TOKEN", "PATH")] == [False, True]
    sandbox.close()


def left_in_memory() -> bool:
    """Whether what was given back to glibc can still be read there, and so be shown by a library that reads too far."""
    libc = ctypes.CDLL(None)
    libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, (ctypes.c_void_p,)
    secret, place = b"a visitor's words" * 100, libc.malloc(2000)
    ctypes.memmove(place, secret, len(secret))
    libc.free(place)
    return secret[100:1000] in ctypes.string_at(libc.malloc(2000), 2000)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other libraries have no such way")
def test_what_a_call_left_in_memory_is_overwritten(sandbox: Sandbox) -> None:
    assert left_in_memory()
    assert not sandbox.run(left_in_memory)


def test_one_visitors_work_leaves_a_process_for_others() -> None:
    said: list[str] = []

    def works() -> None:
        CALLER.set("one")
        try:
            sandbox.run(sleeps)
        except (Busy, LimitReached) as error:
            said.append(type(error).__name__)

    with closing(Sandbox(60, 1_000_000_000, count=2, wait=2.0)) as sandbox:
        threads = [threading.Thread(target=works) for _ in range(4)]
        for thread in threads:
            thread.start()
        while len(said) < 3:  # those for which there is no room
            time.sleep(0.05)
        found = contextvars.copy_context().run(lambda: (CALLER.set("another"), sandbox.run(own_process))[1])
        sandbox.close()
        for thread in threads:
            thread.join(20)
    assert found.isdigit()
    assert said == ["Busy"] * 3 + ["LimitReached"]


def test_a_process_that_is_ended_in_the_moment_of_its_outcome_is_not_left_to_the_next_call() -> None:
    done: list[str] = []

    class Process:
        def kill(self) -> None:
            done.append("killed")

        def end(self) -> int:
            done.append("ended")
            return 0

    ending = Ending()
    with ending.of(Process()):
        ending.end()
    assert done == ["killed", "ended"]
