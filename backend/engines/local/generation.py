"""How `generate` is asked: the sampling fields, the seed, the room for the answer, and what ends it."""

from collections.abc import Callable
from dataclasses import replace

import torch
from transformers import GenerationConfig, StoppingCriteria

from backend.chat.errors import RequestRejected
from backend.chat.settings import GenerationSettings
from backend.engines.local.loading import LoadedModel
from backend.tokenization.tokenizer import Prompt


class StopWhen(StoppingCriteria):
    """Ends `generate` at the first step at which this is true."""

    def __init__(self, is_over: Callable[[], bool]) -> None:
        self._is_over = is_over

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor, **_: object) -> torch.BoolTensor:
        """One flag for each row of `input_ids`, which is of shape (batch, length)."""
        return torch.full((input_ids.shape[0],), self._is_over(), dtype=torch.bool, device=input_ids.device)  # type: ignore[return-value]


def seed(settings: GenerationSettings) -> None:
    """An unseeded request draws a fresh seed, or it would go on from another visitor's."""
    torch.manual_seed(torch.seed() if settings.seed is None else settings.seed)


def generation_config(loaded: LoadedModel, settings: GenerationSettings) -> GenerationConfig:
    """Every sampling field is set, since `generate` fills unset ones from the checkpoint or with its own defaults."""
    sampling: dict[str, float | int | None] = {"temperature": 1.0}  # the checkpoint's would be warned of when greedy
    if settings.temperature > 0:
        sampling = {
            "temperature": settings.temperature,
            "top_p": settings.top_p,
            "top_k": settings.top_k,
            "min_p": settings.min_p or None,
        }
    return GenerationConfig(
        do_sample=settings.temperature > 0,
        max_new_tokens=settings.max_tokens,
        repetition_penalty=settings.repetition_penalty,
        bos_token_id=loaded.tekken.bos_id,
        eos_token_id=loaded.tekken.eos_id,
        pad_token_id=loaded.tekken.pad_id,
        **sampling,
    )


def fitting(settings: GenerationSettings, prompt: Prompt, context: int) -> GenerationSettings:
    """The settings with no more new tokens than the context has room for. Raises RequestRejected where it has none."""
    room = context - len(prompt.tokens)
    if room < 1:
        raise RequestRejected(
            f"The conversation takes {len(prompt.tokens):,} tokens and this model reads at most {context:,}. "
            "Shorten the message, undo a turn, or clear the conversation."
        )
    return replace(settings, max_tokens=min(settings.max_tokens, room))
