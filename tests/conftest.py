"""Fixtures that several test files share."""

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

from backend.local_engine import LocalEngine
from backend.models import find
from backend.wire import load_tokenizer

DEMO = Path("assets/demo-model/tekken.json")


@pytest.fixture(scope="session")
def demo_tokenizer() -> MistralTokenizer:
    return load_tokenizer(DEMO)


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
def tokenizer_of(tokenizer_file: Callable[[str], Path]) -> Callable[[str], MistralTokenizer]:
    """That file as the app loads it."""
    return cache(lambda version: load_tokenizer(tokenizer_file(version)))


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    """The demo model, ready; one for each file of tests."""
    engine = LocalEngine(find("demo"))
    engine.loading.result(timeout=60)
    yield engine
    engine.close()
