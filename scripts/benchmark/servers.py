"""Starts the peers: each gets the checkpoint in the form that it reads, a free port, and as many threads as we."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from mistral_common.integrations.chat_templates.chat_templates import convert_tokenizer_to_chat_template

from backend.models.mistral_format import write_mistral_format
from scripts.benchmark.table import ROOT

TOOLS = ROOT / "tests" / "servers"
START_SECONDS = 400
# What Pixtral's processor does to a picture, as mistral-common does it too.
PICTURES = {
    "image_processor_type": "PixtralImageProcessor",
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
}


class NotServed(Exception):
    """A peer is not here, or does not serve this checkpoint. Its text says why."""


@dataclass(frozen=True)
class Served:
    """Where a server answers, and the name that it serves the model under; empty where it lists it."""

    url: str
    model: str = ""


@contextmanager
def transformers_serve(environment: Path, source: Path, folder: Path, threads: int) -> Iterator[Served]:
    """Hugging Face's own server, from an environment with transformers[serving] and torchvision.

    It cannot serve the checkpoint as it is: it wants a processor's configuration and a chat template beside it.
    """
    program = environment / "bin" / "transformers"
    if not program.exists():
        raise NotServed(f"no transformers in {environment}: name an environment with --transformers")
    model = _with_processor(source, folder / "transformers")
    command: list[str | Path] = [program, "serve", model, "--format", "quiet"]
    with _running("transformers serve", command, folder, threads, {"PYTHONPATH": str(TOOLS)}) as url:
        yield Served(url, str(model))


@contextmanager
def vllm(place: str, source: Path, folder: Path, threads: int) -> Iterator[Served]:
    """vLLM from its environment, or the one that runs at an address."""
    if place.startswith("http"):
        yield Served(place)
        return
    program = Path(place) / "bin" / "vllm"
    if not program.exists():
        raise NotServed("not installed: make server-test installs it, or name it with --vllm")
    model = _in_mistral_format(source, folder)
    command: list[str | Path] = [
        program, "serve", model, "--tokenizer-mode", "mistral", "--config-format", "mistral",
        "--load-format", "mistral", "--max-model-len", "8192", "--dtype", "bfloat16",
        *([] if torch.cuda.is_available() else ["--enforce-eager"]),
    ]  # fmt: skip
    settings = {
        "VLLM_NO_USAGE_STATS": "1", "VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_CPU_OMP_THREADS_BIND": "nobind",
        "PYTHONPATH": str(TOOLS), "PATH": f"{program.parent}:{os.environ['PATH']}",
    }  # fmt: skip
    with _running("vllm", command, folder, threads, settings) as url:
        yield Served(url)


@contextmanager
def llama(place: str, converter: str, source: Path, folder: Path, threads: int) -> Iterator[Served]:
    """llama.cpp's server, with its own conversion of the checkpoint and of its projector; or the one at an address."""
    if place.startswith("http"):
        yield Served(place)
        return
    program = shutil.which(place)
    if not program:
        raise NotServed("not installed: name a llama-server with --llama")
    if not converter:
        raise NotServed("its source's convert_hf_to_gguf.py must be named with --gguf-converter")
    model = _in_mistral_format(source, folder)
    files = folder / "text.gguf", folder / "projector.gguf"
    command: list[str | Path]
    for file, options in zip(files, ([], ["--mmproj"]), strict=True):
        command = [sys.executable, converter, "--mistral-format", "--outtype", "bf16", "--outfile", file, *options]
        path = {"PYTHONPATH": str(Path(converter).parent / "gguf-py")}
        done = subprocess.run([*command, model], env=os.environ | path, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotServed(f"its conversion failed: {_last_words(done.stderr)}")
    command = [program, "-m", files[0], "--mmproj", files[1], "-t", str(threads), "--jinja"]
    with _running("llama", command, folder, threads, {}) as url:
        yield Served(url)


@contextmanager
def _running(
    name: str, command: list[str | Path], folder: Path, threads: int, settings: dict[str, str]
) -> Iterator[str]:
    """The address of a server started so. Raises NotServed with its last words where it ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder / f"{name}.log"
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": str(threads)} | settings
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port)], env=environment, stdout=out, stderr=out
        )
        try:
            _wait(f"http://127.0.0.1:{port}/health", process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(60)


def _wait(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(START_SECONDS):
        if process.poll() is not None:
            raise NotServed(f"it ended at its start: {_last_words(log.read_text(errors='replace'))}")
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(1)
    raise NotServed(f"it did not start within {START_SECONDS} s")


def _in_mistral_format(source: Path, folder: Path) -> Path:
    target = folder / "mistral"
    if not target.exists():
        target.mkdir()
        write_mistral_format(source, target)
    return target


def _with_processor(source: Path, target: Path) -> Path:
    """The checkpoint with what transformers wants beside it; the weights are linked."""
    target.mkdir()
    for file in source.iterdir():
        (target / file.name).symlink_to(file.resolve())
    config = json.loads((source / "config.json").read_text("utf-8"))
    vision = config["vision_config"]
    pictures = PICTURES | {"patch_size": vision["patch_size"], "size": {"longest_edge": vision["image_size"]}}
    processor = {
        "processor_class": "PixtralProcessor",
        "patch_size": vision["patch_size"],
        "spatial_merge_size": config["spatial_merge_size"],
    }
    for name, content in (("preprocessor_config.json", pictures), ("processor_config.json", processor)):
        if not (target / name).exists():
            (target / name).write_text(json.dumps(content), "utf-8")
    if not (target / "chat_template.jinja").exists():
        template = convert_tokenizer_to_chat_template(source / "tekken.json")
        (target / "chat_template.jinja").write_text(template, "utf-8")
    return target


def _last_words(text: str) -> str:
    """The last error in a log with what follows it, or its last line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["nothing was said"]
    errors = [at for at, line in enumerate(lines) if "Error" in line]
    return " ".join(lines[errors[-1] if errors else -1 :])[:300]
