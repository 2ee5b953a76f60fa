"""Input x gradient: each pixel's share of the score, if the network were linear."""

from __future__ import annotations

from captum.attr import InputXGradient
from torch import Tensor

from ..alexnet import AlexNet
from ..question import Question
from .base import Method, over_colours


def _compute(model: AlexNet, x: Tensor, question: Question) -> Tensor:
    return over_colours(InputXGradient(model.logits).attribute(x.requires_grad_(), target=question.target))


METHOD = Method(
    name="input-x-gradient",
    title="Input × gradient",
    meaning="Red where a pixel's difference from the mean colour raises the class score, blue where it "
    "lowers it, as far as a straight line can tell.",
    formula=r"A_{ij} = \sum_c x_{c,ij} \cdot \frac{\partial y^t}{\partial x_{c,ij}}",
    paper="Shrikumar et al. 2016, Not Just a Black Box: Learning Important Features Through Propagating "
    "Activation Differences",
    caveat="Pixels of about the mean colour are dark however much they matter, and the gradient's noise "
    "is multiplied by the picture, whose outline it borrows.",
    needs_layer=False,
    signed=True,
    class_discriminative=False,
    cost="one pass",
    full_strength=98.0,
    compute=_compute,
)
