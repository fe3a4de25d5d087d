"""Looks at processes, any of which may end between two looks, and the end of those that a test started."""

import subprocess
import time
from collections.abc import Iterable
from typing import Any

import psutil


def alive(process: psutil.Process | int) -> bool:
    """Whether it runs, given it or its id; one that has ended and was not waited for yet (a zombie) does not."""
    try:
        found = psutil.Process(process) if isinstance(process, int) else process
        return found.is_running() and found.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def all_gone(processes: Iterable[psutil.Process | int], seconds: float = 30) -> bool:
    """Waits until none of them runs; whether it came to that in time."""
    left, ends = list(processes), time.monotonic() + seconds
    while (left := [process for process in left if alive(process)]) and time.monotonic() < ends:
        time.sleep(0.1)
    return not left


def command_of(process: psutil.Process) -> list[str]:
    """The words that it was started with; none where it has ended, or is not ours to look at."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def libraries(process: psutil.Process) -> list[str]:
    """The files that are mapped into it; none where it has ended."""
    try:
        return [file.path for file in process.memory_maps()]
    except psutil.NoSuchProcess:
        return []


def end(process: "subprocess.Popen[Any]") -> None:
    """Ends it. Raises TimeoutExpired where that takes half a minute, and leaves nothing behind then either."""
    process.terminate()
    try:
        process.wait(30)
    finally:
        process.kill()  # does nothing to one that has ended
        process.wait()
