"""Local response normalisation for training: its gradient in closed form, its sum as a matrix product.

The network's own layer keeps float32 and is made for one picture at a time. In bfloat16 and in
batches, most of a training step would go into it; this one takes a third of the time.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..architectures import LRNConstants


def _power(denominator: Tensor, beta: float) -> Tensor:
    """denominator^-beta; for the usual 0.75 by square roots, which are several times faster."""
    if beta != 0.75:
        return denominator.pow(-beta)
    root = denominator.rsqrt()
    return root.sqrt().mul_(root)


class _Normalise(torch.autograd.Function):
    """b = a d^-beta with d = k + band * a^2, so da = db d^-beta - 2 beta a band^T (db a d^(-beta - 1))."""

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
    """The same function as `model.alexnet.LocalResponseNorm`, in whatever precision its input has.

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
        return x * _power(F.conv2d(x * x, band, k), self.constants.beta)  # plain operations can be exported
