"""What is recorded of a GPU's work, on a stand-in for torch.cuda: no GPU is needed, and none is proven to do it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
import torch

from backend.engines.local.decode import recording
from backend.engines.local.decode.recording import recorded

USUAL = Mock(name="the usual stream")


class Cuda:
    """What `recorded` uses of torch.cuda, and what came of it."""

    def __init__(self) -> None:
        self.current: Any = USUAL
        self.mode: int | str = 0
        self.made: list[Any] = []
        self.recorded_on: list[Any] = []
        self.is_recording = False
        self.fails = False
        self.CUDAGraph = Mock

    def Stream(self, _: torch.device) -> Any:
        self.made.append(Mock(name="a stream aside"))
        return self.made[-1]

    def current_stream(self, _: torch.device) -> Any:
        return self.current

    def get_sync_debug_mode(self) -> int | str:
        return self.mode

    def set_sync_debug_mode(self, mode: int | str) -> None:
        self.mode = mode

    @contextmanager
    def stream(self, stream: Any) -> Iterator[None]:
        before, self.current = self.current, stream
        try:
            yield
        finally:
            self.current = before

    @contextmanager
    def graph(self, graph: Any, stream: Any, capture_error_mode: str) -> Iterator[None]:
        """As PyTorch's, which leaves its stream the current one where the recording fails."""
        self.current, self.is_recording = stream, True
        self.recorded_on.append(stream)
        yield
        self.is_recording = False
        if self.fails:
            raise RuntimeError("CUDA error: operation failed due to a previous error during capture")


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> Cuda:
    found = Cuda()
    monkeypatch.setattr(recording, "torch", SimpleNamespace(cuda=found))
    recording._aside.cache_clear()
    return found


def work(cuda: Cuda, waits: bool = False) -> Callable[[], None]:
    """A step; one that waits for the GPU does as PyTorch has it."""

    def run() -> None:
        if waits and cuda.mode == "error":
            raise RuntimeError("called a synchronizing CUDA operation")
        assert not (waits and cuda.is_recording)

    return run


def test_work_that_waits_for_the_gpu_is_found_before_a_recording_begins(cuda: Cuda) -> None:
    with pytest.raises(RuntimeError, match="synchronizing"):
        recorded(work(cuda, waits=True), torch.zeros(1))
    assert not cuda.recorded_on
    assert (cuda.mode, cuda.current) == (0, USUAL)


def test_a_recording_that_fails_leaves_the_thread_on_its_stream(cuda: Cuda) -> None:
    cuda.fails = True
    with pytest.raises(RuntimeError, match="previous error"):
        recorded(work(cuda), torch.zeros(1))
    assert cuda.current is USUAL


def test_all_recordings_share_a_stream_since_libraries_keep_memory_for_each(cuda: Cuda) -> None:
    for _ in range(3):
        recorded(work(cuda), torch.zeros(1))
    assert cuda.recorded_on == cuda.made * 3
    assert len(cuda.made) == 1
