"""Convert a Hugging Face Mistral3 folder (config.json, *.safetensors, tekken.json) to the mistral format that
`vllm serve --tokenizer-mode mistral --config-format mistral --load-format mistral` reads: params.json, consolidated.safetensors, tekken.json.

usage: to_mistral_format.py HF_FOLDER OUT_FOLDER
"""

import json
import pathlib
import shutil
import sys

from safetensors.torch import load_file, save_file

TEXT = (
    ("embed_tokens", "tok_embeddings"),
    ("self_attn.q_proj", "attention.wq"),
    ("self_attn.k_proj", "attention.wk"),
    ("self_attn.v_proj", "attention.wv"),
    ("self_attn.o_proj", "attention.wo"),
    ("mlp.gate_proj", "feed_forward.w1"),
    ("mlp.down_proj", "feed_forward.w2"),
    ("mlp.up_proj", "feed_forward.w3"),
    ("input_layernorm", "attention_norm"),
    ("post_attention_layernorm", "ffn_norm"),
)
VISION = (
    (".q_proj", ".wq"),
    (".k_proj", ".wk"),
    (".v_proj", ".wv"),
    (".o_proj", ".wo"),
    (".gate_proj", ".w1"),
    (".down_proj", ".w2"),
    (".up_proj", ".w3"),
)
PROJECTOR = (
    ("norm.weight", "pre_mm_projector_norm.weight"),
    ("linear_1", "vision_language_adapter.w_in"),
    ("linear_2", "vision_language_adapter.w_out"),
)


def interleave(weight, heads):
    """Rotary halves side by side (Hugging Face) -> pairs interleaved (mistral). weight: (heads * head_dim, in)."""
    out, inner = weight.shape
    return weight.view(heads, 2, out // heads // 2, inner).transpose(1, 2).reshape(out, inner).contiguous()


def renamed(name, table):
    for old, new in table:
        name = name.replace(old, new)
    return name


def convert(name, weight, text, vision):
    name = name.removeprefix("model.")
    if name.startswith("lm_head") or name == "language_model.lm_head.weight":
        return "output.weight", weight
    if name.startswith("language_model."):
        heads = {"q_proj": text["num_attention_heads"], "k_proj": text["num_key_value_heads"]}
        for key, n in heads.items():
            if key in name:
                weight = interleave(weight, n)
        return renamed(name.removeprefix("language_model.").removeprefix("model."), TEXT), weight
    if name.startswith("vision_tower."):
        if "q_proj" in name or "k_proj" in name:
            weight = interleave(weight, vision["num_attention_heads"])
        return renamed(name.replace("vision_tower.", "vision_encoder."), VISION), weight
    name = name.removeprefix("multi_modal_projector.")
    for old, new in PROJECTOR:
        if name.startswith(old):
            return new + name[len(old) :], weight
    return name, weight


def params(config):
    text, vision = config["text_config"], config["vision_config"]
    theta = lambda c, default: (c.get("rope_parameters") or {}).get("rope_theta", c.get("rope_theta", default))
    return {
        "dim": text["hidden_size"],
        "n_layers": text["num_hidden_layers"],
        "head_dim": text["head_dim"],
        "hidden_dim": text["intermediate_size"],
        "n_heads": text["num_attention_heads"],
        "n_kv_heads": text["num_key_value_heads"],
        "rope_theta": theta(text, 1e6),
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
            "rope_theta": theta(vision, 1e4),
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


def main(source, target):
    source, target = pathlib.Path(source), pathlib.Path(target)
    target.mkdir(parents=True, exist_ok=True)
    config = json.loads((source / "config.json").read_text())
    weights = {}
    for shard in sorted(source.glob("*.safetensors")):
        for name, weight in load_file(shard).items():
            name, weight = convert(name, weight, config["text_config"], config["vision_config"])
            weights[name] = weight.clone().contiguous()
    if params(config)["tied_embeddings"]:
        weights.pop("output.weight", None)
    save_file(weights, target / "consolidated.safetensors")
    (target / "params.json").write_text(json.dumps(params(config), indent=1))
    shutil.copy(source / "tekken.json", target / "tekken.json")


if __name__ == "__main__":
    main(*sys.argv[1:3])
