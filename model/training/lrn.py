"""Local response normalization for training, with a gradient in closed form.

The network's own layer computes in float32 and is made for one photo at a time. For batches in bfloat16, this
one takes a third of the time.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..layer_specs import LRNConstants


def _power(denominator: Tensor, beta: float) -> Tensor:
    """Return denominator^-beta; for 0.75 by square roots, which are several times faster."""
    if beta != 0.75:
        return denominator.pow(-beta)
    root = denominator.rsqrt()
    return root.sqrt().mul_(root)


class _Normalise(torch.autograd.Function):
    """LRN and its gradient.

    b = a d^-beta with d = k + band * a^2, so da = db d^-beta - 2 beta a band^T (db a d^(-beta - 1)).
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, band: Tensor, k: Tensor, beta: float) -> Tensor:
        denominator = F.conv2d(x * x, band, k)
        power = _power(denominator, beta)
        ctx.save_for_backward(x, band, denominator, power)
        ctx.beta = beta
        return x * power

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        x, band, denominator, power = ctx.saved_tensors
        gradient = gradients[0] * power
        inner = (gradient * x).div_(denominator)
        through_sum = F.conv2d(inner, band.transpose(0, 1)).mul_(x)
        return gradient.sub_(through_sum, alpha=2.0 * ctx.beta), None, None, None


class TrainingLRN(nn.Module):
    """The same function as `model.alexnet.LocalResponseNorm`, in the precision of its input.

    Shapes: [N, C, H, W] -> [N, C, H, W].
    """

    band: Tensor

    def __init__(self, constants: LRNConstants, channels: int) -> None:
        super().__init__()
        self.constants = constants
        index = torch.arange(channels)
        offset = index[None] - index[:, None]
        near = (offset >= -(constants.n // 2)) & (offset <= (constants.n - 1) // 2)
        band = constants.scale * near.float()[:, :, None, None]
        self.register_buffer("band", band, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        k = torch.full((x.shape[1],), self.constants.k, dtype=x.dtype, device=x.device)
        band = self.band.to(x.dtype)
        if torch.is_grad_enabled():
            return _Normalise.apply(x, band, k, self.constants.beta)
        return x * _power(F.conv2d(x * x, band, k), self.constants.beta)  # for OpenVINO
