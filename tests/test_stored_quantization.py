"""Files that are quantized already: the demo model's in FP8, as Ministral 3 is published."""

import importlib.util
import json
import shutil
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from backend.chat import Image, Text, UserMessage
from backend.engine import ChatRequest, TextDelta
from backend.loading import UNQUANTIZED, load
from backend.local_engine import LocalEngine
from backend.models import ROOT, Checkpoint, ModelUnusable, find
from backend.settings import GenerationSettings

LARGEST = 448  # of torch.float8_e4m3fn
SCENE = Image(str((ROOT / "assets" / "examples" / "shapes.png").resolve()), 224, 84)
FP8 = {
    "quant_method": "fp8", "activation_scheme": "static", "weight_block_size": None, "dequantize": False,
    "modules_to_not_convert": UNQUANTIZED,
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


def answer(checkpoint: Checkpoint) -> str:
    """What the model says of the scene."""
    engine = LocalEngine(checkpoint)
    message = UserMessage((SCENE, Text("What is in this picture?")))
    asked = ChatRequest(messages=(message,), settings=GenerationSettings(temperature=0.0, max_tokens=40))
    try:
        return "".join(event.text for event in engine.stream(asked) if isinstance(event, TextDelta))
    finally:
        engine.close()


def test_files_in_fp8_answer_where_fp8_cannot_be_multiplied(folder: Path) -> None:
    checkpoint = in_fp8(folder)
    whole = answer(find("demo"))
    assert "circle" in whole
    assert SequenceMatcher(None, whole, answer(checkpoint)).ratio() > 0.85
    assert {weight.dtype for weight in load(checkpoint).model.parameters()} == {torch.bfloat16}


@pytest.mark.skipif(importlib.util.find_spec("compressed_tensors") is not None, reason="the package is there")
def test_a_quantization_that_needs_another_package_is_told_in_one_sentence(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ModelUnusable, match="quantized by compressed-tensors, which needs another package"):
        load(quantized_by(folder, {"quant_method": "compressed-tensors", "config_groups": {}}))
    assert "pip install compressed-tensors" in caplog.text
