"""What models need: the catalogue's sizes are those of the architecture, and the choice is the best that fits."""

import pytest
import torch
from transformers import Mistral3Config, Mistral3ForConditionalGeneration, MistralConfig, PixtralVisionConfig

from backend.models.catalogue import CATALOGUE
from backend.models.memory import FP8, PREFERENCE, REASONING, SIZES, Machine, choose, table

SHAPES = {
    "small-3.2": (5120, 40, 32_768, False), "ministral-14b": (5120, 40, 16_384, False),
    "ministral-8b": (4096, 34, 14_336, False), "ministral-3b": (3072, 26, 9_216, True),
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_the_stated_parameters_are_those_of_the_architecture_on_the_meta_device(name: str) -> None:
    hidden, layers, intermediate, tied = SHAPES[name]
    text = MistralConfig(
        vocab_size=131_072, hidden_size=hidden, intermediate_size=intermediate, num_hidden_layers=layers,
        num_attention_heads=32, num_key_value_heads=8, head_dim=128, tie_word_embeddings=tied,
    )  # fmt: skip
    vision = PixtralVisionConfig(
        hidden_size=1024, intermediate_size=4096, num_hidden_layers=24, num_attention_heads=16, head_dim=64,
        image_size=1540, patch_size=14,
    )  # fmt: skip
    config = Mistral3Config(
        text_config=text, vision_config=vision, spatial_merge_size=2, multimodal_projector_bias=False,
        tie_word_embeddings=tied,
    )  # fmt: skip
    with torch.device("meta"):
        model = Mistral3ForConditionalGeneration(config)
    assert SIZES[name].parameters == model.num_parameters()


def test_the_24b_model_has_its_24_billion_parameters_160_kib_a_token_and_needs_about_55_gb() -> None:
    size = SIZES["small-3.2"]
    assert round(size.parameters / 1e9, 1) == 24.0
    assert size.kv_bytes == 160 * 1024
    assert 53e9 < size.needed("bf16") < 56e9


def test_the_plan_has_room_for_a_picture_and_for_a_piece_of_a_prompt() -> None:
    """For the 24B model 0.6 GB of activations, of a mask 0.07 and of repeated keys and values 0.27; the tower: 0.84."""
    assert 0.9e9 < SIZES["small-3.2"].working < 1.0e9
    assert 0.8e9 < SIZES["ministral-3b"].working < 0.85e9


@pytest.mark.parametrize(
    ("free", "model", "precision"),
    [
        (80e9, "small-3.2", "bf16"), (48e9, "small-3.2", "8bit"), (24e9, "small-3.2", "4bit"),
        (16e9, "ministral-14b", "4bit"), (12e9, "ministral-3b", "bf16"), (3e9, "demo", "bf16"),
    ],
)  # fmt: skip
def test_auto_takes_the_best_that_fits_the_gpu(free: float, model: str, precision: str) -> None:
    choice = choose(Machine("cuda", free))
    assert (choice.model, choice.precision) == (model, precision)
    assert choice.why


def test_without_a_gpu_the_demo_model_answers_however_much_memory_there_is() -> None:
    assert choose(Machine("cpu", 500e9)).model == "demo"


def test_every_model_that_can_be_chosen_is_in_the_catalogue() -> None:
    assert {name for name, _ in PREFERENCE} | set(SIZES) | set(FP8) | set(REASONING) <= set(CATALOGUE)


def test_the_plan_names_each_model_and_precision_with_a_verdict() -> None:
    text = table(Machine("cuda", 24e9))
    assert all(name in text for name in SIZES)
    assert "GB too little" in text
    assert "--model auto: small-3.2" in text


@pytest.mark.parametrize(("fp8", "expected"), [(True, ["fp8", "20.6 GB"]), (False, ["bf16", "33.4 GB"])])
def test_files_in_fp8_need_half_only_where_the_gpu_multiplies_them(fp8: bool, expected: list[str]) -> None:
    line = next(line for line in table(Machine("cuda", 24e9, fp8)).splitlines() if line.startswith("ministral-14b-fp8"))
    assert all(word in line for word in expected)
    assert line.endswith("fits") == fp8
