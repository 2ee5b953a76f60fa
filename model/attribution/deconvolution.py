"""Deconvolution sends the score back through the network and sets negative values to zero at every ReLU."""

from __future__ import annotations

from captum.attr import Deconvolution
from torch import Tensor

from ..alexnet import AlexNet
from ..question import Question
from .base import Method, scores, strongest_colour


def _compute(network: AlexNet, x: Tensor, question: Question) -> Tensor:
    return strongest_colour(
        Deconvolution(scores(network)).attribute(x.requires_grad_(), target=question.target)
    )


METHOD = Method(
    name="deconvolution",
    title="Deconvolution",
    meaning="A pixel is bright if it belongs to a pattern that the target's score draws when it is sent "
    "backwards through the network.",
    formula=r"R^{l} = \mathbb{1}[R^{l+1} > 0] \cdot R^{l+1}",
    paper="Zeiler and Fergus 2014, Visualizing and Understanding Convolutional Networks",
    caveat="It ignores which units were active, except for the positions of the maxima in max pooling, so it "
    "says more about the network than about this photo.",
    needs_layer=False,
    signed=False,
    class_discriminative=False,
    cost="one pass",
    ends_with_photo=True,
    full_strength=99.5,
    compute=_compute,
)
