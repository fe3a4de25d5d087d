"""A checkpoint's weights and tokenizer in memory."""

import json
import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from huggingface_hub.errors import StrictDataclassError
from mistral_common.tokens.tokenizers.base import SpecialTokens
from safetensors import SafetensorError
from transformers import Mistral3Config, Mistral3ForConditionalGeneration
from transformers.utils.logging import set_tqdm_hook

from backend.chat.errors import ModelUnusable
from backend.engines.local.devices import attention, device_map, out_of_memory, spare_threads
from backend.engines.local.quantization import missing_package, quantization, weight_type
from backend.models.catalogue import Checkpoint
from backend.models.download import Report
from backend.models.memory import DType
from backend.tokenization.count import TokenCounter
from backend.tokenization.tokenizer import Tokenizer, TokenizerBroken

log = logging.getLogger(__name__)
LOADING_BAR = "Loading weights"  # transformers' name of it


class _FilesBroken(Exception):
    """What a library raised is what it raises at files that are damaged or lack something."""


class _OtherTokenizer(Exception):
    """The tokenizer has other ids than the model."""


@dataclass(frozen=True)
class LoadedModel:
    """A model that can generate, with its tokenizer."""

    checkpoint: Checkpoint
    model: Any  # a Mistral3ForConditionalGeneration, whose own annotations mypy refuses
    tokenizer: Tokenizer

    @cached_property
    def counter(self) -> TokenCounter:
        """Counts with its tokenizer."""
        return TokenCounter(self.tokenizer, self.checkpoint.context)


def load(
    checkpoint: Checkpoint, emulated: bool = False, report: Report | None = None, dtype: DType = "auto"
) -> LoadedModel:
    """The checkpoint in memory, on the GPUs where there are any; a progress bar stands in the terminal.

    `report` takes the number of weights that are loaded, and of all. `emulated` says that CUDA is only emulated, and in
    this thread alone, as on a Space with ZeroGPU. `dtype` is as in quantization.weight_type.
    Raises ModelUnusable, with one sentence, whatever goes wrong: that the files are damaged is said only where that is
    what a library raised; of a fault that nobody foresaw, the log has the type and the trace.
    """
    accelerated = torch.cuda.is_available() or torch.backends.mps.is_available()
    if not accelerated:
        torch.set_num_threads(spare_threads())
    kind = weight_type(checkpoint, dtype, accelerated)
    try:
        tokenizer = Tokenizer(checkpoint.folder / "tekken.json")
        config = _config(checkpoint.folder)
        _check_ids(config, tokenizer)
        with _reported(report):
            model = _weights(checkpoint, config, accelerated and not emulated, kind)
        if emulated:  # transformers would move the weights in threads of its own, where nothing is emulated
            model = model.to("cuda")
    except Exception as error:
        log.error("loading %s failed: %s", checkpoint.title, error, exc_info=error)
        raise ModelUnusable(_sentence(checkpoint, error)) from error
    return LoadedModel(checkpoint, model.eval(), tokenizer)


def _sentence(checkpoint: Checkpoint, error: Exception) -> str:
    if out_of_memory(error) or (error.__cause__ and out_of_memory(error.__cause__)):
        return f"{checkpoint.title} doesn't fit in this machine's memory."
    if isinstance(error.__cause__, PermissionError):
        return f"The files of {checkpoint.title} can't be read. Allow the app to read them."
    if isinstance(error, _OtherTokenizer):
        return (
            f"The tekken.json of {checkpoint.title} belongs to another model. Use the one that comes with the weights."
        )
    if isinstance(error, TokenizerBroken | _FilesBroken):
        return f"The files of {checkpoint.title} are damaged or incomplete. Download them again."
    if isinstance(error, ImportError) and (checkpoint.stored or checkpoint.precision != "bf16"):
        return missing_package(checkpoint)
    return f"{checkpoint.title} failed to load. Check the app's log."


@contextmanager
def _reported(report: Report | None) -> Generator[None]:
    """Meanwhile transformers' progress bars report what they show."""

    def hook(bar: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        shown = bar(*args, **options)
        return _counted(shown, report) if report and options.get("desc") == LOADING_BAR else shown

    before = set_tqdm_hook(hook)
    try:
        yield
    finally:
        set_tqdm_hook(before)


def _counted(bar: Any, report: Report) -> Generator[Any]:
    for done, item in enumerate(bar, 1):
        yield item
        report(done, len(bar))


def _config(folder: Path) -> Any:
    """The configuration. Raises _FilesBroken."""
    try:
        config: Any = Mistral3Config.from_pretrained(folder)
        written = json.loads((folder / "config.json").read_text("utf-8"))
    except (StrictDataclassError, OSError, ValueError, KeyError) as error:
        raise _FilesBroken from error
    # transformers takes an output matrix that nothing is said of for the input's, as the published files of Small 3.1
    # and 3.2 have it: then it warns at each start, does not miss one that is not there, and has no room for it on GPUs.
    told = written.get("text_config", {}) | written
    config.tie_word_embeddings = config.text_config.tie_word_embeddings = bool(told.get("tie_word_embeddings"))
    return config


def _check_ids(config: Any, tokenizer: Tokenizer) -> None:
    """Raises _OtherTokenizer where ids mean something else to the model, or nothing."""
    words, picture = tokenizer.tekken.n_words, tokenizer.special_id(SpecialTokens.img)
    if words != config.text_config.vocab_size or picture not in (None, config.image_token_id):
        raise _OtherTokenizer(f"{words} ids, {picture} for pictures; the model has others")


def _weights(checkpoint: Checkpoint, config: Any, on_gpu: bool, dtype: torch.dtype) -> Any:
    """The model. Raises _FilesBroken, and whatever else transformers does."""
    try:
        loaded: Any = Mistral3ForConditionalGeneration.from_pretrained(
            checkpoint.folder,
            config=config,
            dtype=dtype,
            device_map=device_map(checkpoint, on_gpu),
            quantization_config=quantization(checkpoint),
            attn_implementation=attention(dtype),
            use_safetensors=True,
            ignore_mismatched_sizes=True,  # they are told of below
            output_loading_info=True,
        )
    except (SafetensorError, OSError) as error:
        raise _FilesBroken from error
    model, found = loaded  # a pair, with output_loading_info
    if found["missing_keys"] or found["mismatched_keys"]:  # transformers fills these with random numbers
        raise _FilesBroken(f"missing: {found['missing_keys']}, of another shape: {found['mismatched_keys']}")
    return model
