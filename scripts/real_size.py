"""A model of a published model's true size on this machine: does it load in the memory that --plan says, and how fast?

python scripts/real_size.py FOLDER [--quantize 4bit]

FOLDER is a checkpoint, such as scripts/checkpoint.py makes. Printed: seconds and peak memory of loading beside the
plan's, seconds for a first grammar over the whole vocabulary, and until the first token of a short question and of one
with a picture of 1540 x 1540.
"""

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from backend.chat.messages import Finished, Part, Text, UserMessage
from backend.chat.request import ChatRequest
from backend.chat.settings import GenerationSettings
from backend.engines.local.engine import LocalEngine
from backend.models.catalogue import ensure_downloaded, look_up
from backend.models.memory import Size
from scripts.benchmark.noise import picture_file

SIDE = 1540
SCHEMA = '{"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}'


def peak() -> int:
    """Most bytes that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def planned(model: Any, form: str) -> float:
    """Bytes of its weights as memory.py has them."""
    matrices = sum(weight.numel() for weight in model.model.language_model.layers.parameters() if weight.dim() > 1)
    config = model.config.get_text_config()
    size = Size(
        model.num_parameters(), matrices, config.num_hidden_layers, config.hidden_size, config.intermediate_size
    )
    return size.weights(form)  # type: ignore[arg-type] # a precision


def first_token(engine: LocalEngine, *parts: Part, schema: str = "") -> float:
    """Seconds until it."""
    settings = GenerationSettings(temperature=0.0, max_tokens=2, json_schema=schema)
    *_, last = engine.stream(ChatRequest("", (UserMessage(parts),), settings=settings, owner="me"))
    assert isinstance(last, Finished)
    assert last.usage
    return last.usage.seconds_to_first_token or 0.0


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--quantize", default="bf16")
    args = parser.parse_args()
    before, start = psutil.Process().memory_info().rss, time.perf_counter()
    engine = LocalEngine(ensure_downloaded(look_up(args.folder, args.quantize, False)))
    loaded = engine.loading.result()
    seconds, plan = time.perf_counter() - start, planned(loaded.model, args.quantize)
    print(f"loaded in {seconds:.1f} s; weights {plan / 1e9:.2f} GB by the plan", flush=True)
    with tempfile.TemporaryDirectory() as name:
        print(f"first token of a short question: {first_token(engine, Text('Hello')):.1f} s", flush=True)
        held = peak() - before  # not before: the weights of a file are in memory once they were used
        print(f"peak until then {held / 1e9:.2f} GB, {held / plan:.2f} of the plan", flush=True)
        print(f"first token with a first grammar: {first_token(engine, Text('Hi'), schema=SCHEMA):.1f} s", flush=True)
        seconds = first_token(engine, picture_file(Path(name), 0, SIDE), Text("What is this?"))
        print(f"first token with a picture of {SIDE} x {SIDE}: {seconds:.1f} s; peak {peak() / 1e9:.2f} GB", flush=True)
    engine.close()


if __name__ == "__main__":
    main()
