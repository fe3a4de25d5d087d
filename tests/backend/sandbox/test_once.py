"""What several ask for at once is made once, and a failure is told to all who waited for it."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from backend.sandbox.once import Once


def test_those_who_wait_for_what_fails_do_not_try_it_again_one_after_the_other() -> None:
    tries: list[int] = []
    begun = threading.Event()

    def make() -> int:
        tries.append(1)
        begun.set()
        if len(tries) > 1:
            return 7
        ends = time.monotonic() + 30
        while not (once._made and len(once._made._condition._waiters) == 4) and time.monotonic() < ends:  # who waits
            time.sleep(0.01)
        raise TimeoutError

    once = Once(make)
    with ThreadPoolExecutor(5) as threads:
        first = threads.submit(once.value)
        assert begun.wait(30)
        others = [threads.submit(once.value) for _ in range(4)]
    for asked in (first, *others):
        with pytest.raises(TimeoutError):
            asked.result()
    assert once.value() == once.value() == 7
    assert len(tries) == 2
