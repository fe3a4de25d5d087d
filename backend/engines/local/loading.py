"""A checkpoint's weights and tokenizer in memory, and a prompt as tensors for it. The only place that picks devices."""

import gc
import json
import logging
import os
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import psutil
import torch
from huggingface_hub.errors import StrictDataclassError
from mistral_common.exceptions import MistralCommonException
from mistral_common.tokens.tokenizers.base import SpecialTokens
from mistral_common.tokens.tokenizers.tekken import Tekkenizer
from safetensors import SafetensorError
from transformers import BitsAndBytesConfig, FineGrainedFP8Config, Mistral3ForConditionalGeneration
from transformers.utils.import_utils import is_flash_attn_2_available, is_kernels_available
from transformers.utils.logging import set_tqdm_hook

from backend.chat.errors import ModelUnusable
from backend.engines.local.output.streamer import special_id
from backend.engines.local.vision import encoded
from backend.models.catalogue import Checkpoint
from backend.models.download import Report
from backend.models.memory import Machine
from backend.tokenization.tokenizer import AnyTokenizer, Prompt, load_tokenizer

# What torch, transformers, safetensors and mistral-common raise at files that are cut off or of another kind.
BROKEN = (
    SafetensorError,
    StrictDataclassError,
    MistralCommonException,
    OSError,
    RuntimeError,
    ValueError,
    KeyError,
    TypeError,
)
# Names from the model down: to transformers a bare "vision_tower" matches nothing, and the tower would be quantized.
UNQUANTIZED = ["model.vision_tower", "model.multi_modal_projector", "lm_head"]
IN_CACHE = 20_000_000  # bytes of files in bfloat16: twice that fits into the last cache of most servers' processors
FP8_CAPABILITY = (8, 9)  # of a GPU, that transformers asks for
log = logging.getLogger(__name__)
LOADING_BAR = "Loading weights"  # transformers' name of it
IMAGE_TOKENS = (SpecialTokens.img, SpecialTokens.img_break, SpecialTokens.img_end)


@dataclass(frozen=True)
class LoadedModel:
    """A model that can generate, with its tokenizer."""

    checkpoint: Checkpoint
    model: Any  # a Mistral3ForConditionalGeneration, whose own annotations mypy refuses
    tokenizer: AnyTokenizer
    tekken: Tekkenizer

    def inputs(
        self, prompt: Prompt, skipped_images: int = 0, is_over: Callable[[], bool] = lambda: False
    ) -> dict[str, Any]:
        """What `generate` takes: input_ids and attention_mask of shape (1, length), and the pictures' features.

        The first `skipped_images` pictures are left out: what they led to is in the prefix cache.
        Raises vision.Interrupted where `is_over` says, between two pictures, that no answer is wanted any more.
        """
        ids = torch.tensor([prompt.tokens], device=self.model.device)
        inputs: dict[str, Any] = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
        if pictures := prompt.images[skipped_images:]:
            inputs["mm_encoder_outputs"] = {"image": encoded(self.model, pictures, is_over)}
        return inputs

    def count_image_tokens(self, prompt: Prompt) -> int:
        """How many of the prompt's tokens stand for pictures."""
        ids = {special_id(self.tekken, token) for token in IMAGE_TOKENS}
        return sum(token in ids for token in prompt.tokens)


def load(checkpoint: Checkpoint, emulated: bool = False, report: Report | None = None) -> LoadedModel:
    """The checkpoint in memory, on the GPUs where there are any; a progress bar stands in the terminal.

    `report` takes the number of weights that are loaded, and of all. `emulated` says that CUDA is only emulated, and in
    this thread alone, as on a Space with ZeroGPU.
    Raises ModelUnusable, with one sentence.
    """
    accelerated = torch.cuda.is_available() or torch.backends.mps.is_available()
    if not accelerated:
        torch.set_num_threads(_spare_threads())
    dtype = _dtype(checkpoint, accelerated)
    try:
        tokenizer = load_tokenizer(checkpoint.folder / "tekken.json")
        with _reported(report):
            model, missing = _weights(checkpoint, accelerated and not emulated, dtype)
    except torch.OutOfMemoryError as error:
        raise ModelUnusable(f"{checkpoint.title} does not fit into this machine's memory.") from error
    except ImportError as error:
        log.warning("loading %s failed", checkpoint.title, exc_info=error)
        raise ModelUnusable(_missing_package(checkpoint)) from error
    except BROKEN as error:
        log.warning("loading %s failed", checkpoint.title, exc_info=error)
        raise ModelUnusable(f"The files of {checkpoint.title} are broken or incomplete: fetch them again.") from error
    if missing:  # transformers fills these with random numbers
        raise ModelUnusable(f"{checkpoint.title} lacks some of the model's weights: fetch the files again.")
    if emulated:  # transformers would move the weights in threads of its own, where nothing is emulated
        model = model.to("cuda")
    return LoadedModel(checkpoint, model.eval(), tokenizer, _tekken(tokenizer, checkpoint))


