"""Pictures through the whole tower and the projector, one and then ten, one after the other as the app does."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch

from backend.engines.local.vision import features_of
from backend.tokenization.pictures import ModelPicture
from scripts.benchmark.large.device import Peak, least, timed
from scripts.benchmark.large.subject import Subject
from scripts.benchmark.noise import picture_file
from scripts.benchmark.table import Row

MANY = 10


def rows(subject: Subject) -> Iterator[Row]:
    """From the files until the features are there."""
    side = subject.amounts.side
    files = [picture_file(subject.folder, number, side) for number in range(MANY)]
    pictures = [ModelPicture.of(file.path, side, side) for file in files]
    yield _one(subject, pictures[0])
    seconds, memory = _seen(subject, pictures[:1])
    longer, larger = _seen(subject, pictures)
    yield Row(
        f"{MANY} pictures of {side} x {side}, of 1",
        f"{longer * 1000:.0f} of {seconds * 1000:.0f} ms, {larger / 1e9:.2f} of {memory / 1e9:.2f} GB more",
        f"{longer / seconds:.1f} times as long, {larger / max(1, memory):.1f} times the memory",
    )


def _one(subject: Subject, picture: ModelPicture) -> Row:
    """With what of it is the tower's arithmetic: attention is between all of a picture's patches."""
    side, model = subject.amounts.side, subject.loaded.model.model
    pixels = torch.randn(1, 3, side, side, device=subject.device, dtype=torch.bfloat16)
    sizes = torch.tensor([[side, side]], device=subject.device)
    tower = least(lambda: model.get_image_features(pixels, image_sizes=sizes, return_dict=True), subject.device)
    whole = least(lambda: features_of(subject.loaded.model, picture), subject.device)
    done = operations(model, side)
    return Row(
        f"a picture of {side} x {side}",
        f"{whole * 1000:.0f} ms; {tower * 1000:.0f} of them the tower, {done / tower / 1e12:.3g} TFLOP/s",
        subject.ceilings.of_arithmetic(done, tower),
    )


def operations(model: Any, side: int) -> float:
    """Two for a weight and a patch, and four for a pair of patches and a number of a layer's width."""
    shape = model.config.vision_config
    patches = (side // shape.patch_size) ** 2
    tower = sum(weight.numel() for weight in model.vision_tower.transformer.parameters())
    projector = sum(weight.numel() for weight in model.multi_modal_projector.parameters())
    matrices = 2 * tower * patches + 2 * projector * patches // 4
    return float(matrices + 4 * patches**2 * shape.hidden_size * shape.num_hidden_layers)


def _seen(subject: Subject, pictures: Sequence[ModelPicture]) -> tuple[float, int]:
    """(seconds, bytes at the peak above what is there)"""
    with Peak(subject.device) as peak:
        seconds = timed(lambda: [features_of(subject.loaded.model, one) for one in pictures], subject.device)
    return seconds, peak.added
