"""Merge batch normalization into the linear layer beside it: the same function in fewer layers."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def scale_and_shift(norm: nn.BatchNorm1d) -> tuple[Tensor, Tensor]:
    """Return scale and shift: in evaluation mode, batch normalization computes x * scale + shift."""
    assert norm.running_mean is not None and norm.running_var is not None
    scale = (norm.running_var + norm.eps).rsqrt()
    if norm.affine:
        scale = scale * norm.weight
    shift = -norm.running_mean * scale
    return scale, shift + norm.bias if norm.affine else shift


@torch.no_grad()
def fold(before: nn.BatchNorm1d | None, linear: nn.Linear, after: nn.BatchNorm1d) -> nn.Linear:
    """Return a linear layer that computes after(linear(before(x))) in evaluation mode."""
    weight, bias = linear.weight.data, linear.bias.data
    if before is not None:
        scale, shift = scale_and_shift(before)
        weight, bias = weight * scale, bias + weight @ shift
    scale, shift = scale_and_shift(after)
    folded = nn.Linear(linear.in_features, linear.out_features)
    folded.weight.copy_(weight * scale[:, None])
    folded.bias.copy_(bias * scale + shift)
    return folded
