"""How fast the app is, as a table: everything is measured in one run, so that the ratios hold on a busy machine too.

python -m scripts.benchmark [--model demo] [--threads 1] [--only PART ...]

The parts are engine, precision, proportions, pictures, prompts, peers, options, grammar and large; all are measured
where none is named.

Peers take part where they are installed; what each needs, its row says: `--transformers` and `--vllm` name folders of
environments, `--llama` a llama-server and `--gguf-converter` llama.cpp's convert_hf_to_gguf.py. `--vllm` and `--llama`
also take the address of a server that runs already, with the same checkpoint.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import torch

from backend.engines.local.engine import LocalEngine
from backend.models.catalogue import find
from backend.models.memory import DTYPES
from scripts.benchmark import engine, grammar, large, long_prompts, options, peers, pictures, precision, proportions
from scripts.benchmark.table import ROOT, Bench, Row


def main() -> None:
    """Prints each row as soon as it is measured."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="demo")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--dtype", choices=DTYPES, default="auto", help="of the weights, as the app's option")
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--transformers", default=sys.prefix, metavar="FOLDER")
    parser.add_argument("--vllm", default=str(ROOT / ".servers" / "vllm"), metavar="FOLDER|URL")
    parser.add_argument("--llama", default="llama-server", metavar="FILE|URL")
    parser.add_argument("--gguf-converter", default="", metavar="FILE")
    args = parser.parse_args()
    local = LocalEngine(find(args.model), dtype=args.dtype)
    loaded = local.loading.result()
    torch.set_num_threads(args.threads)
    local._worker.submit(torch.set_num_threads, args.threads).result()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(local, loaded, args.threads, Path(folder))
        dtype = str(loaded.model.dtype).removeprefix("torch.")
        print(f"| what | measured, {loaded.checkpoint.title} in {dtype} | ratio or target |\n|---|---|---|")
        for part in args.only:
            for row in PARTS[part](bench, args):
                print(row, flush=True)
    local.close()


def _peers(bench: Bench, args: argparse.Namespace) -> Iterator[Row]:
    return peers.rows(bench, peers.Places(Path(args.transformers), args.vllm, args.llama, args.gguf_converter))


PARTS: dict[str, Callable[[Bench, argparse.Namespace], Iterator[Row]]] = {
    "engine": lambda bench, _: engine.rows(bench),
    "precision": lambda bench, _: precision.rows(bench),
    "proportions": lambda bench, _: proportions.rows(bench),
    "pictures": lambda bench, _: pictures.rows(bench),
    "prompts": lambda bench, _: long_prompts.rows(bench),
    "peers": _peers,
    "options": lambda bench, _: options.rows(bench),
    "grammar": lambda bench, _: grammar.rows(bench.folder),
    "large": lambda bench, _: large.rows(bench.folder),
}

if __name__ == "__main__":
    main()
