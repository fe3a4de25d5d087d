"""Long prompts with layers as wide as the 24B model's: peak memory by length, and how soon Stop frees the model.

One layer of its decoder, with random weights and the whole vocabulary: what a piece works with is the same in a deeper
model, keys and values are as much again for each layer. Each peak is that of a process of its own, since it never goes
down again. Takes some minutes, 8 GB of memory and 4 GB in the temporary folder.
"""

import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch

from backend.chat.messages import UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest, Waiting
from backend.chat.settings import GenerationSettings
from backend.engines.local.engine import LocalEngine
from backend.models.catalogue import Checkpoint
from scripts.benchmark.peak import peak_memory
from scripts.benchmark.table import ROOT, Bench, Row
from scripts.checkpoint import SHAPES, write

SHORT, LONG, STOPPED = 4_000, 60_000, 30_000  # tokens, roughly
LAYERS = 40  # of the 24B model
MORE = 0.15  # of the keys and values: the aim
WORD = " word"  # a token


def rows(bench: Bench) -> Iterator[Row]:
    """Memory, then time."""
    folder = bench.folder / "one-layer-decoder"
    write(folder, replace(SHAPES["small-3.2"], layers=1, tower_layers=1))
    short, long = (_measured(folder, "peak", tokens, bench.threads) for tokens in (SHORT, LONG))
    more, kept = long["peak"] - short["peak"], long["kept"] - short["kept"]
    share = (more - kept) / (kept * LAYERS)
    yield Row(
        f"a prompt of {long['tokens']:,.0f} tokens, one layer: peak memory over that of {short['tokens']:,.0f}",
        f"{more / 1e6:.0f} MB, of which keys and values {kept / 1e6:.0f}; {long['seconds']:.0f} s",
        f"{share:+.1%} of what {LAYERS} layers keep, {kept * LAYERS / 1e9:.1f} GB (target {MORE:.0%})",
    )
    stop = _measured(folder, "stop", STOPPED, bench.threads)
    yield Row(
        f"Stop while {stop['tokens']:,.0f} tokens are read, until the model is free",
        f"{stop['stop']:.2f} s; a piece takes {stop['piece']:.2f} s",
        f"{stop['stop'] / stop['piece']:.1f} pieces (target 1)",
    )


def _measured(folder: Path, what: str, tokens: int, threads: int) -> dict[str, float]:
    command = [sys.executable, "-m", "scripts.benchmark.long_prompts", str(folder), what, str(tokens), str(threads)]
    hidden = os.environ | {"CUDA_VISIBLE_DEVICES": ""}
    out = subprocess.run(command, cwd=ROOT, env=hidden, stdout=subprocess.PIPE, check=True).stdout
    found: dict[str, float] = json.loads(out.splitlines()[-1])
    return found


def _asking(tokens: int) -> ChatRequest:
    settings = GenerationSettings(temperature=0.0, max_tokens=1)
    return ChatRequest("", (UserMessage((Text(WORD * tokens),)),), settings=settings, owner="me")


def peak(engine: LocalEngine, tokens: int) -> dict[str, float]:
    """Bytes at most of this process, and of them keys and values, once the prompt is read."""
    loaded, start = engine.loading.result(), time.perf_counter()
    list(engine.stream(_asking(tokens)))
    read = len(loaded.tokenizer.encode(_asking(tokens)).tokens)
    text = loaded.model.config.get_text_config()
    of_one = 2 * text.num_hidden_layers * text.num_key_value_heads * text.head_dim * loaded.model.dtype.itemsize
    return {"tokens": read, "peak": peak_memory(), "kept": read * of_one, "seconds": time.perf_counter() - start}


def _percent(status: str) -> int:
    """Of "Reading… 40 %"; 0 of what says no number."""
    return int("".join(filter(str.isdecimal, status)) or 0)


def stop(engine: LocalEngine, tokens: int) -> dict[str, float]:
    """Seconds from closing a stream in the middle of the reading until the worker is free; those of a piece."""
    loaded, at = engine.loading.result(), [time.perf_counter()]
    model = loaded.model.model.language_model
    hook = model.register_forward_pre_hook(lambda *_: at.append(time.perf_counter()))
    stream = engine.stream(_asking(tokens))
    while not (isinstance(event := next(stream), Waiting) and _percent(event.status) >= 30):
        pass
    start = time.perf_counter()
    stream.close()
    engine._worker.submit(lambda: None).result()
    seconds = time.perf_counter() - start
    hook.remove()
    pieces = [later - earlier for earlier, later in itertools.pairwise(at[1:])]
    return {"tokens": len(loaded.tokenizer.encode(_asking(tokens)).tokens), "stop": seconds, "piece": max(pieces)}


if __name__ == "__main__":
    _, folder_, what_, tokens_, threads_ = sys.argv
    engine_ = LocalEngine(Checkpoint(Path(folder_), "One layer", "", 131_072))
    engine_.loading.result()
    engine_._worker.submit(torch.set_num_threads, int(threads_)).result()
    print(json.dumps({"peak": peak, "stop": stop}[what_](engine_, int(tokens_))))
    engine_.close()
