"""Keys and values of earlier turns, kept so that what a prompt has in common with one of them is not computed again.

Only the model's worker uses it, so nothing is locked. A position is known by its token id, and inside a picture by the
picture's pixels: all pictures have the same ids.
"""

import time
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any

import torch
from transformers import DynamicCache

from backend.engines.local.devices import free_bytes, out_of_memory
from backend.engines.local.kv_cache import SPARE, growing_cache
from backend.tokenization.tokenizer import ControlIds, Prompt

MIN_REUSED = 16  # tokens; less is not worth a copy
RECENT, SHARE = 600.0, 0.5  # seconds; of the budget, what one visitor may have of it before others' are let go of
TAKEN_OVER = 0.5  # of an entry: when as much is shared, it goes on itself, or in a copy where it is mostly empty room
Key = int | tuple[str, int]


@dataclass
class _Entry:
    keys: list[Key]
    cache: DynamicCache
    draft_of: str = ""
    visitor: str = ""
    used: float = field(default_factory=time.monotonic)

    @property
    def bytes(self) -> int:
        layers: list[Any] = list(self.cache.layers)
        return sum(tensor.untyped_storage().nbytes() for layer in layers for tensor in (layer.keys, layer.values))

    @property
    def room(self) -> int:
        """Tokens that its buffers could hold."""
        layer: Any = self.cache.layers[0]
        return int(layer.keys.untyped_storage().nbytes() * layer.keys.shape[-2] // layer.keys.nbytes)


@dataclass(frozen=True)
class Reused:
    """A cache that holds the first `tokens` of a prompt, and how many of its pictures lie within them."""

    cache: DynamicCache
    tokens: int
    images: int


class PrefixCache:
    """Entries up to `budget` bytes in all; the least recently used go first.

    But of who has more than SHARE of it their own go, while others' are RECENT: what is read for drafts costs its
    writer no wait, and many pages of one would push out everybody's conversations.
    """

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._entries: list[_Entry] = []  # the most recently used last

    def reuse(self, keys: Sequence[Key], starts: Sequence[int], config: Any) -> Reused:
        """The longest kept beginning of a prompt with these keys; `starts` are where its pictures begin.

        At least one token is left to compute, and no picture is cut in two. All that was kept is forgotten where
        there is no memory for a copy.
        """
        best, shared = None, 0
        for entry in self._entries:
            length = _whole_pictures(_common(entry.keys, keys, len(keys) - 1), keys, starts)
            if length > shared:
                best, shared = entry, length
        if best is None or shared < MIN_REUSED:
            return Reused(growing_cache(config), 0, 0)
        images = sum(start < shared for start in starts)
        self._entries.remove(best)
        if shared < TAKEN_OVER * len(best.keys):
            self._entries.append(replace(best, used=time.monotonic()))  # the newest now
        elif best.room <= 2 * (shared + SPARE):
            best.cache.crop(shared - len(best.keys))
            return Reused(best.cache, shared, images)
        try:
            return Reused(_copied(best.cache, shared, config), shared, images)
        except RuntimeError as error:
            if not out_of_memory(error):
                raise
            self.clear()
            return Reused(growing_cache(config), 0, 0)

    def reach(self, keys: Sequence[Key], starts: Sequence[int]) -> int:
        """How many of these keys an entry holds from the beginning on, as in `reuse`, but all of them at most."""
        held = (_common(entry.keys, keys, len(keys)) for entry in self._entries)
        return max((_whole_pictures(length, keys, starts) for length in held), default=0)

    def has_room(self, tokens: int, config: Any, dtype: torch.dtype) -> bool:
        """Whether so many tokens of a decoder of this configuration, which computes in `dtype`, could be kept."""
        of_one = 2 * config.num_hidden_layers * config.num_key_value_heads * config.head_dim * dtype.itemsize
        buffers = -(-tokens // SPARE) * SPARE
        return buffers * of_one <= self._budget and not any(growing_cache(config).is_sliding)

    def keep(self, keys: Sequence[Key], cache: DynamicCache, draft_of: str = "", visitor: str = "") -> None:
        """Keeps what a generation left: the keys of its prompt and of the new tokens, as far as the cache reaches.

        Of an owner's drafts the newest alone is kept: while a system prompt is written, there is one at each key.
        """
        length = cache.get_seq_length()
        if length < MIN_REUSED or length > len(keys) or any(cache.is_sliding):  # a window cannot be cut back
            return
        entry = _Entry(list(keys[:length]), cache, draft_of, visitor)
        if entry.bytes > self._budget:  # it would push out all others, and then itself
            return
        if draft_of:
            self._entries = [kept for kept in self._entries if kept.draft_of != draft_of]
        self._entries.append(entry)
        while self.bytes > self._budget:
            self._entries.remove(self._next_to_go(visitor))

    def _next_to_go(self, visitor: str) -> _Entry:
        """For something that this visitor has just left here, which is the last."""
        oldest, theirs = self._entries[0], [entry for entry in self._entries if entry.visitor == visitor]
        has_much = len(theirs) > 1 and sum(entry.bytes for entry in theirs) > SHARE * self._budget
        return theirs[0] if has_much and time.monotonic() - oldest.used < RECENT else oldest

    @property
    def bytes(self) -> int:
        """Memory of all entries."""
        return sum(entry.bytes for entry in self._entries)

    def clear(self) -> None:
        """Forgets everything, when memory is short."""
        self._entries.clear()


def keys_of(prompt: Prompt, ids: ControlIds) -> tuple[list[Key], list[int]]:
    """(keys, where pictures begin) of a prompt.

    The first [INST] is the owner's own: a system prompt and tools before it are shared with others, all that follows is
    not. Each of the two is shared as a whole alone: how much of it was reused would tell its words to whoever guesses.
    """
    keys: list[Key] = list(prompt.tokens)
    first = keys.index(ids.instruction) if ids.instruction in keys else len(keys)
    tools = keys.index(ids.tools) if ids.tools in keys[:first] else first
    for start, end in ((0, tools), (tools, first)):
        if start < end:
            keys[start] = (_digest(prompt.tokens[start:end]), 0)
    if first < len(keys):
        keys[first] = (prompt.owner, 0)
    starts: list[int] = []
    at = 0
    for image in prompt.images:
        start = next(i for i in range(at, len(keys)) if prompt.tokens[i] in ids.pictures)
        end = prompt.tokens.index(ids.end_of_picture, start) + 1
        keys[start:end] = [(image.key, i) for i in range(end - start)]
        starts.append(start)
        at = end
    return keys, starts


def _digest(tokens: Sequence[int]) -> str:
    return blake2b(array("q", tokens).tobytes(), digest_size=20).hexdigest()


def _common(kept: Sequence[Key], asked: Sequence[Key], most: int) -> int:
    """How many keys are the same from the beginning on, of so many at most."""
    most = min(len(kept), most)
    low = 0
    # In steps, since comparing slices is far quicker than comparing one by one.
    for step in (4096, 256, 16, 1):
        while low + step <= most and kept[low : low + step] == asked[low : low + step]:
            low += step
    return low


def _whole_pictures(length: int, keys: Sequence[Key], starts: Sequence[int]) -> int:
    """The length, cut back to before a picture that would be split."""
    cut = keys[length] if length < len(keys) else 0
    if isinstance(cut, tuple) and cut[1] > 0:
        return max(start for start in starts if start < length)
    return length


def _copied(cache: DynamicCache, length: int, config: Any) -> DynamicCache:
    copy = growing_cache(config)
    layers: list[Any] = list(cache.layers)  # of the plain kind: no other is kept
    for index, layer in enumerate(layers):
        copy.update(layer.keys[..., :length, :], layer.values[..., :length, :], index)
    return copy


def budget(device: torch.device) -> int:
    """Bytes to keep: a tenth of the GPU's memory that is free, or of the machine's, at most 8 GB."""
    return int(min(8e9, free_bytes(device) / 10))
