"""Files that are quantized already: the demo model's in FP8, as Ministral 3 is published."""

import importlib.util
import json
import shutil
from collections.abc import Callable
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers.quantizers.quantizer_finegrained_fp8 import FineGrainedFP8HfQuantizer
from transformers.utils.import_utils import is_kernels_available

from backend.chat.errors import ModelUnusable
from backend.engines.local import loading, quantization
from backend.models.catalogue import ROOT, Checkpoint, find

LARGEST = 448  # of torch.float8_e4m3fn
FP8 = {
    "quant_method": "fp8", "activation_scheme": "static", "weight_block_size": None, "dequantize": False,
    "modules_to_not_convert": quantization.UNQUANTIZED,
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the demo model, to be changed."""
    return Path(shutil.copytree(ROOT / "assets" / "demo-model", tmp_path / "my-model"))


def in_fp8(folder: Path) -> Checkpoint:
    """The decoder's matrices in FP8 with one scale each, and one for what they are multiplied with."""
    held = {}
    for file in folder.glob("*.safetensors"):
        tensors = load_file(file)
        for name in [name for name in tensors if "language_model" in name and name.endswith("_proj.weight")]:
            scale = tensors[name].float().abs().max() / LARGEST
            tensors[name] = (tensors[name] / scale).to(torch.float8_e4m3fn)
            tensors[f"{name}_scale_inv"] = scale.bfloat16()
            tensors[name.replace("weight", "activation_scale")] = torch.tensor(1.0, dtype=torch.bfloat16)
        save_file(tensors, file, metadata={"format": "pt"})
        held |= dict.fromkeys(tensors, file.name)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": held}), "utf-8")
    return quantized_by(folder, FP8)


def quantized_by(folder: Path, settings: dict[str, Any]) -> Checkpoint:
    config = json.loads((folder / "config.json").read_text("utf-8"))
    (folder / "config.json").write_text(json.dumps(config | {"quantization_config": settings}), "utf-8")
    return find(str(folder))


def test_files_in_fp8_answer_where_fp8_cannot_be_multiplied(
    folder: Path, described: Callable[[Checkpoint], str]
) -> None:
    checkpoint = in_fp8(folder)
    whole = described(find("demo"))
    assert "circle" in whole
    assert SequenceMatcher(None, whole, described(checkpoint)).ratio() > 0.85
    assert {weight.dtype for weight in loading.load(checkpoint).model.parameters()} == {torch.bfloat16}


@pytest.mark.skipif(is_kernels_available(), reason="the package is there")
def test_files_in_fp8_become_bf16_on_a_gpu_that_lacks_the_kernels(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # transformers makes them bf16 by itself where the GPU cannot, but does not look for the package.
    monkeypatch.setattr(FineGrainedFP8HfQuantizer, "validate_environment", lambda *_, **__: None)
    assert {weight.dtype for weight in loading.load(in_fp8(folder)).model.parameters()} == {torch.bfloat16}


@pytest.mark.skipif(importlib.util.find_spec("compressed_tensors") is not None, reason="the package is there")
def test_a_quantization_that_needs_another_package_is_told_in_one_sentence(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ModelUnusable, match="quantized with compressed-tensors, which needs another package"):
        loading.load(quantized_by(folder, {"quant_method": "compressed-tensors", "config_groups": {}}))
    assert "pip install compressed-tensors" in caplog.text
