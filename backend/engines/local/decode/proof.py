"""Whether recorded steps pay on this machine: they are compared with forward passes, and timed beside them."""

import logging
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from backend.chat.messages import UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest
from backend.engines.local.decode.steps import Steps, forward
from backend.engines.local.devices import wait_for
from backend.engines.local.kv_cache import growing_cache
from backend.engines.local.loading import LoadedModel

Decode = Literal["auto", "graph", "eager"]
TOKENS = 16
ROUNDING = 0.02  # of the range of all scores: so near, two tokens are equally likely to arithmetic in bf16
HELLO = ChatRequest("", (UserMessage((Text("Hello"),)),))
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Tried:
    """What some steps gave: the scores after each, (1, vocabulary) on the model's device, and seconds of one."""

    scores: tuple[Tensor, ...]
    seconds: float


def proven(loaded: LoadedModel, decode: Decode) -> Steps | None:
    """The steps to answer with; None where a forward pass for each token is better, or all that there is.

    "auto" takes what is faster here, "graph" recorded steps wherever they give the same answers.
    """
    model = loaded.model
    if decode == "eager" or model.device.type != "cuda" or len(_devices(model)) > 1:
        return None
    steps = Steps(model)
    try:
        ours, theirs = compared(loaded, steps)
    except RuntimeError as error:  # of any library that a step uses
        log.warning("decoding eagerly, since steps cannot be recorded here: %s", error)
        return None
    is_alike, is_faster = alike(ours, theirs), ours.seconds < theirs.seconds
    taken = is_alike and (is_faster or decode == "graph")
    other = "" if is_alike else ", which gives other tokens"
    print(
        f"Decoding {'as a CUDA graph' if taken else 'eagerly'}: {ours.seconds * 1000:.1f} ms a token as a CUDA graph"
        f"{other}, {theirs.seconds * 1000:.1f} ms eagerly.",
        flush=True,
    )
    return steps if taken else None


def compared(loaded: LoadedModel, steps: Steps) -> tuple[Tried, Tried]:
    """Recorded steps and forward passes over the same tokens, those that the latter hold likeliest.

    Raises RuntimeError where no step could be recorded, or that with a forward pass.
    """
    model, config = loaded.model, loaded.model.config.get_text_config()
    prompt = torch.tensor([loaded.tokenizer.encode(HELLO).tokens], device=model.device)
    tokens: list[Tensor] = []

    def greedy(scores: Tensor) -> Tensor:
        tokens.append(scores.argmax(dim=-1, keepdim=True))
        return tokens[-1]

    eager_cache, step_cache = growing_cache(config), growing_cache(config)
    first = forward(model, prompt, eager_cache)
    theirs = _tried(model, first, greedy, lambda token: forward(model, token, eager_cache))
    again = iter(tokens)
    first = forward(model, prompt, step_cache)
    ours = _tried(model, first, lambda _: next(again), lambda token: steps.after(token, step_cache))
    is_recorded = steps.is_under_way
    steps.finish(step_cache)
    if not is_recorded:  # `steps` makes do with forward passes, which would be compared with themselves
        raise RuntimeError("no step was recorded")
    return ours, theirs


def alike(ours: Tried, theirs: Tried) -> bool:
    """Whether the first would pick what the second does, or what that holds as likely within rounding."""
    return all(_is_near(a, b) for a, b in zip(ours.scores, theirs.scores, strict=True))


def _is_near(ours: Tensor, theirs: Tensor) -> bool:
    range_ = theirs.max() - theirs.min()
    return bool(ours.isfinite().all() and theirs.max() - theirs[0, ours.argmax()] <= ROUNDING * range_)


def _tried(model: Any, scores: Tensor, pick: Callable[[Tensor], Tensor], step: Callable[[Tensor], Tensor]) -> Tried:
    found, times = [], []
    for _ in range(TOKENS):
        token = pick(scores)
        start = time.perf_counter()
        scores = step(token).float().clone()
        wait_for(model.device)
        times.append(time.perf_counter() - start)
        found.append(scores)
    return Tried(tuple(found), statistics.median(times))


def _devices(model: Any) -> set[torch.device]:
    return {weight.device for weight in model.parameters()}
