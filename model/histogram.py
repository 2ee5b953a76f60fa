"""Count how often values occur in a stream of tensors, exactly and in one pass."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, isfinite, log2

import numpy as np
import torch
from torch import Tensor

from .errors import UserError

BINS = 256  # a power of two; empty bins at both ends are cut off later
CHUNK = 1 << 22  # so many values are counted at a time, to save memory


@dataclass(frozen=True)
class Histogram:
    """How often values occur.

    Attributes:
        counts: int64 [B], how many values lie between two edges.
        edges: float64 [B + 1]; zero is one of them.
    """

    counts: np.ndarray
    edges: np.ndarray


class Tally:
    """A counter of values in equal bins around zero, whose range doubles until it contains every value.

    So a stream of batches is counted exactly, in one pass and without keeping the batches.

    >>> tally = Tally()
    >>> tally.add(torch.tensor([0.0, 0.5, 0.5, -1.0]))
    >>> tally.add(torch.tensor([3.0]))  # beyond 1: the range doubles twice, to -4..4
    >>> found = tally.result()
    >>> int(found.counts.sum()), float(found.edges[1] - found.edges[0])  # five values; bins of 8 / 256
    (5, 0.03125)
    """

    def __init__(self) -> None:
        self.top, self.counts = 0.0, np.zeros(BINS, np.int64)

    def add(self, values: Tensor) -> None:
        for chunk in values.flatten().split(CHUNK):
            self._reach(float(chunk.abs().max()))
            # Range and number of bins are powers of two, so nothing is rounded. torch.histc first adds a
            # constant to all values, which moves some of those next to zero to the wrong side.
            index = (chunk * (BINS / 2 / self.top)).floor_().to(torch.int32).add_(BINS // 2)
            self.counts += torch.bincount(index.clamp_(max=BINS - 1), minlength=BINS).cpu().numpy()

    def _reach(self, top: float) -> None:
        if not isfinite(top):
            raise UserError("Some values are infinite or not a number: these weights are damaged.")
        if not self.counts.any():
            self.top = 2.0 ** ceil(log2(top)) if top > 0 else 1.0
        while self.top < top:
            wider = np.zeros_like(self.counts)
            wider[BINS // 4 : -BINS // 4] = self.counts.reshape(-1, 2).sum(1)
            self.top, self.counts = 2 * self.top, wider

    def result(self) -> Histogram:
        edges = np.linspace(-self.top, self.top, BINS + 1)
        filled = np.flatnonzero(self.counts)
        # Cut off empty bins at both ends, but not beyond zero.
        low, high = min(filled[0], BINS // 2), max(filled[-1] + 1, BINS // 2)
        return Histogram(self.counts[low:high], edges[low : high + 1])
