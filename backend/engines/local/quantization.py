"""In which numbers a model's weights lie: their type, and bitsandbytes' and FP8's settings."""

import json
import logging
from typing import Any

import torch
from transformers import BitsAndBytesConfig, FineGrainedFP8Config

from backend.chat.errors import ModelUnusable
from backend.engines.local.devices import runs_fp8
from backend.models.catalogue import Checkpoint
from backend.models.memory import DType

# Names from the model down: to transformers a bare "vision_tower" matches nothing, and the tower would be quantized.
UNQUANTIZED = ["model.vision_tower", "model.multi_modal_projector", "lm_head"]
IN_CACHE = 20_000_000  # bytes of files in bfloat16: twice that fits into the last cache of most servers' processors


def weight_type(checkpoint: Checkpoint, asked: DType, accelerated: bool) -> torch.dtype:
    """The type that is asked for; with "auto" bfloat16, but float32 for a model as small as the demo's without a GPU.

    Raises ModelUnusable where float32 is asked for of quantized weights, which are multiplied in bfloat16.
    It follows from the files alone, so that the same answers come at each start. Most of an answer's time goes into
    new tokens, each a row times matrices that a small model has in the processor's cache: float32 was quicker there
    even with AMX, 3.1 instead of 4.5 ms a token, though 300 tokens were read in 29 instead of 17 ms (`python -m
    scripts.benchmark --only precision`). A larger model waits for its weights to come from main memory, where bfloat16
    is half as much.
    """
    quantized = bool(checkpoint.stored) or checkpoint.precision != "bf16"
    if quantized and asked == "float32":
        raise ModelUnusable(f"{checkpoint.title} is quantized and computed in bfloat16. Leave out --dtype.")
    small = sum(file.stat().st_size for file in checkpoint.folder.glob("*.safetensors")) <= IN_CACHE
    whole = asked == "float32" or (asked == "auto" and small and not accelerated and not quantized)
    return torch.float32 if whole else torch.bfloat16


def quantization(checkpoint: Checkpoint) -> BitsAndBytesConfig | FineGrainedFP8Config | None:
    """bitsandbytes' settings for the decoder's matrices; the vision tower, the projector and the head stay in bf16.

    None leaves the matrices as the files have them; those in FP8 become bf16 where they could not be multiplied.
    """
    if checkpoint.stored == "fp8" and not runs_fp8():
        stored = json.loads((checkpoint.folder / "config.json").read_text("utf-8"))["quantization_config"]
        settings: FineGrainedFP8Config = FineGrainedFP8Config.from_dict(stored | {"dequantize": True})
        return settings
    if checkpoint.precision == "bf16":
        return None
    options: dict[str, Any] = {"llm_int8_skip_modules": UNQUANTIZED}
    if checkpoint.precision == "8bit":
        # It would warn at each matrix of each token.
        logging.getLogger("bitsandbytes.autograd").setLevel(logging.ERROR)
        return BitsAndBytesConfig(load_in_8bit=True, **options)
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
        **options,
    )


def missing_package(checkpoint: Checkpoint) -> str:
    """What is said where the package that quantizes, or reads what is quantized, is not there."""
    if checkpoint.stored:
        return (
            f"{checkpoint.title} is quantized with {checkpoint.stored}, which needs another package. The log names it."
        )
    return "8-bit and 4-bit need bitsandbytes, which isn't installed. Choose bf16."
