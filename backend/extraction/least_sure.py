"""Which values of an answer the model was least sure of, and what it would have written instead."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from backend.chat.scores import MAX_TEXT, TokenScore, weakest
from backend.extraction.fields import Field, Path

UNSURE = 0.9  # a value is told whose least sure token is below it
FEW, SHARE, MOST = 3, 10, 20  # of an answer: so many, or one of so many of its values, and never more than this


@dataclass(frozen=True)
class Doubt:
    """How sure the model was of a value, 0 to 1, and the likeliest other one; "" where it is not known."""

    sureness: float
    instead: str = ""


def least_sure(answer: str, root: Field, scores: Sequence[TokenScore]) -> dict[Path, Doubt]:
    """The doubtful ones among the values of an answer, by their paths. `scores` are of its tokens, in their order."""
    starts = [score.start for score in scores]
    leaves, found = list(root.leaves()), list[tuple[float, Field, TokenScore]]()
    for field in leaves:
        near = scores[bisect_left(starts, field.start - MAX_TEXT) : bisect_left(starts, field.end)]
        score = weakest(near, field.start, field.end)
        if score and score.sureness < UNSURE and field.is_whole:
            found.append((score.sureness, field, score))
    found.sort(key=lambda each: each[0])
    count = min(max(FEW, len(leaves) // SHARE), MOST)
    return {field.path: Doubt(sureness, instead(answer, field, score)) for sureness, field, score in found[:count]}


def instead(answer: str, field: Field, score: TokenScore) -> str:
    """The value with the likeliest other token in the place of this one; an ellipsis stands for what would follow."""
    others = [text for text, _ in score.others if text]
    if not others:
        return ""
    written = answer[field.start : score.start] + others[0][max(0, field.start - score.start) :]
    if written.lstrip().startswith('"'):
        value, is_ended = _text(written)
    else:
        value = written.strip().rstrip(",}] \n")
        is_ended = value != written.strip() or value in ("true", "false", "null")
    is_last = score.end >= field.end - (field.kind == "text")  # whose quote is no part of it
    if not value or is_ended or is_last:
        return value
    meant = [choice for choice in field.choices if choice.startswith(value)]
    return meant[0] if len(meant) == 1 else f"{value}…"


def _text(written: str) -> tuple[str, bool]:
    """The text that JSON begins with, and whether it ends: as it is written, but for quotes."""
    inside = written.lstrip().removeprefix('"')
    at = inside.find('"')
    while at > 0 and inside[at - 1] == "\\":
        at = inside.find('"', at + 1)
    return (inside, False) if at < 0 else (inside[:at], True)
