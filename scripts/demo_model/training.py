"""What both stages share: the schedule, the step, resumable checkpoints, a line of progress."""

import math
import os
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor, nn

from scripts.demo_model.muon import Muon

WARM_UP = 0.02  # share of the run
SAVE_EVERY = 120.0  # seconds
TOGETHER = 16  # steps after which processes that train together share what they have learned
OUTPUTS = ("o_proj.weight", "down_proj.weight")  # of a layer's two halves
TOWER, DECODER = ("vision_tower", "projector"), ("language_model",)  # parts of the model, in the names of its weights


def rate(share: float, peak: float) -> float:
    """Learning rate at a share of the run: a linear warm-up, then a cosine down to a fiftieth of the peak."""
    if share < WARM_UP:
        return peak * max(share, 1e-4) / WARM_UP
    return peak * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, share))))


def device(name: str) -> torch.device:
    """The device, made ready: attention without cuDNN, which plans anew for each shape, and every batch has its own."""
    if name.startswith("cuda"):
        torch.backends.cuda.enable_cudnn_sdp(False)
        torch.set_float32_matmul_precision("high")
    return torch.device(name)


def join(workers: int) -> None:
    """Starts or joins the processes that train together: one thread each, since two in one process are slower."""
    if workers < 2:
        return
    os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
    os.environ.setdefault("MASTER_PORT", "29511")
    if "RANK" not in os.environ:
        os.environ |= {"RANK": "0", "WORLD_SIZE": str(workers)}
        for number in range(1, workers):
            subprocess.Popen([sys.executable, "-m", *_command()], env=os.environ | {"RANK": str(number)})
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {rank_from_environment() % (os.cpu_count() or 1)})
    dist.init_process_group("gloo")


def _command() -> list[str]:
    """What this process was started with."""
    spec = sys.modules["__main__"].__spec__
    assert spec is not None
    return [spec.name, *sys.argv[1:]]


def rank_from_environment() -> int:
    return int(os.environ.get("RANK", "0"))


def rank() -> int:
    """The number of this process among those that train together."""
    return dist.get_rank() if dist.is_initialized() else 0


def agreed(flag: bool) -> bool:
    """The first process's answer, for all."""
    if not dist.is_initialized():
        return flag
    word = torch.tensor([float(flag)])
    dist.broadcast(word, 0)
    return bool(word)


def start_from(model: nn.Module, run: Path, parts: tuple[str, ...]) -> None:
    """Take the named parts of the model from another run's checkpoint, or from a model folder as `export` writes it.

    Layers that the other does not have put out nothing at first: what was learned goes on as it was.
    Raises FileNotFoundError where the folder holds neither.
    """
    if (run / "checkpoint.pt").exists():
        state = torch.load(run / "checkpoint.pt", weights_only=True, map_location="cpu")["model"]
    elif not (run / "config.json").exists():  # transformers would look for a name like this on the hub
        raise FileNotFoundError(f"{run} holds neither a checkpoint.pt nor a model.")
    else:
        state = type(model).from_pretrained(run, dtype=torch.float32).state_dict()
    wanted = {k: v for k, v in state.items() if any(part in k for part in parts)}
    model.load_state_dict(wanted, strict=False)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if any(part in name for part in parts) and name not in state and name.endswith(OUTPUTS):
                weight.zero_()


def optimizers(model: nn.Module, weights: list[nn.Parameter]) -> list[torch.optim.Optimizer]:
    """Muon for the matrices between hidden states, AdamW for embeddings, the patches' filters and the norms."""
    wanted = {id(weight) for weight in weights}
    hidden = [w for n, w in model.named_parameters() if id(w) in wanted and w.ndim == 2 and "embed_tokens" not in n]
    inner = {id(weight) for weight in hidden}
    others = [weight for weight in weights if id(weight) not in inner]
    return [
        Muon(hidden, weight_decay=0.05),
        torch.optim.AdamW(others, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.0),
    ]


