"""Fixtures that several test files share."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

DEMO = Path("assets/demo-model/tekken.json")


@pytest.fixture(scope="session")
def demo_tokenizer() -> MistralTokenizer:
    return MistralTokenizer.from_file(DEMO)


@pytest.fixture(scope="session")
def tokenizer_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], MistralTokenizer]:
    """The demo tokenizer as one of another protocol version, such as "v7"."""

    @cache
    def build(version: str) -> MistralTokenizer:
        data = json.loads(DEMO.read_text(encoding="utf-8"))
        data["config"]["version"] = version
        path = tmp_path_factory.mktemp(version) / "tekken.json"
        path.write_text(json.dumps(data), encoding="utf-8")
        return MistralTokenizer.from_file(path)

    return build
