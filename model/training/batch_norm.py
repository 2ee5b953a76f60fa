"""Folds batch normalisation into the linear layer before it: the same function, one layer fewer."""

from __future__ import annotations

import torch
from torch import nn


@torch.no_grad()
def fold(linear: nn.Linear, norm: nn.BatchNorm1d) -> nn.Linear:
    """A linear layer that computes norm(linear(x)) in evaluation mode."""
    assert norm.running_mean is not None and norm.running_var is not None
    factor = norm.weight / (norm.running_var + norm.eps).sqrt()
    folded = nn.Linear(linear.in_features, linear.out_features)
    folded.weight.copy_(linear.weight * factor[:, None])
    folded.bias.copy_((linear.bias - norm.running_mean) * factor + norm.bias)
    return folded
