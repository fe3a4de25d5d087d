"""Memory beside what the app plans with before it loads a model: backend/models/memory.py."""

from collections.abc import Iterator
from contextlib import closing

import torch

from backend.chat.messages import UserMessage
from backend.chat.request import ChatRequest
from backend.chat.settings import GenerationSettings
from backend.engines.local.engine import LocalEngine
from scripts.benchmark.answers import answered, long_message
from scripts.benchmark.large.device import Peak
from scripts.benchmark.large.subject import Subject
from scripts.benchmark.noise import picture_file
from scripts.benchmark.table import Row


def rows(subject: Subject) -> Iterator[Row]:
    """An answer to as many tokens as the plan has room for, and to the largest picture."""
    side, tokens = subject.amounts.side, subject.amounts.context
    picture = picture_file(subject.folder, 0, side)
    text = long_message(subject.loaded, tokens - (side // 28) * (side // 28 + 1))
    asked = UserMessage((picture, *text.parts))
    request = ChatRequest("", (asked,), settings=GenerationSettings(temperature=0.0, max_tokens=4))
    with Peak(subject.device) as peak, closing(LocalEngine(subject.loaded)) as engine:
        usage, _ = answered(engine, request)
    planned = subject.size.needed("bf16")
    held, how = _held(subject, peak)
    yield Row(
        f"peak memory, {usage.prompt_tokens:,} tokens and a picture of {side} x {side}",
        f"{held / 1e9:.2f} GB ({how})",
        f"{held / planned:.2f} of the {planned / 1e9:.2f} GB planned (target 1)",
    )


def _held(subject: Subject, peak: Peak) -> tuple[float, str]:
    """(bytes that are taken from the machine, of what they are made up)"""
    if subject.device.type != "cuda":
        return peak.most, "of the process, looked at again and again"
    free, total = torch.cuda.mem_get_info(subject.device)
    runtime = total - free - torch.cuda.memory_reserved(subject.device)
    reserved = torch.cuda.max_memory_reserved(subject.device)
    return reserved + runtime, f"{peak.most / 1e9:.2f} in tensors, {reserved / 1e9:.2f} held by torch, the rest by CUDA"
