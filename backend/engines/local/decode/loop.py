"""An answer by recorded steps: the loop of `generate`, without what that prepares anew for each token."""

from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache, GenerationConfig, LogitsProcessorList, StoppingCriteriaList
from transformers.generation.streamers import BaseStreamer

from backend.engines.local.decode.steps import Steps, forward


class Loop:
    """What `generate` takes as `custom_generate`, and calls with how tokens are picked and when to stop.

    It has the streamer from the start: `generate` tells that of the prompt, and does not hand it on.
    """

    def __init__(self, steps: Steps, streamer: BaseStreamer) -> None:
        self._steps, self._streamer = steps, streamer

    def __call__(
        self,
        model: Any,
        input_ids: Tensor,
        logits_processor: LogitsProcessorList,
        stopping_criteria: StoppingCriteriaList,
        generation_config: GenerationConfig,
        **model_kwargs: Any,
    ) -> Tensor:
        """All ids, (1, length). The cache then holds all of them but the last, as after `generate`'s own loop.

        Of what `generate` would hand to the model, the cache and the pictures' features are taken.
        """
        cache: DynamicCache = model_kwargs["past_key_values"]
        pictures = {name: model_kwargs[name] for name in ("mm_encoder_outputs",) if name in model_kwargs}
        scores = forward(model, input_ids[:, cache.get_seq_length() :], cache, **pictures)
        try:
            while True:
                scores = logits_processor(input_ids, scores.to(torch.float32, copy=True))  # type: ignore[arg-type]
                token = picked(scores, generation_config.do_sample)
                input_ids = torch.cat([input_ids, token], dim=-1)
                self._streamer.put(token.flatten().cpu())
                if stopping_criteria(input_ids, scores).all():
                    return input_ids
                scores = self._steps.after(token, cache)
        finally:
            self._steps.finish(cache)


def picked(scores: Tensor, draws: bool) -> Tensor:
    """The next token, (1, 1), by its processed scores, (1, vocabulary): seed for seed the one that `generate` draws."""
    return torch.multinomial(torch.softmax(scores, dim=-1), 1) if draws else scores.argmax(dim=-1, keepdim=True)
