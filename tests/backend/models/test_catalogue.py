"""Finding and loading a checkpoint: what is taken, and the sentence that refuses the rest."""

import json
import shutil
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from backend.chat.errors import ModelUnusable
from backend.engines.local.loading import load
from backend.models.catalogue import ROOT, find, look_up

DEMO = ROOT / "assets" / "demo-model"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the demo model, to be broken."""
    return Path(shutil.copytree(DEMO, tmp_path / "my-model"))


def refusal(model: str | Path) -> str:
    with pytest.raises(ModelUnusable) as refused:
        find(str(model))
    sentence = str(refused.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def change_config(folder: Path, **values: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | values), "utf-8")


def test_the_demo_is_found_by_its_short_name() -> None:
    checkpoint = find("demo")
    assert checkpoint.folder == DEMO
    assert checkpoint.title == "Mistral Demo"
    assert checkpoint.context == 8192


def test_a_model_is_found_by_its_title_as_the_page_names_it() -> None:
    assert look_up("Mistral Demo") == look_up("demo")


def test_offloaded_weights_cannot_be_quantized() -> None:
    with pytest.raises(ModelUnusable, match="Only bf16 weights"):
        look_up("demo", "4bit", offload=True)


@pytest.mark.parametrize("value", [["fp8"], "fp8", 8])
def test_a_config_with_an_unsound_quantization_is_refused(folder: Path, value: object) -> None:
    change_config(folder, quantization_config=value)
    refusal(folder)


def test_what_is_quantized_already_is_not_quantized_again(folder: Path) -> None:
    change_config(folder, quantization_config={"quant_method": "fp8"})
    for model in (str(folder), "ministral-8b-fp8"):
        with pytest.raises(ModelUnusable, match=r"already quantized \(fp8\)"):
            look_up(model, "4bit")


def test_a_folder_is_found_by_its_path_and_titled_by_its_name(folder: Path) -> None:
    checkpoint = find(str(folder))
    assert checkpoint.folder == folder
    assert checkpoint.title == "my-model"
    assert checkpoint.prompt == "default"


def test_a_folder_in_the_home_directory_can_be_named_with_a_tilde(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(folder.parent))
    assert find("~/my-model").folder == folder


@pytest.mark.parametrize("name", ["no-such-model", "../nothing", "./a", "a/b/c", "a--b/c", "é/x", "-a/b", "a/b.git"])
def test_a_name_of_nothing_is_refused(name: str) -> None:
    assert f"no folder {name}," in refusal(name)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    assert str(tmp_path / "nothing") in refusal(tmp_path / "nothing")


@pytest.mark.parametrize("text", [None, "", "{", "[]"])
def test_a_folder_without_a_readable_config_is_refused(folder: Path, text: str | None) -> None:
    (folder / "config.json").unlink()
    if text is not None:
        (folder / "config.json").write_text(text, "utf-8")
    assert "config.json" in refusal(folder)


def test_a_model_of_another_type_is_refused(folder: Path) -> None:
    change_config(folder, model_type="llama")
    assert "'llama'" in refusal(folder)


def test_a_folder_without_its_tokenizer_is_refused(folder: Path) -> None:
    (folder / "tekken.json").unlink()
    assert "tekken.json" in refusal(folder)


def test_a_folder_without_weights_is_refused(folder: Path) -> None:
    for file in folder.glob("model*.safetensors"):
        file.unlink()
    assert "weights" in refusal(folder)


@pytest.mark.parametrize("name", ["model-00001-of-00002.safetensors", "tekken.json"])
@pytest.mark.parametrize("size", [0, 1000])
def test_a_file_that_is_cut_off_is_told_in_one_sentence(folder: Path, name: str, size: int) -> None:
    path = folder / name
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(ModelUnusable, match="damaged or incomplete") as refused:
        load(find(str(folder)))
    assert "\n" not in str(refused.value)


def test_weights_that_do_not_fit_the_config_are_told_in_one_sentence(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text("utf-8"))
    change_config(folder, text_config=config["text_config"] | {"hidden_size": 384})
    with pytest.raises(ModelUnusable, match="damaged or incomplete"):
        load(find(str(folder)))


@pytest.mark.parametrize("value", [None, [], {"max_position_embeddings": None}, {"max_position_embeddings": "many"}])
def test_a_config_without_a_sound_text_config_is_refused(folder: Path, value: object) -> None:
    change_config(folder, text_config=value)
    refusal(folder)


def test_a_tokenizer_file_that_holds_no_object_is_told_in_one_sentence(folder: Path) -> None:
    (folder / "tekken.json").write_text("[]", "utf-8")
    with pytest.raises(ModelUnusable):
        load(find(str(folder)))


def test_weights_that_lack_a_tensor_are_not_replaced_by_random_numbers(folder: Path) -> None:
    path = folder / "model-00001-of-00002.safetensors"
    tensors = load_file(path)
    del tensors[next(name for name in tensors if "mlp" in name)]
    save_file(tensors, path, metadata={"format": "pt"})
    with pytest.raises(ModelUnusable):
        load(find(str(folder)))
