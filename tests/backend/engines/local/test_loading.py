"""In which precision a model is loaded without a GPU."""

import pytest
import torch

from backend.engines.local import loading
from backend.models.catalogue import find

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="without a GPU")


@pytest.mark.parametrize(
    ("faster", "in_cache", "expected"),
    [
        (True, loading.IN_CACHE, torch.float32),
        (False, loading.IN_CACHE, torch.bfloat16),
        (True, 1_000_000, torch.bfloat16),  # as large models are
    ],
)
def test_float32_where_it_is_faster_and_the_model_small(
    monkeypatch: pytest.MonkeyPatch, faster: bool, in_cache: int, expected: torch.dtype
) -> None:
    monkeypatch.setattr(loading, "float32_is_faster", lambda rows: faster)
    monkeypatch.setattr(loading, "IN_CACHE", in_cache)
    model = loading.load(find("demo")).model
    assert {weight.dtype for weight in model.parameters()} == {expected}
