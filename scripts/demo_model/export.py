"""Write a trained run as a model folder that loads like the 24B model does.

python -m scripts.demo_model.export --run .runs/joint --folder assets/demo-model
"""

import argparse
from pathlib import Path

import torch
from transformers import GenerationConfig

from scripts.demo_model.model import new_model


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--run", type=Path, default=Path(".runs/joint"))
    parser.add_argument("--folder", type=Path, default=Path("assets/demo-model"))
    args = parser.parse_args()
    model = new_model(0)
    model.load_state_dict(torch.load(args.run / "checkpoint.pt", weights_only=True, map_location="cpu")["model"])
    model.generation_config = GenerationConfig(
        bos_token_id=1, eos_token_id=2, pad_token_id=11, do_sample=True, temperature=0.15, max_new_tokens=512
    )
    model.to(torch.bfloat16).save_pretrained(args.folder, max_shard_size="9MB")
    size = sum(f.stat().st_size for f in args.folder.glob("*.safetensors"))
    print(f"{model.num_parameters():,} parameters, {size / 1e6:.1f} MB in {args.folder}")


if __name__ == "__main__":
    main()
