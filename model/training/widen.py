"""Net2Net widening (Chen et al. 2015): more channels, the same function."""

from __future__ import annotations

import torch
from torch import Tensor

from .source import Kernels

PAPER_WIDTHS = (96, 256, 384, 384, 256)


def widen(kernels: Kernels, widths: tuple[int, ...] = PAPER_WIDTHS) -> Kernels:
    """Ungrouped kernels of the given widths that compute what the given ones compute, without LRN.

    The first channels are the originals; the others copy them in turn, and whatever reads a channel
    divides its weights by the number of copies. The last width must stay as it is.
    """
    widened = []
    source, copies = torch.arange(kernels[0][0].shape[1]), None
    for (weight, bias), width in zip(kernels, widths, strict=True):
        copies = torch.bincount(source, minlength=weight.shape[1])
        inputs = weight[:, source] / copies[source].view(1, -1, 1, 1)
        source = _sources(len(weight), width)
        widened.append((inputs[source], bias[source]))
    return widened


def _sources(old: int, new: int) -> Tensor:
    if new < old:
        raise ValueError(f"{old} channels cannot be widened to {new}")
    return torch.arange(new) % old
