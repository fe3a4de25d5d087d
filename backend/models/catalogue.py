"""Which checkpoint to run, and where it lies. Knows nothing of requests, and imports no torch."""

import re
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from backend.chat.errors import ModelUnusable
from backend.models.download import Report, download, is_repository
from backend.models.memory import Precision

ROOT = Path(__file__).resolve().parents[2]
SAFE = r"model[\w.-]*\.safetensors"  # a file in the model's own folder that can hold nothing but numbers


@dataclass(frozen=True)
class CatalogueEntry:
    """A model that the catalogue knows by a short name: its title, where it lies, and its prompt in assets/prompts.

    `introduction` is what the page says of it before the first message, where it has to say more than of any other;
    `stored` is how its files are quantized, if they are: transformers' quant_method. One that `thinks` does so before
    it answers.
    """

    title: str
    source: str
    prompt: str = "default"
    introduction: str = ""
    stored: str = ""
    thinks: bool = False


UNTRIED = "Thinks before it answers. We haven’t run this model in this app yet."


def _reasoning(size: str) -> CatalogueEntry:
    source = f"mistralai/Ministral-3-{size}-Reasoning-2512"
    return CatalogueEntry(f"Ministral 3 {size} Reasoning", source, introduction=UNTRIED, thinks=True)


DEMO = (
    "You’re talking to a tiny demo model. It can describe simple shapes, read short text and equations, and call "
    "tools. For real answers, run with `--model small-3.2` on a GPU."
)
CATALOGUE = {
    "demo": CatalogueEntry("Mistral Demo", str(ROOT / "assets" / "demo-model"), "demo", DEMO),
    "small-3.2": CatalogueEntry("Mistral Small 3.2", "mistralai/Mistral-Small-3.2-24B-Instruct-2506"),
    "small-3.1": CatalogueEntry("Mistral Small 3.1", "mistralai/Mistral-Small-3.1-24B-Instruct-2503"),
    "ministral-14b": CatalogueEntry("Ministral 3 14B", "mistralai/Ministral-3-14B-Instruct-2512-BF16"),
    "ministral-8b": CatalogueEntry("Ministral 3 8B", "mistralai/Ministral-3-8B-Instruct-2512-BF16"),
    "ministral-3b": CatalogueEntry("Ministral 3 3B", "mistralai/Ministral-3-3B-Instruct-2512-BF16"),
    "ministral-14b-reasoning": _reasoning("14B"),
    "ministral-8b-reasoning": _reasoning("8B"),
    "ministral-3b-reasoning": _reasoning("3B"),
    "ministral-14b-fp8": CatalogueEntry("Ministral 3 14B FP8", "mistralai/Ministral-3-14B-Instruct-2512", stored="fp8"),
    "ministral-8b-fp8": CatalogueEntry("Ministral 3 8B FP8", "mistralai/Ministral-3-8B-Instruct-2512", stored="fp8"),
    "ministral-3b-fp8": CatalogueEntry("Ministral 3 3B FP8", "mistralai/Ministral-3-3B-Instruct-2512", stored="fp8"),
}


@dataclass(frozen=True)
class Checkpoint:
    """A Mistral3 checkpoint on disk: its folder, the name to show, its fallback prompt, its context in tokens.

    `stored` is how its files are quantized ("" where they are not), `precision` how they are to be loaded.
    """

    folder: Path
    title: str
    prompt: str
    context: int
    introduction: str = ""
    precision: Precision = "bf16"
    offload: bool = False
    stored: str = ""

    @property
    def revision(self) -> str:
        """The commit on the hub, or a digest of the configuration and of the names and sizes of the weights."""
        if self.folder.parent.name == "snapshots":
            return self.folder.name
        files = sorted((file.name, file.stat().st_size) for file in self.folder.glob("model*.safetensors"))
        return blake2b((self.folder / "config.json").read_bytes() + repr(files).encode(), digest_size=8).hexdigest()


@dataclass(frozen=True)
class Wanted:
    """A model as it was asked for; `folder` is None where it may have to be downloaded first.

    `precision` is how the weights are to be loaded, `offload` whether those that find no room on the GPUs may lie in
    main memory.
    """

    entry: CatalogueEntry
    folder: Path | None
    precision: Precision = "bf16"
    offload: bool = False

    @property
    def repository(self) -> str:
        """The one on the hub that it is from; "" where it is a folder."""
        return "" if self.folder else self.entry.source


