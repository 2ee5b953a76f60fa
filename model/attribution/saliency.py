"""Saliency: how strongly each pixel moves the score."""

from __future__ import annotations

from captum.attr import Saliency
from torch import Tensor

from ..alexnet import AlexNet
from ..question import Question
from .base import Method, strongest_colour


def _compute(model: AlexNet, x: Tensor, question: Question) -> Tensor:
    return strongest_colour(Saliency(model.logits).attribute(x.requires_grad_(), target=question.target))


METHOD = Method(
    name="saliency",
    title="Saliency",
    meaning="Bright where a small change of the pixel, in whichever colour matters most, would "
    "change the class score most, up or down.",
    formula=r"M_{ij} = \max_{c} \left| \frac{\partial y^t}{\partial x_{c,ij}} \right|",
    paper="Simonyan et al. 2014, Deep Inside Convolutional Networks: Visualising Image "
    "Classification Models and Saliency Maps",
    caveat="Noisy, and it shows sensitivity rather than evidence: it follows edges in the picture "
    "whatever class is asked for.",
    needs_layer=False,
    signed=False,
    class_discriminative=False,
    cost="one pass",
    full_strength=99.0,  # a few extreme pixels would hide all others
    compute=_compute,
)
