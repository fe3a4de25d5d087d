"""How sure the model is of each token: its probability among all that could have come, and the likeliest others."""

import math
from typing import NamedTuple, cast

import torch
from transformers import GenerationConfig, LogitsProcessor, LogitsProcessorList, RepetitionPenaltyLogitsProcessor

from backend.chat.scores import ALTERNATIVES, LEAST, SURE


class Doubt(NamedTuple):
    """The probability of a token; of one that was not all but certain the ids of the likeliest others, with theirs."""

    probability: float
    others: tuple[tuple[int, float], ...]


class Scoring(LogitsProcessor):
    """Looks at the scores of each step and changes nothing.

    A probability is the model's own, a softmax at temperature 1 before anything that samples: neither the temperature
    nor top-p nor a penalty makes the model surer of what it reads. But where a grammar says what may come, it is one
    among that alone: what the model would rather say outside of a schema tells nothing of which value it takes within,
    and a token that the grammar forces has the probability 1.
    """

    def __init__(self, top: int | None = None) -> None:
        """With `top` the logarithms of every token's probability are told, with so many of the likeliest."""
        self._top = top
        self._scores: torch.Tensor | None = None

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """Keeps the scores, (1, vocabulary), of this step until the next; those that come after make others of them."""
        self._scores = scores
        return scores

    def doubt(self, token: int) -> Doubt | None:
        """How sure the model was of the token that was picked in this step; None where there was no step.

        Of most tokens only the sum over the vocabulary is taken: 0.14 ms for 131,072 scores on a processor's core,
        0.36 with the likeliest.
        """
        if self._scores is None:
            return None
        scores = self._scores[0]
        everything = scores.logsumexp(-1)
        probability = float((scores[token] - everything).exp())
        if not probability < SURE:
            return Doubt(probability, ())
        top = scores.topk(min(ALTERNATIVES + 1, len(scores)))
        likely = (top.values - everything).exp().tolist()
        others = [(id_, each) for id_, each in zip(top.indices.tolist(), likely, strict=True) if id_ != token]
        return Doubt(probability, tuple(other for other in others[:ALTERNATIVES] if other[1] >= LEAST))

    def logprobs(self, token: int) -> tuple[float, tuple[tuple[int, float], ...]] | None:
        """The logarithm of the probability of the token that was picked in this step, and the ids of the likeliest with
        theirs; None where there was no step, or nobody asked. What a grammar forbids is not among them.
        """
        if self._scores is None or self._top is None:
            return None
        scores = self._scores[0]
        everything = scores.logsumexp(-1)
        found = scores.topk(min(self._top, len(scores)))
        values = (found.values - everything).tolist()
        likely = zip(found.indices.tolist(), values, strict=True)
        return float(scores[token] - everything), tuple(each for each in likely if math.isfinite(each[1]))


def processors(
    grammar: LogitsProcessor | None, scoring: Scoring | None, config: GenerationConfig
) -> LogitsProcessorList:
    """What `generate` is given to change scores with. Its own processors come before, those that sample after.

    Where probabilities are wanted, the penalty for repetition is taken out of `config`, to come after them: the tokens
    that are picked stay the same.
    """
    found: list[LogitsProcessor] = [each for each in (grammar, scoring) if each]
    if scoring and (penalty := cast(float, config.repetition_penalty)) != 1.0:
        config.repetition_penalty = 1.0
        found.append(RepetitionPenaltyLogitsProcessor(penalty))
    return LogitsProcessorList(found)
