"""Files of a model are data: no code that comes with them is run, and no pickle is opened."""

import json
import os
import pickle
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from backend.chat.errors import ModelUnusable
from backend.engines.local.loading import load
from backend.models.catalogue import ROOT, find

ROOMS = ("backend", "web", "ui", "scripts", "tests")
# These send our own objects through pickle: as `spaces` does, and to processes that may send no more than values back.
PICKLING = {"test_zero_gpu.py", "zero_gpu_space.py", "pool.py", "worker.py"}
SOURCES = [Path("app.py"), *sorted(path for room in ROOMS for path in Path(room).rglob("*.py"))]
FORBIDDEN = re.compile(
    r"trust_remote_code|allow_pickle|^\s*(?:import|from) (?:pickle|cloudpickle|dill|joblib|shelve)\b", re.MULTILINE
)
LOADS = re.compile(r"\btorch\.load\([^\n]*")


@pytest.mark.parametrize(
    "path", [path for path in SOURCES if path.name not in {Path(__file__).name, *PICKLING}], ids=str
)
def test_no_file_of_the_repository_runs_a_models_code_or_opens_pickles(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not FORBIDDEN.findall(text)
    loads = LOADS.findall(text)
    assert not loads or path.is_relative_to("scripts/demo_model")
    assert all("weights_only=True" in line for line in loads)


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.trace),)


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """What appears where the hostile files are run."""
    return tmp_path / "trace"


@pytest.fixture
def folder(tmp_path: Path, trace: Path) -> Path:
    """The demo model with code and a pickle beside it, named in every place that transformers knows."""
    folder = Path(shutil.copytree(ROOT / "assets" / "demo-model", tmp_path / "model"))
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Bomb(trace)))
    code = f"import os\nos.mkdir({str(trace)!r})\n"
    (folder / "evil.py").write_text(code)
    (folder / "custom_generate").mkdir()
    (folder / "custom_generate" / "generate.py").write_text(code)
    config = json.loads((folder / "config.json").read_text("utf-8"))
    classes = dict.fromkeys(("AutoConfig", "AutoModel", "AutoModelForImageTextToText", "AutoTokenizer"), "evil.Evil")
    (folder / "config.json").write_text(json.dumps(config | {"auto_map": classes}), "utf-8")
    return folder


def test_code_and_pickles_beside_the_weights_are_left_alone(folder: Path, trace: Path) -> None:
    load(find(str(folder)))
    assert not trace.exists()


def test_a_folder_whose_only_weights_are_a_pickle_is_refused_in_one_sentence(folder: Path) -> None:
    for file in folder.glob("model*.safetensors*"):
        file.unlink()
    with pytest.raises(ModelUnusable, match=r"^[^\n]*has no weights \(model\*\.safetensors\)[^\n]*\.$"):
        find(str(folder))


def point_index_at(folder: Path, name: object) -> None:
    """The first shard of the weights is this file."""
    path = folder / "model.safetensors.index.json"
    index = json.loads(path.read_text("utf-8"))
    first = next(iter(index["weight_map"].values()))
    index["weight_map"] = {key: name if file == first else file for key, file in index["weight_map"].items()}
    path.write_text(json.dumps(index), "utf-8")


@pytest.mark.parametrize("name", ["pytorch_model.bin", "evil.py", "../model/model-00001-of-00002.safetensors", 7])
def test_an_index_that_names_other_files_is_refused_in_one_sentence(name: object, folder: Path) -> None:
    point_index_at(folder, name)
    with pytest.raises(ModelUnusable, match=r"^[^\n]*doesn't open\.$"):
        find(str(folder))


@pytest.mark.parametrize("name", ["adapter_model.bin", "other.safetensors.index.json"])
def test_a_config_that_names_other_weights_is_refused_in_one_sentence(name: str, folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text("utf-8"))
    (folder / "config.json").write_text(json.dumps(config | {"transformers_weights": name}), "utf-8")
    with pytest.raises(ModelUnusable, match=r"^[^\n]*doesn't open\.$"):
        find(str(folder))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"weight_map": 1}', '{"weight_map": {"a": ["model.safetensors"]}}'])
def test_an_index_that_is_broken_is_refused_in_one_sentence(text: str, folder: Path) -> None:
    (folder / "model.safetensors.index.json").write_text(text, "utf-8")
    with pytest.raises(ModelUnusable, match=r"^[^\n]*index\.json[^\n]*\.$"):
        find(str(folder))


def test_a_pickle_that_is_named_like_safe_weights_is_refused_in_one_sentence(folder: Path, trace: Path) -> None:
    (folder / "pytorch_model.bin").rename(folder / "model-00001-of-00002.safetensors")
    with pytest.raises(ModelUnusable, match=r"^[^\n]*damaged or incomplete[^\n]*\.$"):
        load(find(str(folder)))
    assert not trace.exists()
