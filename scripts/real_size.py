"""A model of a published model's true size on this machine: does it load in the memory that --plan says, and how fast?

python scripts/real_size.py FOLDER [--quantize 4bit]

FOLDER is a checkpoint, such as scripts/checkpoint.py makes. Printed: seconds of loading, and the most memory meanwhile
beside the plan's: what is the process's own, and the weights that stay mapped (what else of a file is in memory, the
system takes back); seconds for a first grammar over the whole vocabulary, and until the first token of a short question
and of one with a picture of 1540 x 1540.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from backend.chat.messages import Finished, UserMessage
from backend.chat.parts import Part, Text
from backend.chat.request import ChatRequest
from backend.chat.settings import GenerationSettings
from backend.engines.local.engine import LocalEngine
from backend.models.catalogue import ensure_downloaded, look_up
from backend.models.memory import PRECISIONS, RUNTIME, SLACK, Precision, decoder
from scripts.benchmark.noise import picture_file
from scripts.benchmark.peak import peak_memory

SIDE = 1540
SCHEMA = '{"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}'


def planned(config: Any, precision: Precision) -> float:
    """Bytes after loading as memory.py has them: the weights with the allocator's share, and libraries."""
    size = decoder(config.hidden_size, config.num_hidden_layers, config.intermediate_size, config.tie_word_embeddings)
    return size.weights(precision) * SLACK + RUNTIME


def own_memory() -> int:
    """Bytes of this process that lie in no file, which the system cannot take back."""
    memory = psutil.Process().memory_info()
    return int(memory.rss - memory.shared)


def mapped_weights(model: Any) -> int:
    """Bytes of the weights that are read where they lie in the checkpoint's files."""
    files = [map_ for map_ in psutil.Process().memory_maps(grouped=False) if map_.path.endswith(".safetensors")]
    ranges = [[int(address, 16) for address in map_.addr.split("-")] for map_ in files]
    own = {weight.data_ptr(): weight.nbytes for weight in model.parameters()}  # one that is tied counts once
    return sum(size for address, size in own.items() if any(start <= address < end for start, end in ranges))


def most(measure: Callable[[], int], done: Event) -> int:
    """The most that was measured until then."""
    found = 0
    while not done.wait(0.05):
        found = max(found, measure())
    return found


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
    parser.add_argument("--quantize", default="bf16", choices=PRECISIONS)
    args = parser.parse_args()
    done, start = Event(), time.perf_counter()
    with ThreadPoolExecutor(1) as threads:
        watched = threads.submit(most, own_memory, done)
        try:
            engine = LocalEngine(ensure_downloaded(look_up(args.folder, args.quantize, False)))
            loaded = engine.loading.result()
        finally:
            done.set()
        held = watched.result() + mapped_weights(loaded.model)
    print(f"loaded in {time.perf_counter() - start:.1f} s", flush=True)
    plan = planned(loaded.model.config.get_text_config(), args.quantize)
    print(f"most held {held / 1e9:.2f} GB, {held / plan:.2f} of the plan's {plan / 1e9:.2f} GB", flush=True)
    with tempfile.TemporaryDirectory() as name:
        print(f"first token of a short question: {first_token(engine, Text('Hello')):.1f} s", flush=True)
        print(f"first token with a first grammar: {first_token(engine, Text('Hi'), schema=SCHEMA):.1f} s", flush=True)
        seconds = first_token(engine, picture_file(Path(name), 0, SIDE), Text("What is this?"))
        print(f"first token with a picture of {SIDE} x {SIDE}: {seconds:.1f} s", flush=True)
    print(f"in the end {own_memory() / 1e9:.2f} GB of its own, {peak_memory() / 1e9:.2f} GB with all files at most")
    engine.close()


if __name__ == "__main__":
    main()
