"""Muon in float32: torch's own makes its products in bfloat16, which processors without instructions for it take
thirty times as long for (12 s instead of 0.4 s a step of the demo model)."""

from collections import defaultdict
from collections.abc import Iterable

import torch
from torch import Tensor, nn

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
ROUNDS = 5


class Muon(torch.optim.Optimizer):
    """Momentum, made orthogonal, for matrices (https://kellerjordan.github.io/posts/muon/).

    Updates are scaled to the size of AdamW's (arXiv 2502.16982), so that one learning rate serves both. State and
    results are those of torch.optim.Muon with adjust_lr_fn="match_rms_adamw", up to its rounding.
    """

    def __init__(self, weights: Iterable[nn.Parameter], weight_decay: float, momentum: float = 0.95) -> None:
        super().__init__(weights, {"lr": 1e-3, "weight_decay": weight_decay, "momentum": momentum})

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        """One update. Matrices of one shape go together: on a GPU it is the number of products that takes the time."""
        for group in self.param_groups:
            alike: dict[torch.Size, list[nn.Parameter]] = defaultdict(list)
            for weight in group["params"]:
                if weight.grad is not None:
                    alike[weight.shape].append(weight)
            for weights in alike.values():
                self._update(weights, **{k: group[k] for k in ("lr", "weight_decay", "momentum")})

    def _update(self, weights: list[nn.Parameter], lr: float, weight_decay: float, momentum: float) -> None:
        averages, gradients = [self._average(weight) for weight in weights], [weight.grad for weight in weights]
        torch._foreach_lerp_(averages, gradients, 1 - momentum)
        updates = orthogonal(torch.stack(torch._foreach_lerp(gradients, averages, momentum)))
        torch._foreach_mul_(weights, 1 - lr * weight_decay)
        torch._foreach_add_(weights, updates.unbind(), alpha=-lr * 0.2 * max(weights[0].shape) ** 0.5)

    def _average(self, weight: nn.Parameter) -> Tensor:
        """Of the gradients so far."""
        state = self.state[weight]
        if not state:
            state["momentum_buffer"] = torch.zeros_like(weight)
        average: Tensor = state["momentum_buffer"]
        return average


def orthogonal(matrices: Tensor) -> Tensor:
    """About U V^T of each matrix U S V^T of [count, rows, columns], by the Newton-Schulz iteration of the same source."""
    a, b, c = COEFFICIENTS
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if tall else matrices
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp(min=1e-7)
    for _ in range(ROUNDS):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.mT if tall else x
