"""What every attribution method is, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from model.alexnet import AlexNet

Compute = Callable[[AlexNet, Tensor, int, str], Tensor]
"""(private network, input [1, 3, H, W], class index, layer) -> map [h, w].

The layer is "" for methods that look at none."""


@dataclass(frozen=True)
class Method:
    """One way to explain a class score; page, shell and documentation are built from these entries.

    Attributes:
        meaning: one sentence on what a bright place in the map says.
        formula: in LaTeX.
        caveat: one sentence on how it is known to mislead.
        needs_layer: whether it looks at a layer's maps, so that the map has that layer's resolution.
        signed: whether values below zero mean something.
        full_strength: percentile of the map's magnitudes from which on it is drawn at full strength.
        compute: gets a network of its own, so it may set hooks; it must not draw.
    """

    name: str
    title: str
    meaning: str
    formula: str
    paper: str
    caveat: str
    needs_layer: bool
    signed: bool
    compute: Compute
    full_strength: float = 100.0


@dataclass(frozen=True)
class Attribution:
    """A map of evidence for one class.

    Attributes:
        target: index of the class whose logit is explained.
        layer: "" for methods that look at none.
        logit: the quantity explained: the score of that class before the softmax.
        values: float32 [h, w], at the method's own resolution.
        heatmap: float32 [H, W], bilinearly enlarged to the network's input.
    """

    method: Method
    target: int
    layer: str
    logit: float
    values: np.ndarray
    heatmap: np.ndarray

    @property
    def has_evidence(self) -> bool:
        """False where the map is zero everywhere: nothing speaks for the class."""
        return bool(np.any(self.values))

    @property
    def normalized(self) -> np.ndarray:
        """The heatmap in -1..1, as it is drawn; zeros stay zeros."""
        magnitudes = np.abs(self.heatmap)
        peak = float(np.percentile(magnitudes, self.method.full_strength)) or float(magnitudes.max())
        return np.clip(self.heatmap / peak, -1.0, 1.0) if peak > 0 else self.heatmap
