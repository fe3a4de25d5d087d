"""Muon in float32: torch's own makes its products in bfloat16, which processors without instructions for it take
thirty times as long for (12 s instead of 0.4 s a step of the demo model)."""

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
        """One update."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self._update(weight, **{k: group[k] for k in ("lr", "weight_decay", "momentum")})

    def _update(self, weight: nn.Parameter, lr: float, weight_decay: float, momentum: float) -> None:
        state = self.state[weight]
        if not state:
            state["momentum_buffer"] = torch.zeros_like(weight)
        average = state["momentum_buffer"].lerp_(weight.grad, 1 - momentum)
        weight.mul_(1 - lr * weight_decay)
        weight.add_(orthogonal(weight.grad.lerp(average, momentum)), alpha=-lr * 0.2 * max(weight.shape) ** 0.5)


def orthogonal(matrix: Tensor) -> Tensor:
    """About U V^T of a matrix U S V^T, by the Newton-Schulz iteration of the same source."""
    a, b, c = COEFFICIENTS
    x = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    x = x / x.norm().clamp(min=1e-7)
    for _ in range(ROUNDS):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.T if matrix.shape[0] > matrix.shape[1] else x
