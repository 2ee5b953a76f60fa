"""Occlusion measures how far the score falls when a square of the photo is covered with grey."""

from __future__ import annotations

import math

from torch import Tensor

from ..alexnet import AlexNet
from ..parameters import Choice, Number
from ..patching import scores_of_changed
from ..question import Question
from ..receptive_field import Box
from .base import Method, blurred, grey


def _compute(network: AlexNet, x: Tensor, question: Question) -> Tensor:
    # Captum would compute everything again for each covered photo. But a square changes only a part of each
    # feature map, and `scores_of_changed` computes only that part.
    height, width = x.shape[2:]
    tops, lefts = _starts(question, height), _starts(question, width)
    window, _ = _window_and_step(question, min(height, width))
    squares = [
        Box(top, left, min(top + window, height), min(left + window, width)) for top in tops for left in lefts
    ]
    filling = (
        blurred(x) if question.choice("fill") == "blurred" else grey(network, x, question.number("grey"))
    )
    before, after = scores_of_changed(network, x, filling, squares)
    falls, times_covered = x.new_zeros(height, width), x.new_zeros(height, width)
    for square, fall in zip(squares, before[question.target] - after[:, question.target], strict=True):
        falls[square.slices] += fall
        times_covered[square.slices] += 1
    return falls / times_covered


def _window_and_step(question: Question, side: int) -> tuple[int, int]:
    """Return the side of the square and the step. For a small input both shrink: at most half a side."""
    wanted = round(question.number("window"))
    window = min(wanted, max(1, side // 2))
    step = max(1, round(question.number("stride") * window / wanted))
    return window, min(step, window)  # so that there are no gaps between squares


def _starts(question: Question, side: int) -> range:
    """Return where the squares begin along one side. The last one reaches the edge, which may cut it."""
    window, step = _window_and_step(question, side)
    return range(0, step * math.ceil((side - window) / step) + 1, step)


def _pictures(question: Question, side: int) -> int:
    """Return how many photos go through the network: the photo itself, and one for each covered square."""
    return 1 + len(_starts(question, side)) ** 2


METHOD = Method(
    name="occlusion",
    title="Occlusion",
    meaning="A pixel is red if covering its surroundings lowers the target's score, and blue if it raises "
    "the score.",
    formula=r"A_{ij} = \operatorname{mean}_{w \ni (i,j)} \big( y^t(x) - y^t(x_{\setminus w}) \big)",
    paper="Zeiler and Fergus 2014, Visualizing and Understanding Convolutional Networks",
    caveat="A grey square adds edges that no photo has; use the blurred photo instead, and see what changes. "
    "And evidence that is there twice, such as two eyes, looks unimportant, since the score falls little "
    "when only one is covered.",
    needs_layer=False,
    signed=True,
    class_discriminative=True,
    cost="slow",
    parameters=(
        Number("window", "Side of the square in pixels, at most half the photo's", 40, 8, 120, 4),
        Number("stride", "Step in pixels", 16, 4, 60, 2),
        Choice("fill", "What covers the square", (("grey", "one grey"), ("blurred", "the blurred photo"))),
        Number("grey", "Grey level of the square, 0 is black", 118, 0, 255),
    ),
    pictures=_pictures,
    compute=_compute,
)
