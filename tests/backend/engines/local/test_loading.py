"""How a model is loaded: in which type, and what a person is told where it cannot be."""

import json
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from mistral_common.tokens.tokenizers.tekken import Tekkenizer
from transformers import Mistral3Config, Mistral3ForConditionalGeneration

from backend.chat.errors import ModelUnusable
from backend.engines.local import loading, quantization
from backend.models.catalogue import Checkpoint, find
from backend.models.memory import DType

without_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="without a GPU")
FAULT = r"^Mistral Demo failed to load\. Check the app's log\.$"


@without_gpu
@pytest.mark.parametrize(
    ("asked", "in_cache", "expected"),
    [
        ("auto", quantization.IN_CACHE, torch.float32),
        ("auto", 1_000_000, torch.bfloat16),  # as large models are
        ("bfloat16", quantization.IN_CACHE, torch.bfloat16),
        ("float32", 1_000_000, torch.float32),
    ],
)
def test_float32_for_a_small_model_and_else_what_is_asked_for(
    asked: DType, in_cache: int, expected: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quantization, "IN_CACHE", in_cache)
    model = loading.load(find("demo"), dtype=asked).model
    assert {weight.dtype for weight in model.parameters()} == {expected}


@pytest.mark.parametrize("accelerated", [True, False])
@pytest.mark.parametrize("checkpoint", [replace(find("demo"), precision="4bit"), replace(find("demo"), stored="fp8")])
def test_quantized_weights_are_multiplied_in_bfloat16_alone(checkpoint: Checkpoint, accelerated: bool) -> None:
    assert quantization.weight_type(checkpoint, "auto", accelerated) == torch.bfloat16
    with pytest.raises(ModelUnusable, match=r"^Mistral Demo is quantized[^\n]*Leave out --dtype\.$"):
        quantization.weight_type(checkpoint, "float32", accelerated)


def test_a_gpu_is_given_bfloat16_whatever_the_size() -> None:
    assert quantization.weight_type(find("demo"), "auto", accelerated=True) == torch.bfloat16


def of_the_processor(**_: object) -> None:
    torch.empty(2**56, dtype=torch.uint8)


def of_python(**_: object) -> None:
    raise MemoryError


def of_the_system(**_: object) -> None:
    raise OSError(12, os.strerror(12))


def of_a_gpu(**_: object) -> None:
    raise torch.OutOfMemoryError("CUDA out of memory")


@pytest.mark.parametrize("allocation", [of_the_processor, of_python, of_the_system, of_a_gpu])
def test_memory_that_runs_out_is_told_as_such(allocation: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Mistral3ForConditionalGeneration, "from_pretrained", lambda *_, **given: allocation(**given))
    with pytest.raises(ModelUnusable, match=r"^Mistral Demo doesn't fit in this machine's memory\.$"):
        loading.load(find("demo"))


def test_files_that_may_not_be_read_are_not_called_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Mistral3ForConditionalGeneration, "from_pretrained", forbidden)
    with pytest.raises(ModelUnusable, match=r"^The files of Mistral Demo can't be read\. [^\n]*\.$"):
        loading.load(find("demo"))


@without_gpu
def test_a_process_whose_memory_is_limited_is_told_so_too(tmp_path: Path) -> None:
    """With a model of which a single matrix is larger than what is left."""
    code = """
import resource, sys
from pathlib import Path
from backend.chat.errors import ModelUnusable
from backend.engines.local.loading import load
from backend.models.catalogue import find
held = int(next(line for line in open("/proc/self/status") if line.startswith("VmSize")).split()[1]) * 1024
resource.setrlimit(resource.RLIMIT_AS, (held + 60_000_000, resource.getrlimit(resource.RLIMIT_AS)[1]))
try:
    load(find("demo"))
except ModelUnusable as error:
    print(error)
"""
    if not Path("/proc/self/status").exists():
        pytest.skip("needs Linux")
    # In one thread, and from one heap: else what fails may be the making of the very error, or of a thread.
    env = os.environ | {"MALLOC_ARENA_MAX": "1", "HF_DEACTIVATE_ASYNC_LOAD": "1"}
    told = subprocess.run([sys.executable, "-c", code], env=env, check=True, capture_output=True, text=True).stdout
    assert told == "Mistral Demo doesn't fit in this machine's memory.\n"


