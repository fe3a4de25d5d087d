"""The 24B architecture with random weights on one GPU: decoding beside memory bandwidth, prefill and pictures beside
arithmetic.

The weights are made on the GPU, and decide nothing but the words: the matrices, keys and values have their true sizes.
The vocabulary is Tekken's, as mistral-common ships it, with the demo model's control tokens.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mistral_common
import torch
from torch import nn
from transformers import (
    AutoModelForImageTextToText,
    GenerationConfig,
    Mistral3Config,
    Mistral3ForConditionalGeneration,
    MistralConfig,
    PixtralVisionConfig,
)
from transformers.utils.import_utils import is_bitsandbytes_available

from backend.chat.messages import Text, UserMessage
from backend.chat.request import ChatRequest
from backend.chat.settings import GenerationSettings
from backend.engines.local.devices import free_memory
from backend.engines.local.engine import LocalEngine
from backend.engines.local.generation import generation_config
from backend.engines.local.loading import LoadedModel
from backend.engines.local.quantization import UNQUANTIZED
from backend.models.catalogue import Checkpoint, find
from backend.tokenization.tokenizer import Tokenizer
from scripts.benchmark import pictures
from scripts.benchmark.engine import TURNS, Stopwatch, answered, picture_files, talks
from scripts.benchmark.proportions import TEXT, VISION
from scripts.benchmark.table import Row
from scripts.benchmark.whole import whole_inputs

NEEDED = 60e9  # bytes of the GPU's memory
VOCABULARY = Path(mistral_common.__file__).parent / "data" / "tekken_240911.json"
DATASHEET = {"H100": 3.35e12, "H200": 4.8e12}  # bytes a second, of the SXM parts
REQUEST = ChatRequest("", (UserMessage((Text("Hello"),)),), settings=GenerationSettings(temperature=0.0, max_tokens=64))
PROMPT = 8192  # tokens that are read at once
SIDE = 1540  # pixels
PATCHES = (SIDE // 14) ** 2


@dataclass(frozen=True)
class Ceilings:
    """What the GPU itself reaches: bytes a second, read and written, and bf16 operations a second."""

    bandwidth: float
    operations: float


def rows(folder: Path) -> Iterator[Row]:
    """Nothing but a reason where there is no GPU with enough memory."""
    if not torch.cuda.is_available() or torch.cuda.mem_get_info()[0] < NEEDED:
        yield Row("the 24B architecture", "not measured", f"needs a GPU with {NEEDED / 1e9:.0f} GB free")
        return
    ceilings = Ceilings(_bandwidth(), _operations())
    yield Row(
        torch.cuda.get_device_name(),
        f"{ceilings.bandwidth / 1e12:.2f} TB/s copied, {ceilings.operations / 1e12:.0f} TFLOP/s in bf16",
        "",
    )
    loaded = random_model(config(), folder, torch.device("cuda"))
    yield from _decoded(loaded, ceilings, "bf16")
    yield _read(loaded, ceilings)
    yield _seen(loaded, ceilings)
    yield from pictures.gpu_rows(loaded, folder)
    yield from _talk(loaded, folder)
    if is_bitsandbytes_available():
        quantize(loaded.model)
        yield from _decoded(loaded, ceilings, "4 bits")
    else:
        yield Row("a token in 4 bits", "not measured", "needs bitsandbytes")
    del loaded
    free_memory()
    yield _compiled(random_model(config(), folder, torch.device("cuda")), ceilings)


def config() -> Mistral3Config:
    """Mistral Small 3.2's."""
    text: dict[str, Any] = TEXT | {
        "num_hidden_layers": 40, "vocab_size": 131_072, "max_position_embeddings": 131_072, "sliding_window": None,
        "tie_word_embeddings": False,
    }  # fmt: skip
    vision: dict[str, Any] = VISION | {"num_hidden_layers": 24, "patch_size": 14}
    return Mistral3Config(
        text_config=MistralConfig(**text), vision_config=PixtralVisionConfig(**vision), image_token_index=10,
        spatial_merge_size=2, vision_feature_layer=-1, multimodal_projector_bias=False, tie_word_embeddings=False,
    )  # fmt: skip


