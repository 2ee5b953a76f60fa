"""Check a heat map with a box that a person draws around what matters.

The share of a heat map inside a box is the energy-based pointing game of Wang et al. 2020, Score-CAM. Making
the box unreadable is occlusion as in Zeiler and Fergus 2014, at a place that a person chooses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from ..activations import check_input
from ..alexnet import AlexNet
from ..errors import UserError
from ..preprocess import denormalize
from ..receptive_field import Box
from .base import GREY_LEVEL, blurred, grey

Part = Literal["inside", "outside"]
Filling = Literal["blurred", "grey"]

USUAL_SIDE = 3 / 13  # of the side of the crop: as large as three activations of relu5


@dataclass(frozen=True)
class Share:
    """How much of a heat map lies in a box, as shares of the sum of all its magnitudes.

    Attributes:
        positive: share of values above zero, evidence for the target.
        negative: share of values below zero, evidence against it; 0 if the method has no negative values.
        area: the box's share of all pixels. This is also the share of a heat map that is the same everywhere.
    """

    positive: float
    negative: float
    area: float

    @property
    def total(self) -> float:
        """Return the share of all values, whatever their sign; 0 if the heat map is zero everywhere."""
        return self.positive + self.negative


@dataclass(frozen=True)
class Altered:
    """A crop with one part made unreadable, and the target's probability and logit for it.

    Attributes:
        part: which part was made unreadable: "inside" the box or "outside" it.
        filling: how: that part was "blurred" or made "grey".
        picture: the crop, uint8 [H, W, 3].
        probability, logit: of the target.
    """

    part: Part
    filling: Filling
    picture: np.ndarray
    probability: float
    logit: float


@dataclass(frozen=True)
class Pointing:
    """The target's probability and logit for the crop as it is, and with parts of it made unreadable."""

    box: Box
    probability: float
    logit: float
    altered: tuple[Altered, ...]

    def without(self, part: Part) -> list[Altered]:
        """Return the results for the crops in which this part is unreadable."""
        return [one for one in self.altered if one.part == part]


def check_box(box: Box, height: int, width: int) -> None:
    """Check that a box contains pixels and lies within a crop of that size.

    Raises:
        UserError: the box contains no pixel, or reaches beyond the edge.
    """
    if box.height < 1 or box.width < 1:
        raise UserError("The box is empty: its right and bottom edges must lie beyond its left and top ones.")
    if box.left < 0 or box.top < 0 or box.right > width or box.bottom > height:
        raise UserError(
            f"The box reaches outside the crop: left and right must be from 0 to {width}, top and bottom "
            f"from 0 to {height}."
        )


def share(heatmap: np.ndarray, box: Box) -> Share:
    """Return how much of a heat map lies in a box, and the box's share of all pixels.

    Args:
        heatmap: [H, W], for example `attribution.heatmap`.  box: in the same pixels.

    Raises:
        UserError: the box is empty, or reaches beyond the edge.

    >>> heatmap = np.array([[3.0, 0.0], [0.0, -1.0]])
    >>> share(heatmap, Box(0, 0, 1, 2))  # the upper half
    Share(positive=0.75, negative=0.0, area=0.5)
    """
    check_box(box, *heatmap.shape)
    values = heatmap.astype(np.float64)
    inside = box.cut(values)
    everything = np.abs(values).sum() or 1.0  # for a heat map of zeros, every share is zero
    return Share(
        positive=float(np.maximum(inside, 0).sum() / everything),
        negative=float(np.maximum(-inside, 0).sum() / everything),
        area=inside.size / values.size,
    )


def strongest_box(heatmap: np.ndarray) -> Box:
    """Return the square that contains the largest part of a heat map; of several, the upper left one.

    Args:
        heatmap: [H, W].
    """
    height, width = heatmap.shape
    side = max(1, round(USUAL_SIDE * min(height, width)))
    sums = np.pad(np.abs(heatmap).astype(np.float64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    inside = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    top, left = (int(i) for i in np.unravel_index(inside.argmax(), inside.shape))
    return Box(top, left, top + side, left + side)


@torch.inference_mode()
def point(network: AlexNet, x: Tensor, box: Box, target: int) -> Pointing:
    """Return the target's probability and logit when the box, or all else, is blurred or made grey.

    The input and its four changed copies go through the network as one batch.

    Args:
        x: the input, [1, 3, H, W].  box: in the input's pixels.  target: index of the class.

    Raises:
        UserError: the box is empty or reaches beyond the edge, or there is no such class.
    """
    target = network.architecture.check_target(target)
    check_input(network, x)
    height, width = x.shape[2:]
    check_box(box, height, width)
    inside = torch.zeros(height, width, dtype=torch.bool, device=x.device)
    inside[box.slices] = True
    parts: dict[Part, Tensor] = {"inside": inside, "outside": ~inside}
    fillings: dict[Filling, Tensor] = {
        "blurred": blurred(x),
        "grey": grey(network, x, GREY_LEVEL.default),
    }
    kinds = [(part, filling) for part in parts for filling in fillings]
    batch = torch.cat([x, *(torch.where(parts[part], fillings[filling], x) for part, filling in kinds)])
    logits = network.logits(batch)
    probabilities = logits.softmax(1)[:, target].tolist()
    scores = logits[:, target].tolist()
    pictures = denormalize(batch.cpu().numpy(), network.normalization)
    altered = zip(kinds, pictures[1:], probabilities[1:], scores[1:], strict=True)
    return Pointing(box, probabilities[0], scores[0], tuple(Altered(*kind, *rest) for kind, *rest in altered))
