"""How often values occur, counted exactly over a stream of tensors in one pass."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, isfinite, log2

import numpy as np
import torch
from torch import Tensor

from .errors import UserError

BINS = 256  # before empty ends are cut off; a power of two
CHUNK = 1 << 22  # values counted at a time, to save memory


@dataclass(frozen=True)
class Histogram:
    """How often values occur: int64 counts [B] between float64 edges [B + 1], zero being one of them."""

    counts: np.ndarray
    edges: np.ndarray


class Tally:
    """Counts values in equal bins around zero; the range doubles until it holds every value.

    So a stream of batches is counted exactly, in one pass and without keeping it.
    """

    def __init__(self) -> None:
        self.top, self.counts = 0.0, np.zeros(BINS, np.int64)

    def add(self, values: Tensor) -> None:
        for chunk in values.flatten().split(CHUNK):
            self._reach(float(chunk.abs().max()))
            # Range and bins are powers of two, so nothing is rounded. torch.histc shifts values first,
            # which moves some of those next to zero to the wrong side.
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
        # Empty ends go; zero stays.
        low, high = min(filled[0], BINS // 2), max(filled[-1] + 1, BINS // 2)
        return Histogram(self.counts[low:high], edges[low : high + 1])