def look_up(model: str, precision: Precision = "bf16", offload: bool = False) -> Wanted:
    """What `model` names: a name or title of the catalogue, a folder, or a repository of the hub. Downloads nothing.

    Raises ModelUnusable where it is none of these, or a folder that holds no such model, or one that is quantized
    already where a precision is asked for.
    """
    if offload and precision != "bf16":
        raise ModelUnusable("Only bf16 weights can be offloaded. Leave out --offload or --quantize.")
    entry = next((e for name, e in CATALOGUE.items() if model in (name, e.source, e.title)), None)
    entry = entry or CatalogueEntry(title=Path(model).name, source=model)
    _check_once(entry.title, entry.stored, precision)
    folder = Path(entry.source).expanduser()
    if folder.is_dir():
        _, stored = _check(folder, entry.source)
        _check_once(entry.title, stored, precision)
        return Wanted(entry, folder, precision, offload)
    if not is_repository(entry.source):
        raise ModelUnusable(f"There's no folder {model}, and it isn't a repository name (owner/name).")
    return Wanted(entry, None, precision, offload)


def names_of(title: str, source: str = "") -> tuple[str, ...]:
    """The names that a model of this title goes by, as a repository's first: folders of this machine are none."""
    key, entry = next(((k, e) for k, e in CATALOGUE.items() if e.title == title), ("", CatalogueEntry(title, source)))
    found = (entry.source if is_repository(entry.source) else "", key, title)
    return tuple(name for name in found if name)


def ensure_downloaded(wanted: Wanted, report: Report | None = None) -> Checkpoint:
    """The checkpoint on disk. What is not there yet is downloaded, with a progress bar in the terminal.

    `report` takes the bytes that are there and those to be fetched (see download). Raises ModelUnusable.
    """
    entry = wanted.entry
    folder = wanted.folder or download(entry.source, report)
    context, stored = _check(folder, entry.source)
    _check_once(entry.title, stored, wanted.precision)
    return Checkpoint(
        folder, entry.title, entry.prompt, context, entry.introduction, wanted.precision, wanted.offload, stored
    )


def find(model: str, precision: Precision = "bf16", offload: bool = False, report: Report | None = None) -> Checkpoint:
    """Both: the checkpoint that `model` names. Raises ModelUnusable."""
    return ensure_downloaded(look_up(model, precision, offload), report)


def _check_once(title: str, stored: str, precision: Precision) -> None:
    if stored and precision != "bf16":
        raise ModelUnusable(f"{title} is already quantized ({stored}). Leave out --quantize, or choose bf16.")


class _TextConfig(BaseModel):
    max_position_embeddings: int = 131_072


class _Quantization(BaseModel):
    quant_method: str = ""


class _Config(BaseModel):
    """What this app reads of a checkpoint's config.json."""

    model_type: str | None = None
    text_config: _TextConfig = _TextConfig()
    quantization_config: _Quantization | None = None
    transformers_weights: Any = None


class _Index(BaseModel):
    """What it reads of the index of the weights."""

    weight_map: dict[str, str | int]


def _check(folder: Path, name: str) -> tuple[int, str]:
    """(context length in tokens, how the files are quantized) of the Mistral3 checkpoint in `folder`.

    Raises ModelUnusable, with its `name`, if it is none.
    """
    try:
        config = _Config.model_validate_json((folder / "config.json").read_bytes())
    except (OSError, ValueError) as error:
        raise ModelUnusable(f"{name} has no readable config.json, so it isn't a model folder.") from error
    if config.model_type != "mistral3":
        raise ModelUnusable(f"{name} is a model of type {config.model_type!r}. This app runs only Mistral3 models.")
    if not (folder / "tekken.json").is_file():
        raise ModelUnusable(f"{name} has no tekken.json (the tokenizer). Get it from the model's repository.")
    if not any(folder.glob("model*.safetensors")):
        raise ModelUnusable(f"{name} has no weights (model*.safetensors). Get them from the model's repository.")
    if config.transformers_weights or not all(re.fullmatch(SAFE, file) for file in _shards(folder, name)):
        raise ModelUnusable(f"{name} refers to weights other than model*.safetensors, which this app doesn't open.")
    quantization = config.quantization_config
    return config.text_config.max_position_embeddings, quantization.quant_method if quantization else ""


def _shards(folder: Path, name: str) -> set[str]:
    """The files that the index of the weights names, where there is one: transformers opens them all, pickles too."""
    try:
        index = _Index.model_validate_json((folder / "model.safetensors.index.json").read_bytes())
        return {str(file) for file in index.weight_map.values()}
    except FileNotFoundError:
        return set()
    except (OSError, ValueError) as error:
        raise ModelUnusable(f"{name} has no readable model.safetensors.index.json. Download it again.") from error