def random_model(shape: Mistral3Config, folder: Path, device: torch.device) -> LoadedModel:
    """A model of this shape in bf16, and its tokenizer, which is written into the folder.

    Control tokens have no weights in the head: the likeliest token is always text, and no answer ends early.
    """
    torch.manual_seed(0)
    with device:
        model = AutoModelForImageTextToText.from_config(shape, dtype=torch.bfloat16).eval().requires_grad_(False)
    model.generation_config = GenerationConfig(bos_token_id=1, eos_token_id=2, pad_token_id=11)
    tokenizer = Tokenizer(_tokenizer(folder))
    model.lm_head.weight[: tokenizer.tekken.num_special_tokens] = 0
    return LoadedModel(Checkpoint(folder, "24B, random weights", "", 131_072), model, tokenizer)


def _tokenizer(folder: Path) -> Path:
    whole = json.loads(VOCABULARY.read_text(encoding="utf-8"))
    demo = find("demo").folder
    assert demo
    theirs = json.loads((demo / "tekken.json").read_text(encoding="utf-8"))
    whole["config"]["version"] = theirs["config"]["version"]
    file = folder / "tekken.json"
    file.write_text(json.dumps(whole | {part: theirs[part] for part in ("image", "special_tokens")}), encoding="utf-8")
    return file


def quantize(model: Mistral3ForConditionalGeneration) -> None:
    """Its matrices in 4 bits as the app loads them, one after the other, where they lie."""
    for name, layer in list(model.named_modules()):
        if isinstance(layer, nn.Linear) and not name.startswith(tuple(UNQUANTIZED)):
            model.set_submodule(name, _in_4_bits(layer))
    free_memory()


def _in_4_bits(layer: nn.Linear) -> nn.Module:
    from bitsandbytes.nn import Linear4bit, Params4bit  # which not every system has

    small = Linear4bit(layer.in_features, layer.out_features, bias=False, compute_dtype=torch.bfloat16, device="meta")
    weight: Any = Params4bit(layer.weight.data, requires_grad=False, quant_type="nf4", compress_statistics=True)
    small.weight = weight.to(device=layer.weight.device)  # quantizes it
    return small


def _decoded(loaded: LoadedModel, ceilings: Ceilings, precision: str) -> Iterator[Row]:
    """A token, bare and through the engine."""
    seconds = min(decode_seconds(loaded) for _ in range(3))
    yield _beside_bandwidth(f"a token in {precision}, bare generate", loaded, seconds, ceilings)
    engine = LocalEngine(loaded)
    ours = min(1 / (answered(engine, REQUEST)[0].tokens_per_second or 1e9) for _ in range(3))
    engine.close()
    added = f"the engine adds {(ours - seconds) * 1000:.2f} ms, {seconds / ours:.3f} of (a)"
    yield Row(f"a token in {precision}, through the engine", f"{ours * 1000:.2f} ms", added)


def decode_seconds(loaded: LoadedModel, **options: Any) -> float:
    """Seconds a token of plain `generate`, after the first."""
    inputs, watch = whole_inputs(loaded, loaded.tokenizer.encode(REQUEST)), Stopwatch()
    settings = generation_config(loaded.tokenizer, REQUEST.settings)
    loaded.model.generate(**inputs, generation_config=settings, streamer=watch, **options)
    assert len(watch.times) == REQUEST.settings.max_tokens + 1, "an answer ended early"
    return (watch.times[-1] - watch.times[1]) / (len(watch.times) - 2)


def _beside_bandwidth(what: str, loaded: LoadedModel, seconds: float, ceilings: Ceilings) -> Row:
    weights = weight_bytes(loaded.model)
    name = torch.cuda.get_device_name()
    paper = next(
        (f", {weights / rate / seconds:.0%} of the datasheet's" for n, rate in DATASHEET.items() if n in name), ""
    )
    return Row(
        what,
        f"{seconds * 1000:.2f} ms; {weights / 1e9:.1f} GB of weights",
        f"{weights / ceilings.bandwidth / seconds:.0%} of the measured bandwidth{paper} (target 70 %)",
    )


def weight_bytes(model: Any) -> int:
    """That are read for a token: the decoder's without the embeddings, of which one row is, and the head's."""
    text = model.model.language_model
    read = sum(weight.nbytes for part in (text, model.lm_head) for weight in part.parameters())
    return int(read - text.embed_tokens.weight.nbytes)


