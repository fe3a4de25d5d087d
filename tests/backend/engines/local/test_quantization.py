"""The demo model in 8 and 4 bits: what is quantized and what is not, and that it still sees and answers."""

from collections.abc import Callable
from difflib import SequenceMatcher
from typing import Any

import pytest
import torch

from backend.engines.local.loading import load
from backend.models.catalogue import Checkpoint, find
from backend.models.memory import Precision

pytest.importorskip("bitsandbytes")

KINDS: dict[Precision, str] = {"8bit": "Linear8bitLt", "4bit": "Linear4bit"}


@pytest.fixture(params=KINDS)
def precision(request: pytest.FixtureRequest) -> Precision:
    return request.param


def kinds(module: torch.nn.Module) -> set[str]:
    """The classes of the matrices in a part of the model."""
    return {type(part).__name__ for part in module.modules() if isinstance(part, torch.nn.Linear)}


def test_the_decoders_matrices_are_quantized_and_nothing_else(precision: Precision) -> None:
    model: Any = load(find("demo", precision)).model
    assert kinds(model.model.language_model) == {KINDS[precision]}
    assert kinds(model.lm_head) == {"Linear"}
    for part in (model.model.vision_tower, model.model.multi_modal_projector, model.lm_head):
        assert kinds(part) == {"Linear"}
        assert {weight.dtype for weight in part.parameters()} == {torch.bfloat16}


def test_a_quantized_model_describes_a_scene_as_the_whole_one_does(
    precision: Precision, described: Callable[[Checkpoint], str], caplog: pytest.LogCaptureFixture
) -> None:
    whole, quantized = described(find("demo")), described(find("demo", precision))
    assert "circle" in whole
    assert SequenceMatcher(None, whole, quantized).ratio() > 0.85
    assert len(caplog.records) < 5  # not a line for each matrix of each token
