"""What one runs first on a GPU runs anywhere, with a tiny shape and with nothing but what it says it needs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.benchmark.large.subject import largest
from scripts.benchmark.report import CannotMeasure

WHEELS = Path("scripts/benchmark/large/wheels.txt")
# What wheels.txt takes to be there, and what that needs.
WITH_TORCH = {
    "torch", "numpy", "pillow", "opencv-python-headless", "psutil", "safetensors", "tokenizers", "tiktoken", "regex",
    "requests", "urllib3", "certifi", "charset-normalizer", "idna", "packaging", "pyyaml", "tqdm", "filelock", "fsspec",
    "hf-xet", "attrs", "jinja2", "markupsafe", "typing-extensions", "sympy", "mpmath", "networkx", "h11", "anyio",
    "click", "typer",
}  # fmt: skip
OPTIONAL = {"bitsandbytes"}
ALONE = """
import runpy, sys
from importlib.metadata import packages_distributions
has = set(sys.argv.pop(1).split())
for module, packages in packages_distributions().items():
    if not has & {package.lower().replace("_", "-") for package in packages}:
        sys.modules[module] = None  # as where it is not installed
runpy.run_module("scripts.benchmark", run_name="__main__", alter_sys=True)
"""
ROWS = (
    "memory of", "arithmetic", "tiny, random weights", "a token in bf16, eager", "a token in bf16, through the engine",
    "a token as a recorded step", "a token through the engine with --decode graph", "a picture of", "10 pictures of",
    "reading 512 tokens", "reading 2,304 tokens", "the memory of 2,304 tokens", "first token, turn 20 of turn 2",
    "first token, turn 20, where the history is read anew", "Stop in the reading of", "peak memory",
    "a token in 4 bits", "a token in bf16, static cache",
)  # fmt: skip


def wheels() -> list[str]:
    return [line for line in WHEELS.read_text("utf-8").splitlines() if not line.startswith("#")]


def rows(file: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


@pytest.mark.timeout(400)
def test_every_row_is_measured_with_a_tiny_shape_and_the_wheels_alone(tmp_path: Path) -> None:
    has = WITH_TORCH | OPTIONAL | {line.partition("==")[0] for line in wheels()}
    options = ["--only", "large", "--small", "--seconds", "380", "--out", str(tmp_path / "rows.jsonl")]
    done = subprocess.run([sys.executable, "-c", ALONE, " ".join(has), *options], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    found = rows(tmp_path / "rows.jsonl")
    for row in ROWS:
        assert any(one["row"].startswith(row) for one in found), row
    lacking = {one["row"]: one["ratio"] for one in found if one["measured"] in ("not measured", "failed", "left out")}
    assert set(lacking.values()) <= {"needs bitsandbytes"}
    for one in found:
        assert f"| {one['row']} | {one['measured']} | {one['ratio']} |\n" in done.stdout


def test_without_a_gpu_a_row_says_why_not_and_no_model_is_loaded(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "scripts.benchmark", "--only", "large", "--model", "nowhere"]
    without_gpus = os.environ | {"CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run([*command, "--out", str(tmp_path / "rows.jsonl")], env=without_gpus)
    assert done.returncode == 0
    (row,) = rows(tmp_path / "rows.jsonl")
    assert row["measured"] == "not measured"
    assert "--small" in row["ratio"]


@pytest.mark.parametrize(
    ("free", "name"),
    [
        (140e9, "small-3.2"),
        (78e9, "small-3.2"),
        (46e9, "ministral-14b"),
        (23e9, "ministral-8b"),
        (15e9, "ministral-3b"),
    ],
)
def test_the_largest_shape_is_taken_that_the_plan_finds_room_for(free: float, name: str) -> None:
    assert largest(free) == name


def test_a_gpu_without_room_for_any_is_told_what_is_needed() -> None:
    with pytest.raises(CannotMeasure, match="needs a GPU with 11 GB free, and 4 are"):
        largest(4e9)


def test_the_wheels_are_of_the_versions_that_the_app_has() -> None:
    locked = Path("requirements.lock").read_text("utf-8").splitlines()
    assert wheels()
    for wheel in wheels():
        assert any(line.startswith(f"{wheel} ") for line in locked), wheel
