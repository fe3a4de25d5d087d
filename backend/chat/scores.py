"""How sure a model was of the tokens that it wrote: their probabilities, and what it held likely instead.

Only tokens that it was not all but certain of are kept, since the others, most of an answer, have nothing to tell; and
the first, so that an answer which was measured is told from one that was not.
"""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

SURE = 0.999  # from here on a token is not kept
ALTERNATIVES = 3  # that are kept of a token, likeliest first
LEAST = 0.001  # of an alternative: below it nobody would choose it
MAX_SCORES = 2_000  # of an answer: some 120 kB in the browser's store
MAX_TEXT = 200  # characters of a token; the longest of Mistral's has 128


class TokenScore(NamedTuple):
    """A token of an answer: where it begins in the answer's text, in characters, and what it adds there.

    `probability` is that of the token; `alternatives` are the likeliest others, with theirs; the text "" is the end of
    the answer. A token that is but a part of a character has the text "", unless it is the last part. As a tuple it is
    kept as a short list, not with a name for each value.
    """

    start: int
    text: str
    probability: float
    alternatives: tuple[tuple[str, float], ...] = ()

    @property
    def end(self) -> int:
        """Where the next one begins; after the character that this one is a part of."""
        return self.start + max(1, len(self.text))

    @property
    def sureness(self) -> float:
        """The probability of what is written, 0 to 1, and not of its cut into tokens: "r" and then "ed" is "red" too.

        Others that begin the token's own text count for it, though something else could have come of them.
        """
        return min(1.0, self.probability + sum(likely for text, likely in self.alternatives if self._begins(text)))

    @property
    def others(self) -> tuple[tuple[str, float], ...]:
        """The alternatives that are another text, likeliest first."""
        return tuple(other for other in self.alternatives if not self._begins(other[0]))

    def _begins(self, text: str) -> bool:
        return bool(text) and self.text.startswith(text)


class TokenLogprob(NamedTuple):
    """A token of an answer's text as it was picked: its bytes and the logarithm of its probability, in natural units.

    `top` are the likeliest tokens at its place, itself perhaps among them, likeliest first.
    """

    data: bytes
    logprob: float
    top: tuple[tuple[bytes, float], ...] = ()


def weakest(scores: Sequence[TokenScore], start: int, end: int) -> TokenScore | None:
    """The least sure of the tokens that have a part in the text from `start` to `end`; None where each is sure."""
    within = [score for score in scores if score.start < end and score.end > start]
    found = min(within, key=lambda score: score.sureness, default=None)
    return found if found and found.sureness < SURE else None


def moved(scores: Iterable[TokenScore], by: int) -> tuple[TokenScore, ...]:
    """The same of a text that has so many more characters before it."""
    return tuple(score._replace(start=score.start + by) for score in scores)


def fitting(scores: Iterable[TokenScore], text: str) -> tuple[TokenScore, ...]:
    """Those that are of this text, as many as are kept: the rest was cut off, or is somebody's invention."""
    found: list[TokenScore] = []
    for score in scores:
        if len(found) < MAX_SCORES and _is_of(score, text) and score.start >= (found[-1].start if found else 0):
            found.append(score._replace(alternatives=score.alternatives[:ALTERNATIVES]))
    return tuple(found)


def otherwise(text: str, scores: Sequence[TokenScore], start: int, which: int) -> tuple[str, tuple[TokenScore, ...]]:
    """The text up to the token that begins at `start`, with this one of its alternatives in its place; their scores.

    What was written there is now one of the alternatives. Raises LookupError where there is no such alternative, or it
    is the end of the answer.
    """
    at = next((number for number, score in enumerate(scores) if score.start == start and score.text), None)
    if at is None or not scores[at].alternatives[which][0]:
        raise LookupError("no such token")
    score = scores[at]
    chosen, likely = score.alternatives[which]
    others = [(score.text, score.probability), *(other for other in score.alternatives if other[0] != chosen)]
    others.sort(key=lambda other: -other[1])
    return text[:start] + chosen, (*scores[:at], TokenScore(start, chosen, likely, tuple(others)))


def _is_of(score: TokenScore, text: str) -> bool:
    is_there = 0 <= score.start < len(text) and len(score.text) <= MAX_TEXT and text.startswith(score.text, score.start)
    likely = (score.probability, *(probability for _, probability in score.alternatives))
    return (
        is_there
        and all(math.isfinite(each) and 0 <= each <= 1 for each in likely)
        and all(len(other) <= MAX_TEXT for other, _ in score.alternatives)
    )
