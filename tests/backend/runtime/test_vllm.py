"""What `--vllm` starts, with a stand-in for vLLM and one for nvidia-smi."""

import json
import os
from pathlib import Path

import pytest

from backend.chat.errors import ModelUnusable
from backend.config import Config
from backend.engines.server.vllm import process as vllm_process
from backend.models.catalogue import ROOT
from backend.runtime.vllm import vllm

STAND_IN = ROOT / "tests" / "support" / "vllm_stand_in.py"


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that comes first on the PATH, with a stand-in for vLLM in it."""
    monkeypatch.setattr(vllm_process, "OWN", tmp_path / "none")
    monkeypatch.setattr(vllm_process, "POLL_SECONDS", 0.05)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("STAND_IN_NOTES", str(tmp_path / "notes"))
    (tmp_path / "vllm").symlink_to(STAND_IN)
    return tmp_path


def served(programs: Path, config: Config) -> tuple[str, str]:
    """The title that the page shows, and the model that vLLM was started with."""
    runtime = vllm(config)
    try:
        assert runtime.wait(60)
    finally:
        runtime.close()
    return runtime.model.info().name, json.loads((programs / "notes").read_text())[2][1]


def gpus(programs: Path, *free: int) -> None:
    """Makes this a machine with GPUs of so many free MiB."""
    (programs / "nvidia-smi").write_text("#!/bin/sh\n" + "".join(f"echo {mib}\n" for mib in free))
    (programs / "nvidia-smi").chmod(0o755)


def test_a_name_of_the_catalogue_is_its_repository(programs: Path) -> None:
    title, model = served(programs, Config(vllm=True, model="small-3.2"))
    assert title == "Mistral Small 3.2"
    assert model == "mistralai/Mistral-Small-3.2-24B-Instruct-2506"


def test_a_folder_is_named_in_full(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (programs / "mine").mkdir()
    (programs / "mine" / "params.json").touch()
    monkeypatch.chdir(programs)
    assert served(programs, Config(vllm=True, model="mine")) == ("mine", str(programs / "mine"))


def test_a_folder_that_vllm_cannot_load_is_translated_for_it_and_the_translation_goes_with_it(programs: Path) -> None:
    title, model = served(programs, Config(vllm=True, model="demo"))
    assert title == "Mistral Demo"
    assert "demo-model" not in model
    assert not Path(model).exists()


@pytest.mark.parametrize(
    ("free", "size", "title"),
    [
        ((24_000,), 1, "Ministral 3 8B"),
        ((40_000, 40_000), 1, "Ministral 3 14B"),
        ((40_000, 40_000), 2, "Mistral Small 3.2"),
    ],
)
def test_auto_is_the_best_that_fits_so_many_gpus(programs: Path, free: tuple[int, ...], size: int, title: str) -> None:
    gpus(programs, *free)
    assert served(programs, Config(vllm=True, tensor_parallel_size=size))[0] == title


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        (Config(vllm=True), "No model fits the NVIDIA GPUs"),
        (Config(vllm=True, model="docs"), "no readable config.json"),
        (Config(vllm=True, model="nothing-of-this-name"), "no folder nothing-of-this-name"),
        (Config(vllm=True, model="small-3.2", quantize="4bit"), "Give vLLM its own options after --"),
    ],
)
def test_what_vllm_could_not_run_is_said_before_it_is_started(programs: Path, config: Config, sentence: str) -> None:
    gpus(programs)
    with pytest.raises(ModelUnusable, match=sentence):
        vllm(config)
    assert not (programs / "notes").exists()


def test_where_there_is_no_vllm_the_sentence_says_what_installs_it(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(programs / "none"))
    with pytest.raises(ModelUnusable, match="Install it with `make vllm`"):
        vllm(Config(vllm=True, model="small-3.2"))
