"""Work on a GPU, recorded once and repeated from there on: see
https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

import torch
from torch import Tensor


def recorded(run: Callable[[], None], position: Tensor) -> Callable[[], None]:
    """The same work from a CUDA graph. `position`, which the work changes, is 0 before and after.

    Raises RuntimeError where it cannot be recorded, for most reasons before a recording begins: after one that fails,
    PyTorch before 2.12 draws no random numbers any more ("Offset increment outside graph capture"), and each keeps
    the memory that was set aside for it.
    """
    usual, aside = torch.cuda.current_stream(position.device), _aside(position.device)
    aside.wait_stream(usual)
    try:
        with torch.cuda.stream(aside):  # `graph` alone leaves its stream the current one where a recording fails
            run()  # libraries choose and allocate in the first
            position.zero_()
            with _waiting_refused():
                run()
            position.zero_()
            graph = torch.cuda.CUDAGraph()
            # Other threads may use the GPU meanwhile.
            with torch.cuda.graph(graph, stream=aside, capture_error_mode="thread_local"):
                run()
    finally:
        usual.wait_stream(aside)
    position.zero_()
    return graph.replay


@cache
def _aside(device: torch.device) -> torch.cuda.Stream:
    """One for all recordings: cuBLAS keeps a workspace for each stream that it was used on, of 32 MB on an H100."""
    return torch.cuda.Stream(device)  # type: ignore[no-untyped-call]


@contextmanager
def _waiting_refused() -> Iterator[None]:
    """Meanwhile what makes the processor wait for the GPU raises RuntimeError, as bitsandbytes' 8-bit matrices do.

    It cannot be recorded. In all threads, of which no other computes on the GPU.
    """
    usual = torch.cuda.get_sync_debug_mode()
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode(usual)