def _read(loaded: LoadedModel, ceilings: Ceilings) -> Row:
    """Prefill: two operations for a weight and a token, and half of 4 n² of a layer's width, as attention is causal."""
    ids = torch.randint(1000, 131_072, (1, PROMPT), device="cuda")
    seconds = _seconds(lambda: loaded.model(input_ids=ids, use_cache=True, logits_to_keep=1))
    text = loaded.model.model.language_model
    weights = sum(weight.numel() for weight in text.layers.parameters())
    shape = loaded.model.config.text_config
    done = 2 * weights * PROMPT + 2 * PROMPT**2 * shape.num_attention_heads * shape.head_dim * shape.num_hidden_layers
    return Row(
        f"reading {PROMPT:,} tokens",
        f"{seconds:.2f} s, {PROMPT / seconds:,.0f} tokens/s, {done / seconds / 1e12:.0f} TFLOP/s",
        f"{done / seconds / ceilings.operations:.0%} of the measured arithmetic",
    )


def _seen(loaded: LoadedModel, ceilings: Ceilings) -> Row:
    """One picture through the tower and the projector."""
    pixels = torch.randn(1, 3, SIDE, SIDE, device="cuda", dtype=torch.bfloat16)
    sizes = torch.tensor([[SIDE, SIDE]], device="cuda")
    model = loaded.model.model
    seconds = _seconds(lambda: model.get_image_features(pixels, image_sizes=sizes, vision_feature_layer=-1))
    shape = model.config.vision_config
    tower = sum(weight.numel() for weight in model.vision_tower.transformer.parameters())
    projector = sum(weight.numel() for weight in model.multi_modal_projector.parameters())
    done = 2 * tower * PATCHES + 2 * projector * PATCHES // 4
    done += 4 * PATCHES**2 * shape.hidden_size * shape.num_hidden_layers
    return Row(
        f"a picture of {SIDE} x {SIDE}, {PATCHES:,} patches",
        f"{seconds * 1000:.0f} ms, {done / seconds / 1e12:.0f} TFLOP/s",
        f"{done / seconds / ceilings.operations:.0%} of the measured arithmetic",
    )


def _talk(loaded: LoadedModel, folder: Path) -> Iterator[Row]:
    """Times to the first token, early and late in one conversation with three pictures."""
    engine = LocalEngine(loaded)
    times = talks(engine, loaded, picture_files(folder), 1)
    engine.close()
    early, late, naive = times["turn 2"], times[f"turn {TURNS}"], times["naive"]
    yield Row(
        f"first token, turn {TURNS} of turn 2, 3 pictures",
        f"{late * 1000:.0f} of {early * 1000:.0f} ms",
        f"{late / early:.2f} (target 1.5)",
    )
    yield Row(
        f"first token, turn {TURNS}, (b) of ours",
        f"{naive * 1000:.0f} of {late * 1000:.0f} ms",
        f"{naive / late:.1f} times (target 10)",
    )


def _compiled(loaded: LoadedModel, ceilings: Ceilings) -> Row:
    """What transformers compiles by itself for a static cache."""
    start = time.perf_counter()
    decode_seconds(loaded, cache_implementation="static")
    first = time.perf_counter() - start
    seconds = min(decode_seconds(loaded, cache_implementation="static") for _ in range(3))
    row = _beside_bandwidth("a token in bf16, static cache and torch.compile", loaded, seconds, ceilings)
    return Row(row.what, f"{row.measured}; the first answer took {first:.0f} s", row.ratio)


def _bandwidth(size: int = 4 << 30) -> float:
    source, target = (torch.empty(size, dtype=torch.uint8, device="cuda") for _ in range(2))
    source.random_()
    return 2 * size / _seconds(lambda: target.copy_(source), 10)


def _operations(size: int = 8192) -> float:
    a, b = (torch.randn(size, size, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    return 2 * size**3 / _seconds(lambda: a @ b, 10)


def _seconds(work: Callable[[], object], runs: int = 3) -> float:
    """The least of several runs, after one that does not count."""
    times = []
    for _ in range(runs + 1):
        torch.cuda.synchronize()
        start = time.perf_counter()
        with torch.inference_mode():
            work()
        torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return min(times[1:])
