"""ReLUs that pass on a gradient even where all their inputs are negative, for feature visualization."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .alexnet import AlexNet, private_copy


def with_redirected_relus(network: AlexNet) -> AlexNet:
    """Return a network with the same weights whose ReLUs pass on a gradient even if all outputs are 0."""
    private = private_copy(network)
    for name, layer in network.named_children():
        if isinstance(layer, nn.ReLU):
            private.add_module(name, _Redirecting())
    return private


class RedirectedReLU(torch.autograd.Function):
    """A ReLU that passes on positive gradients if all its inputs are negative, where a ReLU passes on none.

    Otherwise the search could not start from a picture that does not excite the unit. The idea is lucid's.
    """

    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x.relu()

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        passed = gradient * (x > 0)
        return passed if passed.any() else gradient.clamp(min=0)


class _Redirecting(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return RedirectedReLU.apply(x)
