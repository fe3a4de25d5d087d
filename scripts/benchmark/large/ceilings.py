"""What the device itself reaches, beside which the model is measured."""

from collections.abc import Iterator

import torch

from scripts.benchmark.large.device import least
from scripts.benchmark.large.subject import Ceilings, Subject
from scripts.benchmark.table import Row

RUNS = 10


def rows(subject: Subject) -> Iterator[Row]:
    """Its memory's bandwidth, then its arithmetic."""
    bandwidth = _bandwidth(subject)
    name = torch.cuda.get_device_name(subject.device) if subject.device.type == "cuda" else "the processor"
    yield Row(f"memory of {name}", f"{bandwidth / 1e12:.3g} TB/s copied", f"torch {torch.__version__}")
    operations = _operations(subject)
    yield Row("arithmetic in bf16", f"{operations / 1e12:.3g} TFLOP/s", f"{subject.amounts.square:,} a side")
    subject.found = Ceilings(bandwidth, operations)


def _bandwidth(subject: Subject) -> float:
    size = subject.amounts.copied
    source, target = (torch.empty(size, dtype=torch.uint8, device=subject.device) for _ in range(2))
    source.random_()
    return 2 * size / least(lambda: target.copy_(source), subject.device, RUNS)


def _operations(subject: Subject) -> float:
    side = subject.amounts.square
    a, b = (torch.randn(side, side, device=subject.device, dtype=torch.bfloat16) for _ in range(2))
    return 2.0 * side**3 / least(lambda: a @ b, subject.device, RUNS)
