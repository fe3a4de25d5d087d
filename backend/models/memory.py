"""What each model needs, what this machine has, and the choice for --model auto. Knows no weights and no torch.

Sizes follow from the configurations; a test builds each on torch's meta device and compares. Quantization covers the
matrices of the decoder: the vision tower, the projector, the embeddings and the head stay in bf16.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Precision = Literal["bf16", "8bit", "4bit"]  # in which weights are loaded
DType = Literal["auto", "float32", "bfloat16"]  # of weights that are not quantized
Form = Precision | Literal["fp8"]  # in which they lie in memory: files in FP8 stay so where the GPU can use them
PRECISIONS: tuple[Precision, ...] = ("bf16", "8bit", "4bit")
DTYPES: tuple[DType, ...] = ("auto", "float32", "bfloat16")
# Of a parameter. 4bit: nf4 with double quantization (QLoRA, sec. 3).
BYTES: dict[Form, float] = {"bf16": 2.0, "8bit": 1.0, "fp8": 1.0, "4bit": 4.127 / 8}
CONTEXT = 16_384  # tokens whose keys and values shall fit too
PIECE = 2_048  # tokens of a prompt that are read at once, see engines/local/prefill.py
RUNTIME = 0.6e9  # bytes: CUDA's context and its libraries
PATCHES = (1540 // 14) ** 2  # of the largest picture, which the tower sees at once
SLACK = 1.05  # of the weights, for the allocator


@dataclass(frozen=True)
class Size:
    """A model's parameters, of these in quantized matrices, the widths of a layer, and keys and values of a token
    (layers x heads x size).
    """

    parameters: float
    quantized: float
    layers: int
    hidden: int
    intermediate: int
    heads: int = 32
    kv_heads: int = 8
    head_size: int = 128

    @property
    def kv_bytes(self) -> int:
        """Keys and values of one token in bf16."""
        return self.layers * self.kv_heads * self.head_size * 2 * 2

    def weights(self, form: Form) -> float:
        """Bytes of the weights."""
        return (self.parameters - self.quantized) * 2 + self.quantized * BYTES[form]

    @property
    def working(self) -> float:
        """Bytes of what is worked with at once: the largest picture in the tower, or a piece of a long prompt."""
        picture = PATCHES * layer_bytes(1024, 4096) + PATCHES**2 * 2  # with a mask over each pair of patches
        attention = CONTEXT * self.heads * self.head_size * 2 * 2 + PIECE * CONTEXT * 2  # keys and values of all heads
        return max(picture, PIECE * layer_bytes(self.hidden, self.intermediate) + attention)

    def needed(self, form: Form) -> float:
        """Bytes of memory to run it: weights, CONTEXT tokens of keys and values, what is worked with, the runtime."""
        return self.weights(form) * SLACK + CONTEXT * self.kv_bytes + self.working + RUNTIME


def layer_bytes(hidden: int, intermediate: int, size: int = 2) -> int:
    """What a layer of these widths works with for each token, in numbers of so many bytes.

    Gate, up and their product; and as wide as the layer: the residual, its norm, queries, keys and values as they are
    and turned, the output.
    """
    return (3 * intermediate + 10 * hidden) * size


def decoder(hidden: int, layers: int, intermediate: int, tied: bool = False) -> Size:
    """The size of a model with this decoder (32 heads of 128, 8 of them for keys) and the 0.4 B Pixtral tower."""
    attention = hidden * 128 * (32 + 8 + 8 + 32)
    matrices = layers * (attention + 3 * hidden * intermediate)
    norms = layers * 2 * hidden + hidden
    embeddings = 131_072 * hidden * (1 if tied else 2)
    return Size(matrices + norms + embeddings + _TOWER + _projector(hidden), matrices, layers, hidden, intermediate)


# 24 layers of attention (4 x 1024 x 1024) and gate, up and down (3 x 1024 x 4096), norms, 14 x 14 x 3 patches.
_TOWER = 24 * (4 * 1024**2 + 3 * 1024 * 4096 + 2 * 1024) + 14 * 14 * 3 * 1024 + 1024


def _projector(hidden: int) -> int:
    """Four patches of 1024 merged into one, a norm, two layers to the decoder's width."""
    return 4 * 1024 * 1024 + 1024 + 1024 * hidden + hidden * hidden


