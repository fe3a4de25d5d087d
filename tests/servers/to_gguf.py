"""Writes a model folder in Hugging Face format as GGUF, for llama.cpp: what writes, and beside it what sees.

python to_gguf.py FOLDER TARGET makes TARGET/model.gguf and TARGET/mmproj.gguf. It needs the packages gguf and numpy.
Names and fields as llama.cpp's own converter has them for llama and pixtral:
https://github.com/ggml-org/llama.cpp/blob/master/convert_hf_to_gguf.py
"""

import base64
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gguf
import numpy as np

LAYER = {
    "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
    "attention_norm": "ln1", "attention.q_proj": "attn_q", "attention.k_proj": "attn_k", "attention.v_proj": "attn_v",
    "attention.o_proj": "attn_out", "ffn_norm": "ln2", "feed_forward.gate_proj": "ffn_gate",
    "feed_forward.up_proj": "ffn_up", "feed_forward.down_proj": "ffn_down",
}  # fmt: skip
SIGHT = {
    "vision_tower.patch_conv": "v.patch_embd", "vision_tower.ln_pre": "v.pre_ln",
    "multi_modal_projector.linear_1": "mm.1", "multi_modal_projector.linear_2": "mm.2",
    "multi_modal_projector.norm": "mm.input_norm", "multi_modal_projector.patch_merger.merging_layer": "mm.patch_merger",
}  # fmt: skip
CONTROL, NORMAL = gguf.TokenType.CONTROL, gguf.TokenType.NORMAL
IMG_BREAK = 12
# Of the protocol that the model speaks, what llama.cpp needs to write its prompts.
TEMPLATE = """{% macro said(content) %}{% if content is string %}{{ content }}{% else %}{% for part in content or []
%}{{ part.text if part.type == 'text' else '[IMG]' }}{% endfor %}{% endif %}{% endmacro %}{{ bos_token }}{% set asked =
namespace(at=0) %}{% for message in messages %}{% if message.role == 'user' %}{% set asked.at = loop.index %}{% endif
%}{% endfor %}{% for message in messages %}{% if message.role == 'system' %}[SYSTEM_PROMPT]{{ said(message.content)
}}[/SYSTEM_PROMPT]{% elif message.role == 'user' %}{% if tools and loop.index == asked.at %}[AVAILABLE_TOOLS]{{
tools | tojson }}[/AVAILABLE_TOOLS]{% endif %}[INST]{{ said(message.content) }}[/INST]{% elif message.role == 'tool'
%}[TOOL_RESULTS]{{ message.tool_call_id }}[TOOL_CONTENT]{{ said(message.content) }}[/TOOL_RESULTS]{% else %}{{
said(message.content) }}{% for call in message.tool_calls or [] %}[TOOL_CALLS]{{ call.function.name }}[CALL_ID]{{
call.id }}[ARGS]{{ call.function.arguments | tojson }}{% endfor %}{{ eos_token }}{% endif %}{% endfor %}"""


def tensors(folder: Path) -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    """Each tensor of the folder's files, in float32. https://huggingface.co/docs/safetensors/index#format"""
    for path in sorted(folder.glob("*.safetensors")):
        data = path.read_bytes()
        start = 8 + int.from_bytes(data[:8], "little")
        for name, entry in json.loads(data[8:start]).items():
            if name != "__metadata__":
                begin, end = entry["data_offsets"]
                halves = np.frombuffer(data[start + begin : start + end], np.uint16).astype(np.uint32)
                assert entry["dtype"] == "BF16"
                yield name, (halves << 16).view(np.float32).reshape(entry["shape"])


def permuted(weight: np.ndarray[Any, Any], heads: int) -> np.ndarray[Any, Any]:
    """Rotary pairs side by side, as llama.cpp has them, where Hugging Face has halves."""
    rows, columns = weight.shape
    return weight.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


def layer_name(name: str, prefix: str, block: str) -> str | None:
    """The name of a layer's tensor, None of another's."""
    if not name.startswith(prefix):
        return None
    number, _, rest = name.removeprefix(prefix).partition(".")
    return f"{block}.{number}.{LAYER[rest.removesuffix('.weight')]}.weight"


def vocabulary(writer: gguf.GGUFWriter, tekken: dict[str, Any]) -> None:
    """The tokens, control tokens first, and the merges that their ranks stand for."""
    shift = tekken["config"]["default_num_special_tokens"]
    named = {token["rank"]: token["token_str"] for token in tekken["special_tokens"]}
    ranks = {base64.b64decode(token["token_bytes"]): token["rank"] for token in tekken["vocab"]}
    ranks = {text: rank for text, rank in ranks.items() if rank < tekken["config"]["default_vocab_size"] - shift}
    letters = _letters()
    written = {text: "".join(letters[byte] for byte in text) for text in ranks}
    tokens = [named.get(rank, f"<SPECIAL_{rank}>") for rank in range(shift)]
    tokens += [written[text] for text in sorted(ranks, key=ranks.__getitem__)]
    merges = []
    for text in sorted((text for text in ranks if len(text) > 1), key=ranks.__getitem__):
        parts = _split(text, ranks)
        merges.append(" ".join("".join(letters[byte] for byte in part) for part in parts))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("tekken")
    writer.add_token_list(tokens)
    writer.add_token_types([CONTROL if rank < shift else NORMAL for rank in range(len(tokens))])
    writer.add_token_merges(merges)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)


