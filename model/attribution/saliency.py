"""Saliency measures how strongly the score depends on each pixel."""

from __future__ import annotations

from captum.attr import Saliency
from torch import Tensor

from ..alexnet import AlexNet
from ..question import Question
from .base import Method, strongest_colour


def _compute(network: AlexNet, x: Tensor, question: Question) -> Tensor:
    return strongest_colour(Saliency(network.logits).attribute(x.requires_grad_(), target=question.target))


METHOD = Method(
    name="saliency",
    title="Saliency",
    meaning="A pixel is bright if a small change of it, in whichever colour matters most, would change the "
    "target's score much, up or down.",
    formula=r"M_{ij} = \max_{c} \left| \frac{\partial y^t}{\partial x_{c,ij}} \right|",
    paper="Simonyan et al. 2014, Deep Inside Convolutional Networks: Visualising Image "
    "Classification Models and Saliency Maps",
    caveat="It is noisy, and it shows sensitivity rather than evidence: it follows the edges in the photo "
    "for any target.",
    needs_layer=False,
    signed=False,
    class_discriminative=False,
    cost="one pass",
    ends_with_photo=True,
    full_strength=99.0,  # with 100 a few extreme pixels would hide all others
    compute=_compute,
)
