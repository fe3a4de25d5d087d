"""What this machine has, and what of it a model is put on. The only place that picks devices."""

import errno
import gc
import os
from typing import Literal

import psutil
import torch
from transformers.utils.import_utils import is_flash_attn_2_available, is_kernels_available

from backend.models.catalogue import Checkpoint
from backend.models.memory import Machine

FP8_CAPABILITY = (8, 9)  # of a GPU, that transformers asks for
# The processor's has no error of its own; the last is how C++ says it.
NO_MEMORY = ("DefaultCPUAllocator: ", os.strerror(errno.ENOMEM), "std::bad_alloc")


def machine() -> Machine:
    """What this machine has for a model."""
    if torch.cuda.is_available():
        free = sum(torch.cuda.mem_get_info(i)[0] for i in range(torch.cuda.device_count()))
        return Machine("cuda", free, runs_fp8())
    kind: Literal["mps", "cpu"] = "mps" if torch.backends.mps.is_available() else "cpu"
    return Machine(kind, psutil.virtual_memory().available)


def device_map(checkpoint: Checkpoint, on_gpu: bool) -> str | None:
    """On the GPUs, spread over several where there are; in main memory too only where that was asked for."""
    if not on_gpu:
        return None
    if checkpoint.offload or not torch.cuda.is_available():
        return "auto"
    return "balanced" if torch.cuda.device_count() > 1 else "cuda:0"


def attention(dtype: torch.dtype) -> str:
    """FlashAttention where it is installed and can run, which float32 cannot, else PyTorch's own."""
    flash = torch.cuda.is_available() and is_flash_attn_2_available() and dtype != torch.float32
    return "flash_attention_2" if flash else "sdpa"


def runs_fp8() -> bool:
    """Whether matrices that are stored in FP8 are multiplied as they are: by all GPUs, with the package kernels."""
    gpus = range(torch.cuda.device_count() if torch.cuda.is_available() else 0)
    able = [torch.cuda.get_device_capability(gpu) >= FP8_CAPABILITY for gpu in gpus]
    return bool(able) and all(able) and is_kernels_available()


def spare_threads() -> int:
    """All cores but one, which the web server needs to keep breathing."""
    return max(1, (os.cpu_count() or 2) - 1)


def free_bytes(device: torch.device) -> int:
    """What can be had on this device. Of a GPU, also what torch holds there unused: it makes room of that itself."""
    if device.type != "cuda":
        return psutil.virtual_memory().available
    unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return torch.cuda.mem_get_info(device)[0] + unused


def wait_for(device: torch.device) -> None:
    """Until a GPU has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def free_memory() -> None:
    """Give back what a model that nobody holds any more has left, on the GPUs too."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out, on a GPU or on the processor."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or any(text in str(error) for text in NO_MEMORY)
