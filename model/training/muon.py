"""The optimizer Muon for convolutions."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from .engine import has_bfloat16

# Root mean square of a step with rate 1. With "match_rms_adamw" it would be 0.2 if all singular values were
# 1; after five rounds they are between 0.7 and 1.2.
STEP = 0.174
COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of a polynomial that brings singular values near 1 in five rounds
ROUNDS = 5


class KernelMuon(torch.optim.Muon):
    """Muon: a step is the gradient with all its singular values made equal (Jordan et al. 2024).

    Neighbouring pixels and channels are so similar that plain gradients have only a few strong directions.
    The steps are those of PyTorch's Muon, but that always computes in bfloat16, and on a CPU without bfloat16
    one step would take seconds. Each group has a "scale", so that a learning rate of r changes a kernel by
    the share r of its size.

    Args:
        layers: the convolutions to train. The kernels of each tower are one matrix [out, in * kernel *
            kernel].
    """

    def __init__(self, layers: Iterable[nn.Conv2d], momentum: float = 0.95) -> None:
        # The matrices are views: changing a matrix changes the kernels.
        self.towers = [
            (nn.Parameter(tower.detach().view(len(tower), -1)), layer, number)
            for layer in layers
            for number, tower in enumerate(layer.weight.chunk(layer.groups))
        ]
        groups = [{"params": [m], "scale": root_mean_square(m) / STEP} for m, _, _ in self.towers]
        super().__init__(groups, weight_decay=0.0, momentum=momentum, adjust_lr_fn="match_rms_adamw")

    def zero_grad(self, set_to_none: bool = True) -> None:
        super().zero_grad(set_to_none)
        for _, layer, _ in self.towers:
            layer.weight.grad = None

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        for group, (matrix, layer, number) in zip(self.param_groups, self.towers, strict=True):
            if layer.weight.grad is None:
                continue
            gradient = layer.weight.grad.chunk(layer.groups)[number].flatten(1)
            momentum = self.state[matrix].setdefault("momentum_buffer", torch.zeros_like(matrix))
            momentum.lerp_(gradient, 1 - group["momentum"])
            direction = orthogonal(gradient.lerp(momentum, group["momentum"]))
            matrix.sub_(direction, alpha=group["lr"] * 0.2 * max(matrix.shape) ** 0.5)
        return None


def orthogonal(matrix: Tensor) -> Tensor:
    """Return the nearest matrix whose singular values are all nearly equal: between 0.7 and 1.2."""
    a, b, c = COEFFICIENTS
    x = matrix.bfloat16() if has_bfloat16(matrix.device) else matrix.float()
    if len(matrix) > matrix.shape[1]:
        x = x.T
    x = x / x.norm().clamp(min=1e-7)
    for _ in range(ROUNDS):
        products = x @ x.T
        x = a * x + (b * products + c * products @ products) @ x
    return (x.T if len(matrix) > matrix.shape[1] else x).to(matrix.dtype)


def root_mean_square(tensor: Tensor) -> float:
    """Return the root mean square of a tensor, at least 1e-8."""
    return max(float(tensor.detach().square().mean().sqrt()), 1e-8)
