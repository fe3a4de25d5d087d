"""Seconds and bytes on a GPU or on a processor."""

import threading
import time
from collections.abc import Callable

import psutil
import torch

from backend.engines.local.devices import wait_for

EVERY = 0.005  # seconds between two looks at the memory of the process


def timed(work: Callable[[], object], device: torch.device) -> float:
    """Seconds until it is done."""
    wait_for(device)
    start = time.perf_counter()
    with torch.no_grad():
        work()
    wait_for(device)
    return time.perf_counter() - start


def least(work: Callable[[], object], device: torch.device, runs: int = 3) -> float:
    """The least seconds of several runs, after one that does not count."""
    return min([timed(work, device) for _ in range(runs + 1)][1:])


class Peak:
    """The most memory while it watches: torch's of a GPU, else the process's, which is looked at again and again."""

    def __init__(self, device: torch.device) -> None:
        self.before = self.most = 0
        self._device = device
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    @property
    def added(self) -> int:
        """Bytes above what there was before."""
        return self.most - self.before

    def __enter__(self) -> "Peak":
        if self._device.type == "cuda":
            wait_for(self._device)
            torch.cuda.reset_peak_memory_stats(self._device)
            self.before = torch.cuda.memory_allocated(self._device)
        else:
            self.before = self.most = psutil.Process().memory_info().rss
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._device.type == "cuda":
            wait_for(self._device)
            self.most = torch.cuda.max_memory_allocated(self._device)
        else:
            self._done.set()
            self._thread.join()

    def _look(self) -> None:
        process = psutil.Process()
        while not self._done.wait(EVERY):
            self.most = max(self.most, process.memory_info().rss)