def _letters() -> dict[int, str]:
    """GPT-2's letters for bytes. https://github.com/openai/gpt-2/blob/master/src/encoder.py"""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    return {byte: chr(byte) for byte in plain} | {byte: chr(256 + place) for place, byte in enumerate(others)}


def _split(text: bytes, ranks: dict[bytes, int]) -> list[bytes]:
    """The two parts that a token was merged from: all merges of a lower rank, in their order."""
    parts = [bytes([byte]) for byte in text]
    while len(parts) > 2:
        pairs = [(ranks.get(a + b, sys.maxsize), at) for at, (a, b) in enumerate(zip(parts, parts[1:], strict=False))]
        rank, at = min(pairs)
        if rank >= ranks[text]:
            break
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    return parts


def write(folder: Path, target: Path) -> None:
    """Both files."""
    config = json.loads((folder / "config.json").read_text("utf-8"))
    tekken = json.loads((folder / "tekken.json").read_text("utf-8"))
    text, sight = config["text_config"], config["vision_config"]
    words = gguf.GGUFWriter(target / "model.gguf", "llama")
    words.add_name(folder.name)
    for add, name in (
        (words.add_context_length, "max_position_embeddings"), (words.add_embedding_length, "hidden_size"),
        (words.add_block_count, "num_hidden_layers"), (words.add_feed_forward_length, "intermediate_size"),
        (words.add_head_count, "num_attention_heads"), (words.add_head_count_kv, "num_key_value_heads"),
        (words.add_key_length, "head_dim"), (words.add_value_length, "head_dim"),
        (words.add_rope_dimension_count, "head_dim"), (words.add_vocab_size, "vocab_size"),
        (words.add_layer_norm_rms_eps, "rms_norm_eps"),
    ):  # fmt: skip
        add(text[name])
    words.add_rope_freq_base(text["rope_parameters"]["rope_theta"])
    vocabulary(words, tekken)
    eyes = gguf.GGUFWriter(target / "mmproj.gguf", "clip")
    _about_sight(eyes, text, sight, config["spatial_merge_size"])
    for name, weight in tensors(folder):
        if name == "language_model.model.embed_tokens.weight":
            words.add_tensor("token_embd.weight", weight)
            eyes.add_tensor("v.token_embd.img_break", np.ascontiguousarray(weight[IMG_BREAK]))
        elif name == "language_model.model.norm.weight":
            words.add_tensor("output_norm.weight", weight)
        elif place := layer_name(name, "language_model.model.layers.", "blk"):
            heads = {"attn_q": text["num_attention_heads"], "attn_k": text["num_key_value_heads"]}
            count = heads.get(place.split(".")[2])
            words.add_tensor(place, np.ascontiguousarray(permuted(weight, count)) if count else weight)
        elif place := layer_name(name, "vision_tower.transformer.layers.", "v.blk"):
            is_turned = place.split(".")[3] in ("attn_q", "attn_k")
            weight = np.ascontiguousarray(permuted(weight, sight["num_attention_heads"])) if is_turned else weight
            eyes.add_tensor(place, weight)
        else:
            eyes.add_tensor(f"{SIGHT[name.removesuffix('.weight')]}.weight", weight)
    for writer in (words, eyes):
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()


def _about_sight(eyes: gguf.GGUFWriter, text: dict[str, Any], sight: dict[str, Any], merge: int) -> None:
    eyes.add_type("mmproj")
    eyes.add_bool("clip.has_vision_encoder", True)
    eyes.add_string("clip.projector_type", "pixtral")
    eyes.add_bool("clip.use_gelu", sight["hidden_act"] == "gelu")
    eyes.add_bool("clip.use_silu", sight["hidden_act"] == "silu")
    for field, value in (
        ("image_size", sight["image_size"]), ("patch_size", sight["patch_size"]),
        ("embedding_length", sight["hidden_size"]), ("feed_forward_length", sight["intermediate_size"]),
        ("block_count", sight["num_hidden_layers"]), ("attention.head_count", sight["num_attention_heads"]),
        ("projection_dim", text["hidden_size"]), ("spatial_merge_size", merge),
    ):  # fmt: skip
        eyes.add_uint32(f"clip.vision.{field}", value)
    eyes.add_float32("clip.vision.attention.layer_norm_epsilon", 1e-5)
    eyes.add_array("clip.vision.image_mean", [0.48145466, 0.4578275, 0.40821073])
    eyes.add_array("clip.vision.image_std", [0.26862954, 0.26130258, 0.27577711])


if __name__ == "__main__":
    write(Path(sys.argv[1]), Path(sys.argv[2]))
