"""Fixtures that several test files share. Imports no torch: `make check` does without."""

import json
import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from backend.chat.messages import UserMessage
from backend.chat.parts import Image, Text
from backend.chat.request import ChatRequest, TextDelta
from backend.chat.settings import GenerationSettings
from backend.engines.server.vllm.process import OWN, VllmProcess
from backend.models.catalogue import Checkpoint, find
from backend.models.mistral_format import write_mistral_format
from backend.tokenization.tokenizer import Tokenizer

if TYPE_CHECKING:
    from backend.engines.local.engine import LocalEngine

DEMO = Path("assets/demo-model/tekken.json")
FOR_A_CPU = ("--max-model-len", "8192", "--dtype", "bfloat16", "--enforce-eager")  # vLLM: up in a minute, in 3.2 GB
# A thread that is bound to a processor of two, and never rests, was seen to keep a test from running for half a minute.
ITS_ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1", "VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_CPU_OMP_THREADS_BIND": "nobind", "OMP_NUM_THREADS": "1",
}  # fmt: skip
SHAPES = Image(str(Path("assets/examples/shapes.png").resolve()), 224, 84)


@pytest.fixture(scope="session")
def demo_tokenizer() -> Tokenizer:
    return Tokenizer(DEMO)


@pytest.fixture(scope="session")
def tokenizer_file(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The demo tokenizer's file as one of another protocol version, such as "v7"."""

    @cache
    def build(version: str) -> Path:
        data = json.loads(DEMO.read_text(encoding="utf-8"))
        data["config"]["version"] = version
        path = tmp_path_factory.mktemp(version) / "tekken.json"
        path.write_text(json.dumps(data), encoding="utf-8")
        return path

    return build


@pytest.fixture(scope="session")
def thinking_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo tokenizer's file with the control tokens around a thought that a model which reasons has, as v13."""
    data = json.loads(DEMO.read_text(encoding="utf-8"))
    data["config"]["version"] = "v13"
    marks = {34: "[THINK]", 35: "[/THINK]"}  # the ids that they have in Ministral 3 Reasoning's tokenizer
    data["special_tokens"] += [{"rank": rank, "token_str": mark, "is_control": True} for rank, mark in marks.items()]
    path = tmp_path_factory.mktemp("thinking") / "tekken.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def thinking_tokenizer(thinking_file: Path) -> Tokenizer:
    """That file as the app loads it."""
    return Tokenizer(thinking_file)


@pytest.fixture(scope="session")
def effort_tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    """The demo tokenizer as v15, whose models can be told how much to think."""
    data = json.loads(DEMO.read_text(encoding="utf-8"))
    data["config"]["version"] = "v15"
    marks = {34: "[THINK]", 35: "[/THINK]", 36: "[MODEL_SETTINGS]", 37: "[/MODEL_SETTINGS]"}
    data["special_tokens"] += [{"rank": rank, "token_str": mark, "is_control": True} for rank, mark in marks.items()]
    effort = {"type": "enum", "accepts_none": True, "default": "none", "values": ["none", "high"]}
    data["model_settings_builder"] = {"reasoning_effort": effort}
    path = tmp_path_factory.mktemp("effort") / "tekken.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return Tokenizer(path)


@pytest.fixture(scope="session")
def tokenizer_of(tokenizer_file: Callable[[str], Path]) -> Callable[[str], Tokenizer]:
    """That file as the app loads it."""
    return cache(lambda version: Tokenizer(tokenizer_file(version)))


@pytest.fixture(scope="module")
def engine() -> "Iterator[LocalEngine]":
    """The demo model, ready; one for each file of tests."""
    from backend.engines.local.engine import LocalEngine

    engine = LocalEngine(find("demo"))
    engine.loading.result(timeout=60)
    yield engine
    engine.close()


@pytest.fixture
def described() -> Callable[[Checkpoint], str]:
    """What a checkpoint, loaded for it, says of the example picture of three shapes."""
    from backend.engines.local.engine import LocalEngine

    def answer(checkpoint: Checkpoint) -> str:
        engine = LocalEngine(checkpoint)
        message = UserMessage((SHAPES, Text("What is in this picture?")))
        asked = ChatRequest(messages=(message,), settings=GenerationSettings(temperature=0.0, max_tokens=40))
        try:
            return "".join(event.text for event in engine.stream(asked) if isinstance(event, TextDelta))
        finally:
            engine.close()

    return answer


@pytest.fixture(scope="session")
def vllm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VllmProcess]:
    """A real vLLM that serves the demo model."""
    if not (OWN / "vllm").exists():
        pytest.skip("no vLLM here; make vllm installs it")
    os.environ |= ITS_ENVIRONMENT
    folder = tmp_path_factory.mktemp("served")
    write_mistral_format(Path("assets/demo-model"), folder)
    process = VllmProcess(OWN / "vllm", str(folder), options=FOR_A_CPU)
    process.started.result(300)
    yield process
    process.close()