SMALL = decoder(5120, 40, 32_768)
SIZES = {
    "small-3.2": SMALL,
    "small-3.1": SMALL,
    "ministral-14b": decoder(5120, 40, 16_384),
    "ministral-8b": decoder(4096, 34, 14_336),
    "ministral-3b": decoder(3072, 26, 9_216, tied=True),
}
# Those that think before they answer: of the same parts, in bf16.
REASONING = {f"{name}-reasoning": SIZES[name] for name in ("ministral-14b", "ministral-8b", "ministral-3b")}
FP8 = {f"{name}-fp8": SIZES[name] for name in ("ministral-14b", "ministral-8b", "ministral-3b")}  # files in FP8
# What --model auto tries, the best first.
PREFERENCE: tuple[tuple[str, Precision], ...] = (
    ("small-3.2", "bf16"), ("small-3.2", "8bit"), ("ministral-14b", "bf16"), ("small-3.2", "4bit"),
    ("ministral-8b", "bf16"), ("ministral-14b", "4bit"), ("ministral-3b", "bf16"), ("ministral-8b", "4bit"),
    ("ministral-3b", "4bit"),
)  # fmt: skip


@dataclass(frozen=True)
class Machine:
    """What a model can use: the kind of device, and its free bytes (of all GPUs together).

    `fp8` says that matrices stored in FP8 can stay so.
    """

    kind: Literal["cuda", "mps", "cpu"]
    free: float
    fp8: bool = False

    def verdict(self, size: Size, form: Form) -> str:
        """Whether a model fits, in a few words."""
        needed = size.needed(form)
        if form != "bf16" and self.kind == "mps":
            return "not on this device"
        if needed > self.free:
            return f"{(needed - self.free) / 1e9:.0f} GB too little"
        return "slow: no GPU" if self.kind == "cpu" else "fits"


@dataclass(frozen=True)
class ModelChoice:
    """A model and its precision, and why, in one sentence."""

    model: str
    precision: Precision
    why: str


def choose(machine: Machine, precisions: Sequence[Precision] = PRECISIONS) -> ModelChoice:
    """The best that fits a GPU, in one of these precisions; without a GPU the demo model: all others would be slow."""
    gigabytes = f"{machine.free / 1e9:.0f} GB"
    if machine.kind == "cpu":
        return ModelChoice(
            "demo", "bf16", "No GPU was found, so the demo model answers. Run with --plan to see what others need."
        )
    for name, precision in PREFERENCE:
        if precision in precisions and machine.verdict(SIZES[name], precision) == "fits":
            needed = f"{SIZES[name].needed(precision) / 1e9:.0f} GB"
            why = f"{name} in {precision} is the best that fits. It needs {needed}; {gigabytes} are free."
            return ModelChoice(name, precision, why)
    return ModelChoice("demo", "bf16", f"No model fits in {gigabytes}, so the demo model answers.")


def table(machine: Machine) -> str:
    """Model, precision, needed, free, verdict, as text."""
    lines = [f"{'model':<19}{'precision':<11}{'weights':>9}{'needed':>9}{'free':>9}  verdict"]
    lines += [_line(machine, name, size, form) for name, size in SIZES.items() for form in PRECISIONS]
    lines += [_line(machine, name, size, "fp8" if machine.fp8 else "bf16") for name, size in FP8.items()]
    lines.append(f"{'demo':<19}{'bf16':<11}{'0.0 GB':>9}{'0.5 GB':>9}{machine.free / 1e9:>6.1f} GB  fits")
    choice = choose(machine)
    lines.append(f"\n--model auto: {choice.model}. {choice.why}")
    return "\n".join(lines)


def _line(machine: Machine, name: str, size: Size, form: Form) -> str:
    figures = (size.weights(form), size.needed(form), machine.free)
    shown = "".join(f"{figure / 1e9:>6.1f} GB" for figure in figures)
    return f"{name:<19}{form:<11}{shown}  {machine.verdict(size, form)}"
