"""A checkpoint in Hugging Face's format -> the same in Mistral's, which vLLM reads: other names, other configuration.

Of the numbers only the order changes, of the rows that the rotary embedding pairs up: Hugging Face has a head's two
halves one after the other, Mistral a pair side by side. So bytes are copied, and neither torch nor memory is needed.

https://github.com/huggingface/safetensors#format
https://github.com/huggingface/transformers/blob/main/src/transformers/models/mistral3/convert_mistral3_weights_to_hf.py
"""

import json
import mmap
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.chat.errors import ModelUnusable

TEXT = {
    "embed_tokens": "tok_embeddings", "self_attn.q_proj": "attention.wq", "self_attn.k_proj": "attention.wk",
    "self_attn.v_proj": "attention.wv", "self_attn.o_proj": "attention.wo", "mlp.gate_proj": "feed_forward.w1",
    "mlp.down_proj": "feed_forward.w2", "mlp.up_proj": "feed_forward.w3", "input_layernorm": "attention_norm",
    "post_attention_layernorm": "ffn_norm",
}  # fmt: skip
VISION = {
    ".q_proj": ".wq", ".k_proj": ".wk", ".v_proj": ".wv", ".o_proj": ".wo",
    ".gate_proj": ".w1", ".down_proj": ".w2", ".up_proj": ".w3",
}  # fmt: skip
PROJECTOR = {
    "norm.weight": "pre_mm_projector_norm.weight", "linear_1": "vision_language_adapter.w_in",
    "linear_2": "vision_language_adapter.w_out",
}  # fmt: skip
OTHER_ROPE = "{name} stretches its context (rope_type {kind!r}), which this app can't convert for vLLM."
QUANTIZED = "{name} is quantized, which this app can't convert for vLLM."


@dataclass(frozen=True)
class _Tensor:
    """Where a tensor lies, and over how many heads its rows are to be paired; 0 where they stay as they are."""

    dtype: str
    shape: list[int]
    data: memoryview
    heads: int

    def pieces(self) -> Iterator[memoryview]:
        """Its bytes in Mistral's order."""
        if not self.heads:
            yield self.data
            return
        rows = self.shape[0]
        size, half = len(self.data) // rows, rows // self.heads // 2
        for first in range(0, rows, 2 * half):
            for row in range(first, first + half):
                yield self.data[row * size : (row + 1) * size]
                yield self.data[(row + half) * size : (row + half + 1) * size]


def write_mistral_format(source: Path, target: Path) -> None:
    """Writes params.json, consolidated.safetensors and tekken.json of a folder that the catalogue took.

    Raises ModelUnusable where its configuration has no counterpart here, and OSError.
    """
    config = json.loads((source / "config.json").read_text("utf-8"))
    params = _params(config, source.name)
    tensors = dict[str, _Tensor]()
    for shard in sorted(source.glob("model*.safetensors")):
        with shard.open("rb") as file:
            view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        tensors |= dict(_tensors(view, config))
    if params["tied_embeddings"]:
        tensors.pop("output.weight", None)
    _write(tensors, target / "consolidated.safetensors")
    (target / "params.json").write_text(json.dumps(params, indent=1), "utf-8")
    shutil.copy(source / "tekken.json", target / "tekken.json")


def _tensors(view: memoryview, config: dict[str, Any]) -> Iterator[tuple[str, _Tensor]]:
    start = 8 + int.from_bytes(view[:8], "little")
    for old, entry in json.loads(bytes(view[8:start])).items():
        if old != "__metadata__":
            begin, end = entry["data_offsets"]
            name, heads = _renamed(old.removeprefix("model."), config)
            yield name, _Tensor(entry["dtype"], entry["shape"], view[start + begin : start + end], heads)


def _renamed(name: str, config: dict[str, Any]) -> tuple[str, int]:
    """The name in Mistral's format, and the heads over which the rows are paired."""
    if name in ("lm_head.weight", "language_model.lm_head.weight"):
        return "output.weight", 0
    room, _, rest = name.partition(".")
    part = re.search(r"\.([qk])_proj", rest)
    if room == "language_model":
        text = config["text_config"]
        heads = text["num_attention_heads" if part and part[1] == "q" else "num_key_value_heads"] if part else 0
        return _replaced(rest.removeprefix("model."), TEXT), heads
    if room == "vision_tower":
        return f"vision_encoder.{_replaced(rest, VISION)}", config["vision_config"][
            "num_attention_heads"
        ] if part else 0
    return _replaced(rest, PROJECTOR), 0


def _replaced(name: str, table: dict[str, str]) -> str:
    for old, new in table.items():
        name = name.replace(old, new)
    return name


def _write(tensors: dict[str, _Tensor], path: Path) -> None:
    header, end = dict[str, Any](), 0
    for name, tensor in tensors.items():
        header[name] = {
            "dtype": tensor.dtype,
            "shape": tensor.shape,
            "data_offsets": [end, end := end + len(tensor.data)],
        }
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)  # so that the data is aligned
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for tensor in tensors.values():
            for piece in tensor.pieces():
                file.write(piece)


def _params(config: dict[str, Any], name: str) -> dict[str, Any]:
    """Raises ModelUnusable."""
    text, vision = config["text_config"], config["vision_config"]
    if config.get("quantization_config"):
        raise ModelUnusable(QUANTIZED.format(name=name))
    kind = (text.get("rope_parameters") or text.get("rope_scaling") or {}).get("rope_type", "default")
    if kind != "default":
        raise ModelUnusable(OTHER_ROPE.format(name=name, kind=kind))
    return {
        "dim": text["hidden_size"],
        "n_layers": text["num_hidden_layers"],
        "head_dim": text["head_dim"],
        "hidden_dim": text["intermediate_size"],
        "n_heads": text["num_attention_heads"],
        "n_kv_heads": text["num_key_value_heads"],
        "rope_theta": _theta(text, 1e6),
        "norm_eps": text["rms_norm_eps"],
        "vocab_size": text["vocab_size"],
        "max_position_embeddings": text["max_position_embeddings"],
        "tied_embeddings": bool(config.get("tie_word_embeddings") or text.get("tie_word_embeddings")),
        "vision_encoder": {
            "hidden_size": vision["hidden_size"],
            "num_channels": vision.get("num_channels", 3),
            "max_image_size": vision["image_size"],
            "image_size": vision["image_size"],
            "patch_size": vision["patch_size"],
            "rope_theta": _theta(vision, 1e4),
            "intermediate_size": vision["intermediate_size"],
            "num_hidden_layers": vision["num_hidden_layers"],
            "num_attention_heads": vision["num_attention_heads"],
            "adapter_bias": config.get("multimodal_projector_bias", False),
            "mm_projector_id": "patch_merge",
            "spatial_merge_size": config["spatial_merge_size"],
            "add_pre_mm_projector_layer_norm": True,
            "image_token_id": 10,
            "image_break_token_id": 12,
            "image_end_token_id": 13,
        },
    }


def _theta(part: dict[str, Any], default: float) -> float:
    theta: float = (part.get("rope_parameters") or part).get("rope_theta", default)
    return theta
