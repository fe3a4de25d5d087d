"""One step of a decoder: a token in, the scores of the next one out, always at the same addresses."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache

from backend.engines.local.decode.attention import NAME
from backend.engines.local.decode.recording import recorded
from backend.engines.local.decode.workspace import Workspace


class Step:
    """Of one model and one room. On a GPU the step is recorded once and repeated from there on, as a CUDA graph."""

    def __init__(self, model: Any, cache: DynamicCache, room: int) -> None:
        """`cache` is one that the model has filled: it says what keys and values are like.

        Raises RuntimeError where there is no memory for it, or the model cannot be recorded.
        """
        self._model = model
        self.workspace = Workspace(cache, room)
        device = self.workspace.position.device
        self._token = torch.zeros((1, 1), dtype=torch.long, device=device)
        self._places = torch.arange(room, device=device)
        self._scores = torch.empty(0)
        self._replay = recorded(self._run, self.workspace.position) if device.type == "cuda" else self._run

    @property
    def room(self) -> int:
        """Tokens that fit."""
        return self.workspace.room

    def __call__(self, token: Tensor) -> Tensor:
        """The scores after this token, (1, 1): (1, vocabulary), which the next step overwrites."""
        self._token.copy_(token)
        self._replay()
        return self._scores

    @torch.no_grad()
    def _run(self) -> None:
        with _attention_of_one_token(self._model.config.get_text_config()):
            position = self.workspace.position
            hidden = self._model.model.language_model(
                input_ids=self._token,
                attention_mask=self._mask(position),
                position_ids=position[None],
                past_key_values=self.workspace.cache,
                use_cache=True,
            ).last_hidden_state
        self._scores = self._model.lm_head(hidden[:, -1])
        position.add_(1)

    def _mask(self, position: Tensor) -> Tensor:
        """(1, 1, 1, room): 0 up to the token's own place, minus infinity after it."""
        later = torch.full((), -torch.inf, dtype=self._model.dtype, device=position.device)
        return torch.where(self._places <= position, torch.zeros_like(later), later)[None, None, None]


@contextmanager
def _attention_of_one_token(config: Any) -> Iterator[None]:
    """What a decoder of this configuration attends with, for the time being."""
    usual = config._attn_implementation
    config._attn_implementation = NAME
    try:
        yield
    finally:
        config._attn_implementation = usual
