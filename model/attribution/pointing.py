"""Pointing by hand: what a map, and the network, make of one box of the picture.

The share of a map inside a box: the energy-based pointing game of Wang et al. 2020, Score-CAM. The box
made unreadable: occlusion as in Zeiler and Fergus 2014, where a person chooses the place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from ..activations import check_input, check_target
from ..alexnet import AlexNet
from ..errors import UserError
from ..preprocess import denormalize
from ..receptive_field import Box
from .base import GREY_LEVEL, blurred, grey

Part = Literal["inside", "outside"]
Filling = Literal["blurred", "grey"]

USUAL_SIDE = 3 / 13  # of the picture's: three cells of relu5


@dataclass(frozen=True)
class Share:
    """How much of a map lies in a box; all are shares of the sum of the whole map's magnitudes.

    Attributes:
        positive: of values above zero, which speak for the class.
        negative: of values below zero, which speak against it; 0 for maps without a sign.
        area: the box's share of the pixels: what lies in it of a map that knows nothing.
    """

    positive: float
    negative: float
    area: float

    @property
    def total(self) -> float:
        """Of all values, whatever their sign. 0 where the map is zero everywhere."""
        return self.positive + self.negative


@dataclass(frozen=True)
class Altered:
    """The picture with one part made unreadable, and what the network then says of the class.

    Attributes:
        part: what was altered: what lies "inside" the box or "outside" it.
        filling: what stands there now: the picture "blurred", or "grey".
        picture: uint8 [H, W, 3].
        probability, logit: of the class.
    """

    part: Part
    filling: Filling
    picture: np.ndarray
    probability: float
    logit: float


@dataclass(frozen=True)
class Pointing:
    """A class's probability and logit for a picture as it is, and without a box or without the rest."""

    box: Box
    probability: float
    logit: float
    altered: tuple[Altered, ...]

    def without(self, part: Part) -> list[Altered]:
        """The pictures that lack this part."""
        return [one for one in self.altered if one.part == part]


def check_box(box: Box, height: int, width: int) -> None:
    """See to it that a box lies within a picture of that size.

    Raises:
        UserError: the box holds no pixel, or reaches over the edge.
    """
    if box.height < 1 or box.width < 1:
        raise UserError("The box is empty: its right and bottom edges must lie beyond its left and top ones.")
    if box.left < 0 or box.top < 0 or box.right > width or box.bottom > height:
        raise UserError(
            f"The box reaches outside the picture: left and right must lie from 0 to {width}, "
            f"top and bottom from 0 to {height}."
        )


def share(heatmap: np.ndarray, box: Box) -> Share:
    """How much of a map lies in a box, beside the box's share of the picture.

    Args:
        heatmap: [H, W], for example `attribution.heatmap`.  box: in its pixels.

    Raises:
        UserError: the box is empty, or reaches outside.
    """
    check_box(box, *heatmap.shape)
    values = heatmap.astype(np.float64)
    inside = box.cut(values)
    everything = np.abs(values).sum() or 1.0  # of an all-zero map every share is zero
    return Share(
        positive=float(np.maximum(inside, 0).sum() / everything),
        negative=float(np.maximum(-inside, 0).sum() / everything),
        area=inside.size / values.size,
    )


def strongest_box(heatmap: np.ndarray) -> Box:
    """The square of `USUAL_SIDE` that holds most of a map: where a person would look first.

    Of equals the upper left one.

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
def point(model: AlexNet, x: Tensor, box: Box, target: int) -> Pointing:
    """What becomes of a class when the box is blurred or made grey, and when all else is.

    The picture and its four alterations go through the network as one batch.

    Args:
        x: [1, 3, H, W].  box: in its pixels.  target: index of the class.

    Raises:
        UserError: the box is empty, or reaches outside; there is no such class.
    """
    target = check_target(model.architecture, target)
    check_input(model, x)
    height, width = x.shape[2:]
    check_box(box, height, width)
    inside = torch.zeros(height, width, dtype=torch.bool, device=x.device)
    inside[box.slices] = True
    parts: dict[Part, Tensor] = {"inside": inside, "outside": ~inside}
    fillings: dict[Filling, Tensor] = {
        "blurred": blurred(x),
        "grey": grey(model, x, GREY_LEVEL.default),
    }
    kinds = [(part, filling) for part in parts for filling in fillings]
    batch = torch.cat([x, *(torch.where(parts[part], fillings[filling], x) for part, filling in kinds)])
    logits = model.logits(batch)
    probabilities = logits.softmax(1)[:, target].tolist()
    scores = logits[:, target].tolist()
    pictures = denormalize(batch.cpu().numpy(), model.normalization)
    altered = zip(kinds, pictures[1:], probabilities[1:], scores[1:], strict=True)
    return Pointing(box, probabilities[0], scores[0], tuple(Altered(*kind, *rest) for kind, *rest in altered))