@pytest.mark.parametrize("error", [TypeError, AttributeError, ImportError, ValueError, RuntimeError, ZeroDivisionError])
def test_a_changed_interface_is_a_fault_that_the_log_names_and_not_a_broken_file(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def changed(*_: object, **__: object) -> None:
        raise error("unexpected keyword argument 'dtype'")

    monkeypatch.setattr(Mistral3ForConditionalGeneration, "from_pretrained", changed)
    with pytest.raises(ModelUnusable, match=FAULT):
        loading.load(find("demo"))
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert f"{error.__name__}: unexpected keyword argument" in caplog.text
    assert record.exc_info


@pytest.mark.parametrize("error", [TypeError, AttributeError, ImportError])
def test_so_is_one_of_the_tokenizers_library(error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    def changed(*_: object, **__: object) -> None:
        raise error("'NoneType' object is not callable")

    monkeypatch.setattr(Tekkenizer, "__init__", changed)
    with pytest.raises(ModelUnusable, match=FAULT):
        loading.load(find("demo"))


def test_a_package_that_is_missing_is_named_where_it_is_what_quantizes(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> None:
        raise ImportError("bitsandbytes")

    monkeypatch.setattr(Mistral3ForConditionalGeneration, "from_pretrained", missing)
    with pytest.raises(ModelUnusable, match="need bitsandbytes, which isn't installed"):
        loading.load(find("demo", "4bit"))


def broken(folder: Path) -> bool:
    """Whether a copy of the demo model's files, one of them changed, is told as broken."""
    with pytest.raises(ModelUnusable) as told:
        loading.load(replace(find("demo"), folder=folder))
    return str(told.value) == "The files of Mistral Demo are damaged or incomplete. Download them again."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(find("demo").folder, tmp_path / "model"))


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "7", "{}", '{"config": 7}', '{"config": {"version": "v11"}, "vocab": [7]}', "\udcff"]
)
def test_a_tokenizer_of_another_shape_is_told_as_broken(content: str, folder: Path) -> None:
    (folder / "tekken.json").write_text(content, "utf-8", errors="surrogateescape")
    assert broken(folder)


@pytest.mark.parametrize("field", ["config", "vocab", "special_tokens", "image"])
@pytest.mark.parametrize("value", [7, "text", [7]])
def test_so_is_one_with_a_field_of_another_kind(field: str, value: object, folder: Path) -> None:
    data = json.loads((folder / "tekken.json").read_text("utf-8"))
    (folder / "tekken.json").write_text(json.dumps(data | {field: value}), "utf-8")
    assert broken(folder)


@pytest.mark.parametrize("content", ["", "{", "\udcff"])
def test_a_config_that_is_cut_off_is_told_as_broken(content: str, folder: Path) -> None:
    (folder / "config.json").write_text(content, "utf-8", errors="surrogateescape")
    assert broken(folder)


@pytest.mark.parametrize("field", ["hidden_size", "num_attention_heads", "num_hidden_layers", "vocab_size"])
def test_so_is_one_with_a_size_that_is_no_number(field: str, folder: Path) -> None:
    data = json.loads((folder / "config.json").read_text("utf-8"))
    data["text_config"][field] = "many"
    (folder / "config.json").write_text(json.dumps(data), "utf-8")
    assert broken(folder)


def as_published(folder: Path, **missing: bool) -> Path:
    """Weights with an output matrix of their own, or without any, and a config.json that says nothing of it."""
    data = json.loads((folder / "config.json").read_text("utf-8"))
    untied = {"tie_word_embeddings": False}
    model: Any = Mistral3ForConditionalGeneration(Mistral3Config(**data | untied))
    weights = {name: weight for name, weight in model.state_dict().items() if not missing or name != "lm_head.weight"}
    model.save_pretrained(folder, state_dict=weights)
    data.pop("tie_word_embeddings")
    data["text_config"].pop("tie_word_embeddings")
    (folder / "config.json").write_text(json.dumps(data), "utf-8")
    return folder


def test_a_config_that_says_nothing_of_the_output_matrix_has_one(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = loading.load(replace(find("demo"), folder=as_published(folder))).model
    assert not model.lm_head.weight.equal(model.model.language_model.embed_tokens.weight)
    assert "tie_word_embeddings" not in "".join(capfd.readouterr())


def test_an_output_matrix_that_is_missing_is_told_as_broken(folder: Path) -> None:
    assert broken(as_published(folder, missing=True))


def test_a_tokenizer_of_another_model_is_refused(folder: Path) -> None:
    data = json.loads((folder / "tekken.json").read_text("utf-8"))
    data["config"]["default_vocab_size"] -= 1
    (folder / "tekken.json").write_text(json.dumps(data), "utf-8")
    with pytest.raises(ModelUnusable, match=r"^The tekken\.json of Mistral Demo belongs to another model\. [^\n]*\.$"):
        loading.load(replace(find("demo"), folder=folder))


def test_so_is_one_with_pictures_elsewhere(folder: Path) -> None:
    data = json.loads((folder / "config.json").read_text("utf-8"))
    (folder / "config.json").write_text(json.dumps(data | {"image_token_index": 12}), "utf-8")
    with pytest.raises(ModelUnusable, match=r"^The tekken\.json of Mistral Demo belongs to another model\. "):
        loading.load(replace(find("demo"), folder=folder))
