"""DeepLIFT: the score's difference from a grey picture's, followed down through every unit."""

from __future__ import annotations

from captum.attr import DeepLift
from torch import Tensor

from model.alexnet import AlexNet
from model.attribution.base import GREY_LEVEL, Method, Settings, grey, over_colours, scores


def _compute(model: AlexNet, x: Tensor, target: int, _layer: str, settings: Settings) -> Tensor:
    method = DeepLift(scores(model))
    return over_colours(
        method.attribute(x.requires_grad_(), baselines=grey(model, x, settings), target=target)
    )


METHOD = Method(
    name="deep-lift",
    title="DeepLIFT",
    meaning="Red where the pixel's difference from a grey picture raises the class score, blue where it "
    "lowers it, each unit passing its share of the difference down.",
    formula=r"\sum_i C_{\Delta x_i \Delta y} = \Delta y, \qquad "
    r"m = \frac{\Delta \text{out}}{\Delta \text{in}} \text{ at every ReLU}",
    paper="Shrikumar et al. 2017, Learning Important Features Through Propagating Activation Differences",
    caveat="LRN has no rule of its own and is passed by its gradient, and overlapping pooling shares "
    "unevenly: here the values need not add up to the score's difference.",
    needs_layer=False,
    signed=True,
    class_discriminative=True,
    cost="many passes",
    parameters=(GREY_LEVEL,),
    full_strength=98.0,
    compute=_compute,
)
