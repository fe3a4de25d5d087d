"""A checkpoint of a published model's true shape with random weights, laid out as its repository is.

python scripts/checkpoint.py FOLDER [--shape ministral-3b] [--layers 26] [--tower-layers 24]

Ministral 3 3B takes 8 GB of the disk and as much memory while it is made. It answers in random words: what it shows is
whether, how fast and in how much memory a model of that size loads and answers here.
"""

import argparse
import json
import shutil
import sys
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import torch
from transformers import GenerationConfig, Mistral3Config, Mistral3ForConditionalGeneration
from transformers.initialization import no_init_weights

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from backend.engines.local.devices import attention
from backend.models.catalogue import find

ROOT = Path(__file__).resolve().parent.parent
VOCABULARY = Path(str(files("mistral_common") / "data/tekken_240911.json"))
ENTRIES, CONTROL = 131_072, 1_000  # of it, and how many of them, the first ones, are no text
SHARD = "4GB"


@dataclass(frozen=True)
class Shape:
    """Of a decoder, and of the tower before it. `tied`: the embeddings are the output matrix too.

    Four heads share keys and values.
    """

    hidden: int
    layers: int
    intermediate: int
    tied: bool = False
    tower: int = 1024
    tower_layers: int = 24
    heads: int = 32
    vocabulary: int = ENTRIES

    def config(self) -> dict[str, Any]:
        """As it stands in a config.json: the published one of a model that is not tied says nothing of that."""
        text = {
            "model_type": "mistral", "vocab_size": self.vocabulary, "hidden_size": self.hidden,
            "num_hidden_layers": self.layers, "intermediate_size": self.intermediate, "num_attention_heads": self.heads,
            "num_key_value_heads": self.heads // 4, "head_dim": 128,
            "max_position_embeddings": 131_072, "rms_norm_eps": 1e-5, "sliding_window": None,
            "rope_parameters": {"rope_theta": 1e9, "rope_type": "default"},
        }  # fmt: skip
        tower = {
            "model_type": "pixtral", "hidden_size": self.tower, "intermediate_size": 4 * self.tower, "head_dim": 64,
            "num_hidden_layers": self.tower_layers, "num_attention_heads": self.tower // 64, "image_size": 1540,
            "patch_size": 14, "rope_parameters": {"rope_theta": 1e4, "rope_type": "default"},
        }  # fmt: skip
        tied = {"tie_word_embeddings": True} if self.tied else {}
        return {
            "architectures": ["Mistral3ForConditionalGeneration"], "model_type": "mistral3", "dtype": "bfloat16",
            "image_token_index": 10, "spatial_merge_size": 2, "vision_feature_layer": -1,
            "projector_hidden_act": "gelu", "multimodal_projector_bias": False, "vision_config": tower,
            "text_config": text | tied, **tied,
        }  # fmt: skip


SHAPES = {
    "small-3.2": Shape(5120, 40, 32_768),
    "ministral-14b": Shape(5120, 40, 16_384),
    "ministral-8b": Shape(4096, 34, 14_336),
    "ministral-3b": Shape(3072, 26, 9_216, tied=True),
    "tiny": Shape(64, 1, 128, tower=64, tower_layers=1, heads=4),  # the vocabulary alone has its true size
}


def write(folder: Path, shape: Shape) -> int:
    """Writes it; returns the number of its parameters."""
    folder.mkdir(parents=True, exist_ok=True)
    model = random_model(shape)
    model.save_pretrained(folder, max_shard_size=SHARD)
    (folder / "config.json").write_text(json.dumps(shape.config(), indent=2), encoding="utf-8")
    write_tokenizer(folder / "tekken.json")
    shutil.copy(ROOT / "assets/prompts/default.txt", folder / "SYSTEM_PROMPT.txt")
    with (folder / "consolidated.safetensors").open("wb") as file:  # the weights in Mistral's own format, never read
        file.truncate(2 * model.num_parameters())
    return int(model.num_parameters())


def random_model(shape: Shape, device: str | torch.device = "cpu") -> Any:
    """In bf16, on this device. Control tokens have no weights in the output matrix: no answer ends early."""
    config: Any = Mistral3Config(**shape.config() | {"tie_word_embeddings": shape.tied})
    torch.manual_seed(0)
    with torch.device(device), no_init_weights():  # which fills all twice, and on a processor takes minutes
        made: Any = Mistral3ForConditionalGeneration._from_config(
            config, dtype=torch.bfloat16, attn_implementation=attention(torch.bfloat16)
        )
    model = made.eval().requires_grad_(False)
    model.tie_weights()
    for name, weight in model.named_parameters():
        if name.endswith("norm.weight"):
            weight.fill_(1)
        else:
            weight.normal_(std=0.02)
    model.lm_head.weight[:CONTROL] = 0
    model.generation_config = GenerationConfig(bos_token_id=1, eos_token_id=2, pad_token_id=11)
    return model


def write_tokenizer(file: Path) -> None:
    """mistral-common's whole vocabulary, with the demo model's control tokens and its protocol."""
    whole = json.loads(VOCABULARY.read_text(encoding="utf-8"))
    theirs = json.loads((find("demo").folder / "tekken.json").read_text(encoding="utf-8"))
    whole["config"]["version"] = theirs["config"]["version"]
    parts = {part: theirs[part] for part in ("image", "special_tokens")}
    parts["image"]["max_image_size"] = 1540
    file.write_text(json.dumps(whole | parts), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--shape", choices=SHAPES, default="ministral-3b")
    parser.add_argument("--layers", type=int, help="of the decoder; fewer repeat less")
    parser.add_argument("--tower-layers", type=int)
    args = parser.parse_args()
    shape = SHAPES[args.shape]
    given = {"layers": args.layers, "tower_layers": args.tower_layers}
    shape = replace(shape, **{name: value for name, value in given.items() if value is not None})
    print(f"{write(args.folder, shape) / 1e9:.2f} B parameters in {args.folder}")


if __name__ == "__main__":
    main()
