"""Which model a server's name for it means; and that nothing is taken for one that it is not."""

import pytest

from backend.models.catalogue import CATALOGUE
from backend.models.served import known_model

NAMES = {
    "small-3.2": [
        "mistralai/Mistral-Small-3.2-24B-Instruct-2506", "mistral-small-2506", "mistral-small3.2",
        "mistral-small3.2:24b",
        "/models/Mistral-Small-3.2-24B-Instruct-2506-Q4_K_M.gguf", "unsloth/Mistral-Small-3.2-24B-Instruct-2506-GGUF",
        "mistralai/mistral-small-3.2-24b-instruct:free", "RedHatAI/Mistral-Small-3.2-24B-Instruct-2506-FP8",
        "Mistral Small 3.2",
    ],
    "small-3.1": ["mistralai/Mistral-Small-3.1-24B-Instruct-2503", "mistral-small-2503", "mistral-small3.1:24b"],
    "ministral-14b": ["mistralai/Ministral-3-14B-Instruct-2512", "ministral-14b-2512", "ministral-3:14b"],
    "ministral-8b": ["mistralai/Ministral-3-8B-Instruct-2512-BF16", "ministral-8b-2512"],
    "ministral-14b-reasoning": ["mistralai/Ministral-3-14B-Reasoning-2512", "ministral-3-14b-reasoning-2512@4bit"],
    "ministral-3b-reasoning": ["unsloth/Ministral-3-3B-Reasoning-2512-GGUF"],
    "ministral-3b": ["mistralai/ministral-3-3b", "ministral-3b-2512"],
}  # fmt: skip
OTHERS = [
    "llama-3", "tiny", "", "mistral-small", "mistral-small-latest", "mistral-small3:24b", "magistral-small-2506",
    "mistralai/Mistral-Small-24B-Instruct-2501", "devstral-small-2505", "ministral-8b-2410", "ministral-8b-latest",
    "mistralai/Mistral-Small-3.1-24B-Base-2503", "mistral-small-3.2-24b-reasoning-2506", "mistral-small-25061",
    "mistral-small" + "-a" * 100_000,
]  # fmt: skip


@pytest.mark.parametrize(("model", "name"), [(model, name) for model, names in NAMES.items() for name in names])
def test_a_name_gives_the_repository_of_the_tokenizer_away(model: str, name: str) -> None:
    found = known_model(name)
    assert found
    assert found.repository == CATALOGUE[model].source
    assert found.thinks is ("reasoning" in model)
    assert found.context == (131_072 if model.startswith("small") else 262_144)


@pytest.mark.parametrize("name", OTHERS, ids=lambda name: name[:60])
def test_what_is_another_model_or_may_be_one_is_not_known(name: str) -> None:
    assert known_model(name) is None
