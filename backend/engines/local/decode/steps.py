"""Recorded steps for conversations of every length: with room for 4,096 tokens, 8,192, 16,384 and so on."""

import logging
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache

from backend.engines.local.decode.step import Step
from backend.engines.local.decode.workspace import workspace_bytes
from backend.engines.local.devices import free_bytes, free_memory, out_of_memory

SMALLEST = 4_096  # tokens
ROOMY = 4  # times the room that is needed: what is kept serves up to here, since another costs 0.2 s
SPARE = 1.1  # times what a workspace takes has to be free: recording needs some too
log = logging.getLogger(__name__)


class Steps:
    """The step of one room is kept at a time, and used for one answer at a time.

    Where there is no memory for one, or it cannot be recorded, each token is a forward pass of its own as ever.
    """

    def __init__(self, model: Any, smallest: int = SMALLEST) -> None:
        """`smallest` is the least room, in tokens."""
        self._model, self._smallest = model, smallest
        self._step: Step | None = None
        self._length = 0  # tokens of the answer under way that the workspace holds; 0 before it is filled
        self._is_off = False  # recording failed, and would again
        self._is_short = False  # there was no memory for the answer under way: it is not looked for at each token

    @property
    def is_under_way(self) -> bool:
        """Whether the last token came of a recorded step."""
        return bool(self._step and self._length)

    def after(self, token: Tensor, cache: DynamicCache) -> Tensor:
        """The scores, (1, vocabulary), after this token, (1, 1), which follows what the cache holds and earlier calls.

        They are overwritten by the next call. The cache has the tokens once `finish` was called.
        """
        step = self._filled(cache)
        if step is None:
            return forward(self._model, token, cache)
        scores = step(token)
        self._length += 1
        return scores

    def finish(self, cache: DynamicCache) -> None:
        """The answer is over: gives the cache what it has not yet, and memory back where prompts may need it."""
        self._is_short = False
        try:
            self._give(cache)
        except RuntimeError as error:  # the answer is whole: it is only read anew for the next one
            if not out_of_memory(error):
                raise
            cache.layers.clear()  # some may hold what others do not
            self.clear()
        if self._step and free_bytes(self._model.device) < self._step.workspace.bytes:
            self.clear()

    def make_way(self, tokens: int) -> None:
        """Gives up a room that a conversation of so many tokens would not use: it is about to be read, into memory."""
        if self._step and not self._suits(self._step, tokens):
            self.clear()

    def clear(self) -> None:
        """Gives up what is kept, when memory is short."""
        self._step, self._length = None, 0

    def _give(self, cache: DynamicCache) -> None:
        if self._step and self._length:
            self._step.workspace.give(cache, self._length)
        self._length = 0

    def _filled(self, cache: DynamicCache) -> Step | None:
        """A step with this answer in its workspace, and room for one token more."""
        if self._step and 0 < self._length < self._step.room:
            return self._step
        self._give(cache)
        if self._is_off or self._is_short or any(cache.is_sliding):  # with a window there is more to mask
            return None
        held = cache.get_seq_length()
        if step := self._with_room(held + 1, cache):
            step.workspace.take(cache)
            self._length = held
        return step

    def _with_room(self, tokens: int, cache: DynamicCache) -> Step | None:
        if self._step and self._suits(self._step, tokens):
            return self._step
        self.clear()
        room = self._room(tokens)
        needed = SPARE * workspace_bytes(cache, room) + workspace_bytes(cache, room - tokens)  # the cache gets that
        if free_bytes(self._model.device) >= needed:
            self._step = self._made(cache, room)
        self._is_short = self._step is None
        return self._step

    def _made(self, cache: DynamicCache, room: int) -> Step | None:
        try:
            return Step(self._model, cache, room)
        except RuntimeError as error:
            self._is_off = not out_of_memory(error)
            log.warning("a step with room for %d tokens cannot be recorded: %s", room, error)
        free_memory()  # only here, since the error held what it had
        return None

    def _suits(self, step: Step, tokens: int) -> bool:
        room = self._room(tokens)
        return room <= step.room <= ROOMY * room

    def _room(self, tokens: int) -> int:
        room = self._smallest
        while room < tokens:
            room *= 2
        return room


def forward(model: Any, ids: Tensor, cache: DynamicCache, **pictures: Any) -> Tensor:
    """The scores, (1, vocabulary), after these ids, (1, length), which the cache then holds."""
    with torch.no_grad():
        out = model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1, **pictures)
    scores: Tensor = out.logits[:, -1]
    return scores