class Clock:
    """Training time: `minutes` of a core in all, of which `spent` seconds went by before.

    It is the process's own time, so that a run may be paused, or share its core, and still end where it should; on a GPU
    it is the clock's.
    """

    def __init__(self, minutes: float, spent: float, device: torch.device) -> None:
        self.total = minutes * 60
        self.device = device
        self.start = self._now() - spent

    def _now(self) -> float:
        own = time.process_time() / torch.get_num_threads()
        return own if self.device.type == "cpu" else time.monotonic()

    def spent(self) -> float:
        """Seconds."""
        return self._now() - self.start

    def share(self) -> float:
        """Of the whole run, 0 to 1."""
        return min(1.0, self.spent() / self.total)

    def over(self) -> bool:
        return self.spent() >= self.total


class Run:
    """A model in training: optimizer, checkpoint, counts since the last report."""

    def __init__(self, out: Path, model: nn.Module, parts: tuple[str, ...], seed: int, device: torch.device) -> None:
        """`parts` of the model learn, on this device."""
        out.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(seed)
        self.file = out / "checkpoint.pt"
        self.model, self.device = model.to(device), device
        self.weights = [w for name, w in model.named_parameters() if any(part in name for part in parts)]
        self.optimizers = optimizers(model, self.weights)
        self.steps, self.samples, self.rounds, self.seconds = 0, 0, 0, 0.0
        self.sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
        self.saved = time.monotonic()
        if self.file.exists():
            self._load()

    def _load(self) -> None:
        state = torch.load(self.file, weights_only=True, map_location=self.device)
        self.model.load_state_dict(state["model"])
        for optimizer, kept in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(kept)
        self.steps, self.samples, self.rounds, self.seconds = state["counts"]

    def save(self, clock: Clock) -> None:
        """Write the checkpoint, whole or not at all."""
        counts = (self.steps, self.samples, self.rounds, clock.spent())
        kept = [optimizer.state_dict() for optimizer in self.optimizers]
        state = {"model": self.model.state_dict(), "optimizers": kept, "counts": counts}
        torch.save(state, self.file.with_suffix(".tmp"))
        os.replace(self.file.with_suffix(".tmp"), self.file)
        self.saved = time.monotonic()

    def step(self, loss: Tensor, rate: float, number: int, samples: int) -> None:
        """One update at this learning rate, from samples of the round with this number."""
        loss.backward()
        nn.utils.clip_grad_norm_(self.weights, 1.0)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.steps += 1
        self.samples += samples
        self.rounds = max(self.rounds, number)
        if dist.is_initialized() and self.steps % TOGETHER == 0:
            self._average()

    def _average(self) -> None:
        """The mean of all processes' weights, which each of them holds afterwards (local SGD, arXiv 1805.09767).

        Means of gradients would make the processes wait for each other at every step, half of the time as measured.
        """
        with torch.no_grad():
            flat = torch.cat([weight.flatten() for weight in self.weights])
            dist.all_reduce(flat)
            flat /= dist.get_world_size()
            for weight, mean in zip(self.weights, flat.split([w.numel() for w in self.weights]), strict=True):
                weight.copy_(mean.view_as(weight))

    def tally(self, **counts: tuple[float, float]) -> None:
        """Add (sum, weight) pairs, to be reported as means."""
        for name, (total, weight) in counts.items():
            self.sums[name][0] += total
            self.sums[name][1] += weight

    def report(self, clock: Clock, every: int) -> None:
        """Print progress every so many steps, and save every two minutes."""
        if rank():
            return
        if self.steps % every == 0:
            means = " ".join(f"{k} {a / b:.3f}" for k, (a, b) in sorted(self.sums.items()) if b)
            print(f"{clock.spent():.0f}s step {self.steps} samples {self.samples} {means}", flush=True)
            self.sums.clear()
        if time.monotonic() - self.saved > SAVE_EVERY:
            self.save(clock)
