"""Vary what is stored in a table, so that one stored crop is worth several."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def shifted(maps: Tensor) -> Tensor:
    """Return each sample's feature maps shifted by at most one position; the border is repeated.

    One position of pool2 is 16 pixels of the crop, which hardly changes the teacher's prediction. So one
    stored crop is worth nine.

    Args:
        maps: [n, c, h, w]

    Returns:
        [n, c, h, w]
    """
    n, _, height, width = maps.shape
    padded = F.pad(maps, (1, 1, 1, 1), mode="replicate")
    down, right = torch.randint(3, (2, n))
    return torch.stack(
        [
            padded[i, :, y : y + height, x : x + width]
            for i, (y, x) in enumerate(zip(down.tolist(), right.tolist(), strict=True))
        ]
    )


def blended(x: Tensor, answer: Tensor, share: float = 0.3) -> tuple[Tensor, Tensor]:
    """Blend some samples with other ones, inputs and scores in the same proportion."""
    n = len(x)
    weight = torch.where(torch.rand(n) < share, torch.rand(n) / 2 + 0.5, 1.0).to(x.device)
    other = torch.randperm(n).to(x.device)

    def mixture(values: Tensor) -> Tensor:
        own = weight.view(-1, *[1] * (values.ndim - 1))
        return own * values + (1 - own) * values[other]

    return mixture(x), mixture(answer)
