"""Memory that is not used goes back to the system."""

import platform

import psutil
import pytest

from backend.runtime.heap import give_back


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is asked")
def test_what_is_free_between_what_is_in_use_goes_back() -> None:
    pieces = [str(number % 10).encode() * 2_000 for number in range(100_000)]
    process = psutil.Process()
    used = process.memory_info().rss
    pieces = pieces[::50]
    give_back()
    assert used - process.memory_info().rss > 100_000_000
    assert set(b"".join(pieces)) == {ord("0")}
