"""Memory that is not used goes back to the system, or is used by others."""

import platform
import subprocess
import sys

import psutil
import pytest

from backend.runtime.heap import ARENAS, give_back

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is asked")
# Prints how many heaps there are, once threads have allocated.
HEAPS = """
import ctypes, threading
{call}
libc, done = ctypes.CDLL(None), threading.Barrier(17)
libc.malloc.restype = libc.fopen.restype = ctypes.c_void_p
def allocate():
    libc.malloc(1000)
    done.wait()
    done.wait()
for _ in range(16):
    threading.Thread(target=allocate).start()
done.wait()
libc.malloc_info(0, ctypes.c_void_p(libc.fopen(b"/dev/stdout", b"w")))
libc.fflush(None)
done.wait()
"""
SHARE = "from backend.runtime.heap import share_arenas; share_arenas()"


def heaps(call: str) -> int:
    shown = subprocess.run([sys.executable, "-c", HEAPS.format(call=call)], capture_output=True, text=True, check=True)
    return shown.stdout.count("<heap nr=")


def test_all_threads_allocate_from_a_few_heaps() -> None:
    assert heaps("") > ARENAS
    assert heaps(SHARE) <= ARENAS


def test_what_is_free_between_what_is_in_use_goes_back() -> None:
    pieces = [str(number % 10).encode() * 2_000 for number in range(100_000)]
    process = psutil.Process()
    used = process.memory_info().rss
    pieces = pieces[::50]
    give_back()
    assert used - process.memory_info().rss > 100_000_000
    assert set(b"".join(pieces)) == {ord("0")}
