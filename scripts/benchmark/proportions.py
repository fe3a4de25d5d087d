"""A conversation with layers as large as the 24B model's.

The demo model's layers are small beside what it keeps of a long conversation; the 24B model's are not. One layer of its
decoder's forty and one of its tower's twenty-four, with random weights, show what share of a turn the kept tokens take
there: a layer's matrices, keys and values have the true sizes, and a deeper model only repeats them. (Only the
vocabulary is the demo model's, so that its tokenizer serves.) Takes some minutes, and 1.3 GB in the temporary folder.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from transformers import GenerationConfig, Mistral3Config, Mistral3ForConditionalGeneration

from backend.engines.local.engine import LocalEngine
from backend.engines.local.loading import LoadedModel
from backend.models.catalogue import Checkpoint, find
from scripts.benchmark import ahead
from scripts.benchmark.conversation import TURNS, late_row, naive_row, picture_files, talks
from scripts.benchmark.table import Bench, Row
from scripts.checkpoint import SHAPES

ONE_LAYER = replace(SHAPES["small-3.2"], layers=1, tower_layers=1).config()
TEXT, VISION = ONE_LAYER["text_config"], ONE_LAYER["vision_config"]


def rows(bench: Bench) -> Iterator[Row]:
    """Times to the first token: early and late in a conversation, and with a picture that was read ahead."""
    folder = bench.folder / "one-layer"
    parameters = write_checkpoint(folder, TEXT, VISION)
    allow_pictures(ahead.SIDE, folder / "tekken.json")
    engine = LocalEngine(Checkpoint(folder, "One layer", "", 131_072))
    try:
        loaded = engine.loading.result()
        engine._worker.submit(torch.set_num_threads, bench.threads).result()
        yield from _talk(engine, loaded, bench.folder, parameters)
        yield from ahead.rows(engine, bench.folder)
    finally:
        engine.close()


def _talk(engine: LocalEngine, loaded: LoadedModel, folder: Path, parameters: int) -> Iterator[Row]:
    times = talks(engine, loaded, picture_files(folder), 3)
    what = f"one layer of the 24B model's size ({parameters / 1e9:.2f} B parameters)"
    yield late_row(f"{what}: first token, turn {TURNS} of turn 2", times)
    yield naive_row(f"the same, turn {TURNS}, (b) of ours", times)


def allow_pictures(side: int, tokenizer: Path) -> None:
    """The tokenizer leaves pictures up to this size as they are."""
    values = json.loads(tokenizer.read_text(encoding="utf-8"))
    values["image"]["max_image_size"] = side
    tokenizer.write_text(json.dumps(values), encoding="utf-8")


def write_checkpoint(folder: Path, text: dict[str, Any], vision: dict[str, Any]) -> int:
    """A checkpoint with random weights and the demo model's tokenizer, its shape the demo model's but for these fields.

    Returns the number of its parameters.
    """
    demo = find("demo").folder
    config = json.loads((demo / "config.json").read_text(encoding="utf-8"))
    config["text_config"] |= text | {"vocab_size": config["text_config"]["vocab_size"]}
    config["vision_config"] |= vision
    torch.manual_seed(0)
    model: Any = Mistral3ForConditionalGeneration(Mistral3Config(**config))
    model.to(torch.bfloat16)
    model.generation_config = GenerationConfig(bos_token_id=1, eos_token_id=2, pad_token_id=11)
    model.save_pretrained(folder)
    shutil.copy(demo / "tekken.json", folder)
    return int(model.num_parameters())
