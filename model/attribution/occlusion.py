"""Occlusion: how far the score falls when a square of the picture is covered with grey."""

from __future__ import annotations

import math

from torch import Tensor

from ..alexnet import AlexNet
from ..patching import scores_of_changed
from ..question import Question
from ..receptive_field import Box
from .base import GREY_LEVEL, Method, Parameter, grey


def _compute(model: AlexNet, x: Tensor, question: Question) -> Tensor:
    # Not through Captum, which hands over whole covered pictures: most of what a network computes for one
    # of them it has computed for the picture as it is, and `scores_of_changed` doesn't do it again.
    height, width = x.shape[2:]
    tops, lefts = _starts(question, height), _starts(question, width)
    window, _ = _window_and_step(question, min(height, width))
    squares = [
        Box(top, left, min(top + window, height), min(left + window, width)) for top in tops for left in lefts
    ]
    before, after = scores_of_changed(model, x, grey(model, x, question["grey"]), squares)
    falls, times_covered = x.new_zeros(height, width), x.new_zeros(height, width)
    for square, fall in zip(squares, before[question.target] - after[:, question.target], strict=True):
        falls[square.slices] += fall
        times_covered[square.slices] += 1
    return falls / times_covered


def _window_and_step(question: Question, side: int) -> tuple[int, int]:
    """Of a small picture, a square covers at most half a side, and the step shrinks with it."""
    wanted = round(question["window"])
    window = min(wanted, max(1, side // 2))
    step = max(1, round(question["stride"] * window / wanted))
    return window, min(step, window)  # no gaps between squares


def _starts(question: Question, side: int) -> range:
    """Where squares begin along one side: every step to where one reaches the far edge, which may cut it."""
    window, step = _window_and_step(question, side)
    return range(0, step * math.ceil((side - window) / step) + 1, step)


def _pictures(question: Question, side: int) -> int:
    """The picture as it is, and with each of its squares covered."""
    return 1 + len(_starts(question, side)) ** 2


METHOD = Method(
    name="occlusion",
    title="Occlusion",
    meaning="Red where covering that part of the picture lowers the class score, blue where it raises it.",
    formula=r"A_{ij} = \operatorname{mean}_{w \ni (i,j)} \big( y^t(x) - y^t(x_{\setminus w}) \big)",
    paper="Zeiler and Fergus 2014, Visualizing and Understanding Convolutional Networks",
    caveat="A grey square is a new edge that no photo has, and evidence that is there twice, such as two "
    "eyes, survives the loss of either.",
    needs_layer=False,
    signed=True,
    class_discriminative=True,
    cost="slow",
    parameters=(
        Parameter("window", "Side of the square, pixels, at most half a side", 40, 8, 120, 4),
        Parameter("stride", "Step, pixels", 16, 4, 60, 2),
        GREY_LEVEL,
    ),
    pictures=_pictures,
    compute=_compute,
)
