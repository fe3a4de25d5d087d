"""How fast the app is, as a table: everything is measured in one run, so that the ratios hold on a busy machine too.

python -m scripts.benchmark [--model demo] [--threads 1] [--only PART ...] [--out FILE] [--seconds N]
python -m scripts.benchmark --only large --seconds 480 --out large.jsonl

The parts are engine, precision, proportions, pictures, prompts, peers, options, grammar, scores and large; all are
measured where none is named. Large alone does without the model: it is what to run first on a GPU, see
docs/benchmarks.md.

Peers take part where they are installed; what each needs, its row says: `--transformers` and `--vllm` name folders of
environments, `--llama` a llama-server and `--gguf-converter` llama.cpp's convert_hf_to_gguf.py. `--vllm` and `--llama`
also take the address of a server that runs already, with the same checkpoint.
"""

import argparse
import math
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import torch

from backend.engines.local.engine import LocalEngine
from backend.models.catalogue import find
from backend.models.memory import DTYPES
from scripts.benchmark import engine, grammar, long_prompts, options, peers, pictures, precision, proportions, scores
from scripts.benchmark.large import parts
from scripts.benchmark.report import Limit, Report
from scripts.benchmark.table import ROOT, Bench, Row


def main() -> int:
    """Prints each row as soon as it is measured; returns the exit status, 1 where one failed."""
    args = _arguments()
    report = Report(args.out, Limit(args.seconds))
    with tempfile.TemporaryDirectory() as folder:
        if with_model := [part for part in args.only if part in PARTS]:
            _with_model(with_model, report, args, Path(folder))
        if LARGE in args.only:
            parts.measure(report, args.small, Path(folder))
    report.close()
    return int(report.failed)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="demo")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--dtype", choices=DTYPES, default="auto", help="of the weights, as the app's option")
    parser.add_argument("--only", nargs="+", choices=[*PARTS, LARGE], default=[*PARTS, LARGE])
    parser.add_argument("--out", type=Path, metavar="FILE", help="to which each row is appended as a line of JSON")
    parser.add_argument("--seconds", type=float, default=math.inf, metavar="N", help="until the end, from its start on")
    parser.add_argument("--small", action="store_true", help="large with a tiny shape, on any machine")
    parser.add_argument("--transformers", default=sys.prefix, metavar="FOLDER")
    parser.add_argument("--vllm", default=str(ROOT / ".servers" / "vllm"), metavar="FOLDER|URL")
    parser.add_argument("--llama", default="llama-server", metavar="FILE|URL")
    parser.add_argument("--gguf-converter", default="", metavar="FILE")
    return parser.parse_args()


def _with_model(names: Sequence[str], report: Report, args: argparse.Namespace, folder: Path) -> None:
    local = LocalEngine(find(args.model), dtype=args.dtype)
    loaded = local.loading.result()
    torch.set_num_threads(args.threads)
    local._worker.submit(torch.set_num_threads, args.threads).result()
    bench = Bench(local, loaded, args.threads, folder)
    report.head(f"{loaded.checkpoint.title} in {str(loaded.model.dtype).removeprefix('torch.')}")
    for name in names:
        report.measure(name, 0, partial(PARTS[name], bench, args))
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
    "scores": lambda bench, _: scores.rows(bench),
}

LARGE = "large"

if __name__ == "__main__":
    sys.exit(main())
