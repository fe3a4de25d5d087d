"""The demo model in the format that vLLM reads. tests/browser/test_vllm.py has vLLM answer with it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from backend.chat.errors import ModelUnusable
from backend.models.catalogue import ROOT
from backend.models.mistral_format import write_mistral_format

DEMO = ROOT / "assets" / "demo-model"
TOWER = "transformer.layers.0.attention"


def test_weights_get_other_names_and_paired_rows_and_the_configuration_other_words(tmp_path: Path) -> None:
    write_mistral_format(DEMO, tmp_path)
    new = load_file(tmp_path / "consolidated.safetensors")
    old = {name: weight for shard in DEMO.glob("model*.safetensors") for name, weight in load_file(shard).items()}
    for ours, theirs, heads in (
        ("layers.0.attention.wq", "language_model.model.layers.0.self_attn.q_proj", 8),
        ("layers.0.attention.wk", "language_model.model.layers.0.self_attn.k_proj", 4),
        (f"vision_encoder.{TOWER}.wq", f"vision_tower.{TOWER}.q_proj", 6),
        (f"vision_encoder.{TOWER}.wk", f"vision_tower.{TOWER}.k_proj", 6),
    ):
        halves = old[f"{theirs}.weight"].view(heads, 2, -1, old[f"{theirs}.weight"].shape[1])
        assert torch.equal(new[f"{ours}.weight"], torch.stack([halves[:, 0], halves[:, 1]], dim=2).flatten(0, 2))
    assert torch.equal(
        new["layers.5.attention.wv.weight"], old["language_model.model.layers.5.self_attn.v_proj.weight"]
    )
    assert torch.equal(new["tok_embeddings.weight"], old["language_model.model.embed_tokens.weight"])
    assert "output.weight" not in new
    assert not [name for name in new if "proj" in name.replace("mm_projector", "")]
    params = json.loads((tmp_path / "params.json").read_text())
    assert (params["dim"], params["n_kv_heads"], params["vision_encoder"]["hidden_size"]) == (256, 4, 192)
    assert (tmp_path / "tekken.json").read_bytes() == (DEMO / "tekken.json").read_bytes()


def stretched(config: dict[str, Any]) -> None:
    config["text_config"]["rope_parameters"] |= {"rope_type": "yarn", "factor": 16.0}


def quantized(config: dict[str, Any]) -> None:
    config["quantization_config"] = {"quant_method": "fp8"}


@pytest.mark.parametrize("change", [stretched, quantized])
def test_what_would_be_translated_wrongly_is_refused(tmp_path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    shutil.copy(DEMO / "tekken.json", tmp_path)
    config = json.loads((DEMO / "config.json").read_text())
    change(config)
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelUnusable, match="can't convert for vLLM"):
        write_mistral_format(tmp_path, tmp_path / "out")