def free_memory() -> None:
    """Give back what a model that nobody holds any more has left, on the GPUs too."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


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


def _weights(checkpoint: Checkpoint, on_gpu: bool, dtype: torch.dtype) -> tuple[Any, object]:
    """The model, and the names of the weights that its files lack."""
    loaded: Any = Mistral3ForConditionalGeneration.from_pretrained(
        checkpoint.folder,
        dtype=dtype,
        device_map=_device_map(checkpoint, on_gpu),
        quantization_config=_quantization(checkpoint),
        attn_implementation=attention(),
        use_safetensors=True,
        output_loading_info=True,
    )
    model, report = loaded  # a pair, with output_loading_info
    return model, report["missing_keys"]


def _dtype(checkpoint: Checkpoint, accelerated: bool) -> torch.dtype:
    """bfloat16, but for a model as small as the demo's on a processor that makes its tokens faster in float32.

    One row decides, as of a new token: most of an answer's time goes there. Reading can tell otherwise. With AMX the
    demo model read 300 tokens in 17 ms in bfloat16 and 29 in float32, and made a token in 4.5 and 3.1: float32 has
    caught up after nine tokens (`python -m scripts.benchmark --only precision`).
    A larger model waits for its weights to come from main memory, where bfloat16 is half as much.
    """
    small = sum(file.stat().st_size for file in checkpoint.folder.glob("*.safetensors")) <= IN_CACHE
    quantized = checkpoint.stored or checkpoint.precision != "bf16"
    whole = small and not accelerated and not quantized and float32_is_faster(rows=1)
    return torch.float32 if whole else torch.bfloat16


def out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out, on a GPU or on the processor, whose allocator has no error of its own for it."""
    return isinstance(error, torch.OutOfMemoryError) or "DefaultCPUAllocator: can't allocate memory" in str(error)


def float32_is_faster(rows: int) -> bool:
    """Whether this processor multiplies so many rows with a matrix in its cache faster in float32 than in bfloat16.

    It is timed, in some milliseconds: that a processor has instructions for bfloat16 does not tell, and the answer can
    be another for one row than for many.
    """
    return product_seconds(rows, torch.float32) < product_seconds(rows, torch.bfloat16)


def product_seconds(rows: int, dtype: torch.dtype, size: int = 512, runs: int = 10) -> float:
    """The least time of several runs for (rows, size) times (size, size)."""
    x, weights = torch.ones(rows, size, dtype=dtype), torch.ones(size, size, dtype=dtype)
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        torch.nn.functional.linear(x, weights)
        times.append(time.perf_counter() - start)
    return min(times)


def _device_map(checkpoint: Checkpoint, on_gpu: bool) -> str | None:
    """On the GPUs, spread over several where there are; in main memory too only where that was asked for."""
    if not on_gpu:
        return None
    if checkpoint.offload or not torch.cuda.is_available():
        return "auto"
    return "balanced" if torch.cuda.device_count() > 1 else "cuda:0"


def runs_fp8() -> bool:
    """Whether matrices that are stored in FP8 are multiplied as they are: by all GPUs, with the package kernels."""
    gpus = range(torch.cuda.device_count() if torch.cuda.is_available() else 0)
    able = [torch.cuda.get_device_capability(gpu) >= FP8_CAPABILITY for gpu in gpus]
    return bool(able) and all(able) and is_kernels_available()


def _missing_package(checkpoint: Checkpoint) -> str:
    if checkpoint.stored:
        return f"{checkpoint.title} is quantized by {checkpoint.stored}, which needs another package: the log names it."
    return "8-bit and 4-bit need bitsandbytes, which is not installed: choose bf16."


def _quantization(checkpoint: Checkpoint) -> BitsAndBytesConfig | FineGrainedFP8Config | None:
    """bitsandbytes' settings for the decoder's matrices; the vision tower, the projector and the head stay in bf16.

    None leaves the matrices as the files have them; those in FP8 become bf16 where they could not be multiplied.
    """
    if checkpoint.stored == "fp8" and not runs_fp8():
        stored = json.loads((checkpoint.folder / "config.json").read_text("utf-8"))["quantization_config"]
        settings: FineGrainedFP8Config = FineGrainedFP8Config.from_dict(stored | {"dequantize": True})
        return settings
    if checkpoint.precision == "bf16":
        return None
    options: dict[str, Any] = {"llm_int8_skip_modules": UNQUANTIZED}
    if checkpoint.precision == "8bit":
        # It would warn at each matrix of each token.
        logging.getLogger("bitsandbytes.autograd").setLevel(logging.ERROR)
        return BitsAndBytesConfig(load_in_8bit=True, **options)
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
        **options,
    )


def attention() -> str:
    """FlashAttention where it is installed and can run, else PyTorch's own."""
    return "flash_attention_2" if torch.cuda.is_available() and is_flash_attn_2_available() else "sdpa"


def machine() -> Machine:
    """What this machine has for a model."""
    if torch.cuda.is_available():
        free = sum(torch.cuda.mem_get_info(i)[0] for i in range(torch.cuda.device_count()))
        return Machine("cuda", free, runs_fp8())
    kind: Literal["mps", "cpu"] = "mps" if torch.backends.mps.is_available() else "cpu"
    return Machine(kind, psutil.virtual_memory().available)


def _tekken(tokenizer: AnyTokenizer, checkpoint: Checkpoint) -> Tekkenizer:
    tekken = tokenizer.instruct_tokenizer.tokenizer
    if not isinstance(tekken, Tekkenizer):
        raise ModelUnusable(f"The tokenizer of {checkpoint.title} is not a Tekken tokenizer.")
    return tekken


def _spare_threads() -> int:
    """All cores but one, which the web server needs to keep breathing."""
    return max(1, (os.cpu_count() or 2) - 1)
