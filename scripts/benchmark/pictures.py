"""Ten of the largest pictures beside one: processor time and memory until the first token.

One layer of the 24B model's tower, with random weights, before the demo model's decoder: more layers only repeat it.
Each measurement runs in a process of its own, without a GPU, since a process' peak of memory never goes down again. It
is the processor's time that is told, which others on the machine disturb less. Packed is what transformers does with
pictures that it is given together. Takes some minutes, and 12 GB of memory.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import torch

from backend.chat.messages import UserMessage
from backend.chat.parts import Image, Text
from backend.chat.request import ChatRequest
from backend.engines.local.loading import LoadedModel, load
from backend.models.catalogue import Checkpoint
from backend.tokenization.tokenizer import Prompt
from scripts.benchmark.noise import picture_file
from scripts.benchmark.packed import packed
from scripts.benchmark.peak import peak_memory
from scripts.benchmark.precision import float32_is_faster
from scripts.benchmark.proportions import VISION, allow_pictures, write_checkpoint
from scripts.benchmark.table import ROOT, Bench, Row
from scripts.benchmark.whole import whole_inputs

SIDE = 1540
COUNTS = {"one after the other": 10, "packed": 4}  # ten of them packed need 29 GB
LARGER = 1.3  # times one picture's memory: the aim
WAYS: dict[str, Callable[[LoadedModel, Prompt], dict[str, Any]]] = {
    "one after the other": whole_inputs,
    "packed": packed,
}


def rows(bench: Bench) -> Iterator[Row]:
    """Ours, and packed as before."""
    folder = bench.folder / "one-layer-tower"
    write_checkpoint(folder, {"max_position_embeddings": 131_072}, VISION)
    allow_pictures(SIDE, folder / "tekken.json")
    for way in WAYS:
        count = COUNTS[way]
        one, more = (_measured(folder, way, number, bench.threads) for number in (1, count))
        yield Row(
            f"{count} pictures of {SIDE} x {SIDE}, {way}: first token, of 1",
            f"{more['seconds']:.1f} of {one['seconds']:.1f} s of the processor",
            f"{more['seconds'] / one['seconds']:.1f} times (target {count + 0.5})",
        )
        if way == "one after the other":
            yield Row(
                f"{count} pictures of {SIDE} x {SIDE}, {way}: the tower alone, of 1",
                f"{more['seen']:.1f} of {one['seen']:.1f} s of the processor",
                f"{more['seen'] / one['seen']:.1f} times (target {count + 0.5})",
            )
        yield Row(
            f"{count} pictures of {SIDE} x {SIDE}, {way}: peak memory, of 1",
            f"{more['peak'] / 1e6:,.0f} of {one['peak'] / 1e6:,.0f} MB, {one['before'] / 1e6:,.0f} before",
            f"{more['peak'] / one['peak']:.2f} times (target {LARGER})",
        )


def _measured(folder: Path, way: str, count: int, threads: int) -> dict[str, float]:
    """Seconds of the processor to the first token, and bytes before and at the peak, in a process of its own."""
    command = [sys.executable, "-m", __name__, str(folder), way, str(count), str(threads)]
    without_gpus = os.environ | {"CUDA_VISIBLE_DEVICES": ""}
    told = subprocess.run(command, cwd=ROOT, env=without_gpus, check=True, capture_output=True, text=True).stdout
    found: dict[str, float] = json.loads(told.splitlines()[-1])
    return found


def _child(folder: Path, way: str, count: int, threads: int) -> None:
    loaded = load(Checkpoint(folder, "One layer of a tower", "", 131_072))
    torch.set_num_threads(threads)
    if float32_is_faster(rows=64):  # or it would take an hour
        loaded.model.to(torch.float32)
    _first_token(loaded, way, [picture_file(folder, 0, 56)])  # whatever is made at the first picture
    before = psutil.Process().memory_info().rss
    pictures = [picture_file(folder, number, SIDE) for number in range(1, count + 1)]
    seen, seconds = _first_token(loaded, way, pictures)
    print(json.dumps({"seen": seen, "seconds": seconds, "before": before, "peak": peak_memory()}))


def _first_token(loaded: LoadedModel, way: str, pictures: list[Image]) -> tuple[float, float]:
    """Seconds until the pictures' features are there, unless they are made with the token, and until the token."""
    prompt = loaded.tokenizer.encode(ChatRequest("", (UserMessage((*pictures, Text("What is this?"))),)))
    start = time.process_time()
    inputs = WAYS[way](loaded, prompt)
    seen = time.process_time() - start
    loaded.model.generate(**inputs, max_new_tokens=1, do_sample=False, pad_token_id=11)
    return seen, time.process_time() - start


if __name__ == "__main__":
    _child(Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:]))
