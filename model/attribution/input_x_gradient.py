"""Input x gradient gives each pixel its share of the score as if the network were linear."""

from __future__ import annotations

from captum.attr import InputXGradient
from torch import Tensor

from ..alexnet import AlexNet
from ..question import Question
from .base import Method, over_colours


def _compute(network: AlexNet, x: Tensor, question: Question) -> Tensor:
    return over_colours(InputXGradient(network.logits).attribute(x.requires_grad_(), target=question.target))


METHOD = Method(
    name="input-x-gradient",
    title="Input × gradient",
    meaning="A pixel is red if its difference from the mean colour raises the target's score, and blue if it "
    "lowers the score, as far as the slope of the score can tell.",
    formula=r"A_{ij} = \sum_c x_{c,ij} \cdot \frac{\partial y^t}{\partial x_{c,ij}}",
    paper="Shrikumar et al. 2016, Not Just a Black Box: Learning Important Features Through Propagating "
    "Activation Differences",
    caveat="Pixels near the mean colour get values near zero, however much they matter. And the gradient is "
    "multiplied by the photo, so the photo's outlines are visible even if the gradient means nothing.",
    needs_layer=False,
    signed=True,
    class_discriminative=False,
    cost="one pass",
    ends_with_photo=True,
    full_strength=98.0,
    compute=_compute,
)
