"""Prompts into the cache: what an earlier one left is taken up, pictures are looked at, the rest is read in pieces.

The model's worker alone uses it, so nothing is locked.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Protocol

import torch

from backend.engines.local.decode.steps import Steps
from backend.engines.local.devices import free_memory, out_of_memory
from backend.engines.local.loading import LoadedModel
from backend.engines.local.prefill import Interrupted, PictureRows, last_piece, piece_size, prefill
from backend.engines.local.prefix_cache import MIN_REUSED, Key, PrefixCache, Reused, budget, keys_of
from backend.engines.local.vision import PictureFeatures
from backend.tokenization.tokenizer import ControlIds, Prompt

FEATURES = 1 / 4  # of the memory for what is kept: pictures'; a full-size one's are 31 MB of the 24B model


class Progress(Protocol):
    """Who is told how far the reading is. Each of these may raise prefill.Interrupted, which ends it."""

    def looks_at(self, number: int, pictures: int) -> None:
        """This one, counted from 1, of the pictures that are new."""
        ...

    def has_read(self, tokens: int) -> None:
        """So many of the prompt's tokens."""
        ...


class Reader:
    """Reads prompts, and keeps what they left within one budget of bytes. It has the steps that write after them."""

    def __init__(self, loaded: LoadedModel, cache_bytes: int, steps: Steps | None = None) -> None:
        """`cache_bytes` is that budget; 0 leaves the choice to prefix_cache.budget."""
        self.loaded, self.steps = loaded, steps
        total = cache_bytes or budget(loaded.model.device)
        for_features = int(total * FEATURES)
        self.prefixes, self.features = PrefixCache(total - for_features), PictureFeatures(for_features)

    def begin(self, prompt: Prompt) -> "Reading":
        """With what earlier prompts have in common with this one."""
        keys, starts = keys_of(prompt, self.loaded.tokenizer.control)
        reused = self.prefixes.reuse(keys, starts, self.loaded.model.config.get_text_config())
        return Reading(self, prompt, keys, reused)

    def read_ahead(self, prompt: Prompt, progress: Progress) -> None:
        """Reads and keeps what comes before the text of a prompt's last message. Raises as `progress` does.

        Nothing is read that could not be kept.
        """
        control, model = self.loaded.tokenizer.control, self.loaded.model
        certain = replace(prompt, tokens=prompt.tokens[: _before_text(prompt, control)])
        keys, starts = keys_of(certain, control)
        is_new = len(keys) - self.prefixes.reach(keys, starts) >= MIN_REUSED
        if not is_new or not self.prefixes.has_room(len(keys), model.config.get_text_config(), model.dtype):
            return
        reading = self.begin(certain)
        try:
            reading.read(len(certain.tokens), progress)
        except (Interrupted, OSError):  # after any other, some layers may hold a piece that others do not
            reading.keep(draft_of=prompt.owner)
            raise
        reading.keep(draft_of=prompt.owner)

    def make_room(self, error: BaseException) -> None:
        """Forgets everything where this error says that memory ran out."""
        if out_of_memory(error):
            self.prefixes.clear()
            self.features.clear()
            if self.steps:
                self.steps.clear()
            free_memory()


class Reading:
    """One prompt, its cache, and how many of its tokens were in there from the start."""

    def __init__(self, reader: Reader, prompt: Prompt, keys: Sequence[Key], reused: Reused) -> None:
        self._reader, self._prompt, self._keys = reader, prompt, keys
        self.cache, self.reused = reused.cache, reused.tokens
        self._pictures = prompt.images[reused.images :]
        self._model = reader.loaded.model

    def inputs(self, progress: Progress) -> dict[str, Any]:
        """Reads all but the last piece; returns what `generate` takes, beside the cache, to go on from there.

        Raises as `progress` does, and OSError where a picture's file is gone.
        """
        length = len(self._prompt.tokens)
        if steps := self._reader.steps:
            steps.make_way(length + 1)
        last = last_piece(self.reused, length, piece_size(self._model))
        rows = self.read(last, progress)
        ids = self._ids(length)
        pictures = rows.of(last - self.reused, length - self.reused)
        return {"input_ids": ids, "attention_mask": torch.ones_like(ids), **pictures}

    def read(self, tokens: int, progress: Progress) -> PictureRows:
        """Reads so many of the tokens, and looks at all pictures. Raises as `inputs` does."""
        features = list(self._features(progress))
        rows = PictureRows(self._prompt.tokens[self.reused :], self._model.config.image_token_id, features)
        prefill(self._model, self._ids(tokens), self.cache, rows, piece_size(self._model), progress.has_read)
        return rows

    def keep(self, new: Sequence[int] = (), draft_of: str = "") -> None:
        """For later prompts: what was read, and the tokens that were written after it. `draft_of` names who may ask."""
        self._reader.prefixes.keep([*self._keys, *new], self.cache, draft_of, self._prompt.visitor)

    def _features(self, progress: Progress) -> Iterator[torch.Tensor]:
        for number, picture in enumerate(self._pictures, 1):
            progress.looks_at(number, len(self._pictures))
            yield self._reader.features.of(self._model, picture)

    def _ids(self, tokens: int) -> torch.Tensor:
        return torch.tensor([self._prompt.tokens[:tokens]], device=self._model.device)


def _before_text(prompt: Prompt, control: ControlIds) -> int:
    """How many tokens come before the text of the last message: up to its [INST], or its last picture."""
    marks = (control.instruction, control.end_of_picture)
    return max((at + 1 for at, token in enumerate(prompt.tokens) if token in marks), default=0)
