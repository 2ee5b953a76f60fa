"""Muon for convolutions: PyTorch's own, which takes matrices only, on each tower's kernels as a matrix."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

# With "match_rms_adamw" a step of rate 1 has a root mean square of 0.2, less what the five iterations
# leave between singular values of 0.7 and 1.2.
STEP = 0.174


class KernelMuon(torch.optim.Muon):
    """A step is the gradient with all its singular values made equal (Jordan et al. 2024).

    Neighbouring pixels, and channels too, are so alike that plain gradients see few directions.
    Groups carry "scale", by which a learning rate of r moves a kernel by the share r of its size.

    Args:
        layers: their kernels are learned, one matrix [out, in * kernel * kernel] a tower.
    """

    def __init__(self, layers: Iterable[nn.Conv2d], momentum: float = 0.95) -> None:
        # The matrices are views: what changes them changes the kernels.
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

    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        for matrix, layer, number in self.towers:
            if layer.weight.grad is not None:
                matrix.grad = layer.weight.grad.chunk(layer.groups)[number].flatten(1)
        return super().step(closure)


def root_mean_square(tensor: Tensor) -> float:
    """The size that a parameter's learning rate is a share of, and never quite nothing."""
    return max(float(tensor.detach().square().mean().sqrt()), 1e-8)
