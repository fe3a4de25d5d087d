"""Tools in a process of their own: results and errors come back, and what runs away is killed."""

import os
import time
from collections.abc import Iterator

import pytest

from backend.builtin_tools import my_calculator
from backend.sandbox import Sandbox


def sleeps(seconds: float) -> str:
    time.sleep(seconds)
    return "awake"


def eats() -> str:
    return str(len(bytearray(3_000_000_000)))


def dies() -> str:
    os._exit(3)


def own_process() -> str:
    return str(os.getpid())


def writes(count: int) -> str:
    return "x" * count


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox()
    yield sandbox
    sandbox.close()


def test_a_result_comes_back_from_another_process(sandbox: Sandbox) -> None:
    assert sandbox.wrapped(my_calculator)(expression="6 * 7") == "42"
    assert sandbox.run(own_process, {}) != str(os.getpid())


def test_a_helper_that_was_started_ahead_takes_the_first_call() -> None:
    sandbox = Sandbox()
    sandbox.start()
    begun = sandbox._process
    assert begun is not None
    assert sandbox.run(own_process, {}) == str(begun.pid)
    sandbox.close()
    assert not begun.is_alive()


def test_what_a_tool_raises_comes_back_as_its_sentence(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="division by zero"):
        sandbox.run(my_calculator, {"expression": "1 / 0"})


def test_a_tool_that_hangs_is_killed_at_the_limit_and_the_next_call_works(sandbox: Sandbox) -> None:
    with pytest.raises(TimeoutError, match="longer than 2 s"):
        sandbox.run(sleeps, {"seconds": 60})
    assert sandbox.run(my_calculator, {"expression": "1 + 1"}) == "2"


@pytest.mark.parametrize("tool", [eats, dies])
def test_a_tool_that_eats_memory_or_dies_leaves_the_app_alone(sandbox: Sandbox, tool: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        sandbox.run(tool, {})  # type: ignore[arg-type]
    assert sandbox.run(my_calculator, {"expression": "1 + 1"}) == "2"


def test_megabytes_are_cut(sandbox: Sandbox) -> None:
    assert len(sandbox.run(writes, {"count": 50_000_000})) == 1_000_000
