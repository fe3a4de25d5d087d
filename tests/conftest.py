"""Fixtures that several test files share."""

import pytest
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer


@pytest.fixture(scope="session")
def demo_tokenizer() -> MistralTokenizer:
    return MistralTokenizer.from_file("assets/demo-model/tekken.json")
