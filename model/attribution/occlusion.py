"""Occlusion: how far the score falls when a square of the picture is covered with grey."""

from __future__ import annotations

import math

from captum.attr import Occlusion
from torch import Tensor

from model.alexnet import AlexNet
from model.attribution.base import GREY_LEVEL, Method, Parameter, Settings, grey, over_colours

BATCH = 32  # squares that are tried at once; Captum's default is one


def _compute(model: AlexNet, x: Tensor, target: int, _layer: str, settings: Settings) -> Tensor:
    window, stride = round(settings["window"]), round(settings["stride"])
    attributions = Occlusion(model.logits).attribute(
        x,
        sliding_window_shapes=(3, min(window, x.shape[2]), min(window, x.shape[3])),
        strides=(3, min(stride, window), min(stride, window)),  # no gaps between squares
        baselines=grey(model, x, settings),
        target=target,
        perturbations_per_eval=BATCH,
    )
    return over_colours(attributions) / 3  # all three colours are covered at once, and hold the same


def _squares(settings: Settings, side: int) -> int:
    """How many squares it takes to cover a picture: every step to where one reaches the far edge."""
    window = min(round(settings["window"]), side)
    stride = min(round(settings["stride"]), window)
    return (1 + math.ceil((side - window) / stride)) ** 2


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
        Parameter("window", "Side of the square, pixels", 40, 8, 120, 4),
        Parameter("stride", "Step, pixels", 16, 4, 60, 2),
        GREY_LEVEL,
    ),
    pictures=_squares,
    compute=_compute,
)
