"""Bytes of a visitor's and of a model's server, guided by coverage, for every parser that reads them.

python scripts/fuzz.py [--minutes 20] [--only imports …] [--finds FOLDER]

It needs atheris, which the app does not: pip install atheris, in an environment of its own that sees the app's. What is
found is a file in the folder that makes the parser raise what it does not document, or take over five seconds or 1 GB:
it belongs into tests/scripts/test_fuzz.py. In memory only the parser's own process, one after the other.
"""

import argparse
import contextlib
import importlib
import json
import logging
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, cast

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.parsers import TARGETS, tried  # noqa: E402

MAX_BYTES, SECONDS, MEMORY_MB = 20_000, 5, 1_024  # of one input
SEEDS = {  # beside what lies in the tests
    "schemas": [b'[{"name": "a", "parameters": {"type": "object", "properties": {"x": {"enum": [1]}}}}]'],
    "calls": [b'{"expression": "2**3", "city": "Paris"}', b'{"expression": 1e999}'],
    "commands": [b'{"do": "turn", "index": "0", "step": "-1"}', b'{"do": "resume", "page": "a", "id": "b"}'],
    "panel": [b'{"page": "a", "leaf": null, "changes": 3}', b'{"roll": "six"}', b"1e3"],
    "links": [b"q=Hello&system=Be+kind&temperature=0.5&seed=7&max_tokens=64&top_p=1e400", b"seed=nan&q=%ff&q=2"],
    "multipart": [
        b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\nX: y\r\n\r\nx\r\n--b--',
    ],
    "requests": [
        b"GET\n/gradio_api/file=@/a.png?x=1\nhost: a\nrange: bytes=0-9\ncookie: a=b\n\n",
        b"POST\n/gradio_api/queue/join\nhost: a\norigin: http://a\ncontent-length: 3\n\n{}",
    ],
}  # fmt: skip
ODD: list[Any] = [
    None, True, 0, -1, 1.5, 1e308, 2**70, "", "x", "x" * 2_000, "\ud83d", "\0", "![a](http://" * 50,
    "data:image/png;base64,eA==", [], {}, [[]], [None], {"x": None}, {"type": "text", "text": "x"},
    {"type": "image_url", "image_url": {"url": "data:,x"}},
    "user", "assistant", "tool", "system", "2026-01-01T00:00:00Z",
]  # fmt: skip
NAMES = (
    "role",
    "content",
    "type",
    "text",
    "parts",
    "mapping",
    "messages",
    "tool_calls",
    "parent",
    "id",
    "$ref",
    "error",
)
FOLDERS = {"imports": "tests/backend/storage/imports", "kept": "tests/backend/storage/fixtures"}


def seeds(name: str) -> list[bytes]:
    """Good inputs to begin with."""
    found = [path.read_bytes() for path in sorted((ROOT / FOLDERS.get(name, "none")).glob("*.json*"))]
    if name == "stream":
        from tests.support.stub_server import WHOLE

        found.append(b"".join(WHOLE))
    return SEEDS.get(name, []) + [data for data in found if len(data) <= MAX_BYTES]


def changed(value: Any, rng: random.Random) -> Any:
    """A JSON value with one place in it exchanged for something odd, left out, or given twice."""
    if not isinstance(value, dict | list) or not value or rng.random() < 0.1:
        return rng.choice(ODD)
    keys: list[Any] = list(value) if isinstance(value, dict) else list(range(len(value)))
    key, made = rng.choice(keys), cast(Any, value.copy())
    deed = rng.random()
    if deed < 0.1:
        del made[key]
    elif deed < 0.2 and isinstance(made, list):
        made.insert(key, made[rng.randrange(len(made))])
    elif deed < 0.2:
        made[rng.choice(NAMES)] = made[rng.choice(keys)]
    else:
        made[key] = changed(made[key], rng)
    return made


def _mutated(data: bytes, most: int, seed: int) -> bytes:
    """As JSON where it is some, since single bytes mostly make it none, and else as bytes."""
    import atheris

    rng = random.Random(seed)
    with contextlib.suppress(ValueError, RecursionError):
        if rng.random() < 0.7:
            made = json.dumps(changed(json.loads(data), rng)).encode()
            return made if len(made) <= most else data
    mutated: bytes = atheris.Mutate(data, most)
    return mutated


def _one(name: str, folder: Path, seconds: int) -> None:
    import atheris

    logging.disable()
    if name in ("multipart", "requests"):
        importlib.import_module("gradio")  # before what is watched: to watch it too would take minutes
    with atheris.instrument_imports(include=["backend", "ui", "web"]):
        tried(name, b"{}")
    corpus = folder / f"{name}-corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(name)):
        (corpus / f"seed{number}").write_bytes(seed)
    bounds = [f"-max_len={MAX_BYTES}", f"-timeout={SECONDS}", f"-rss_limit_mb={MEMORY_MB}"]
    where = [f"-max_total_time={seconds}", f"-artifact_prefix={folder}/{name}-", str(corpus)]
    atheris.Setup([sys.argv[0], *bounds, *where], lambda data: tried(name, data), custom_mutator=_mutated)
    atheris.Fuzz()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--only", nargs="+", choices=TARGETS, default=list(TARGETS))
    parser.add_argument("--finds", type=Path, default=Path(tempfile.gettempdir()) / "mistral-chat-fuzz")
    parser.add_argument("--within", help=argparse.SUPPRESS)  # the one that this process tries
    args = parser.parse_args()
    seconds = int(args.minutes * 60 / len(args.only))
    if args.within:
        return _one(args.within, args.finds, seconds)
    args.finds.mkdir(parents=True, exist_ok=True)
    for name in args.only:
        command = [sys.executable, __file__, "--within", name, "--only", *args.only, "--minutes", str(args.minutes)]
        done = subprocess.run([*command, "--finds", str(args.finds)], capture_output=True, text=True, errors="replace")
        found = [path for path in args.finds.glob(f"{name}-*") if path.is_file()]
        tail = [line for line in done.stderr.splitlines() if "DONE" in line or "Error" in line or "ALARM" in line]
        tail = tail or [f"it ended with {done.returncode}"]
        print(
            f"{name}: {len(found)} found{''.join(f', {path}' for path in found)}; {' | '.join(tail[-3:])}", flush=True
        )
    return None


if __name__ == "__main__":
    main()
