"""Deconvolution: the score sent back through the network, with a ReLU on the way down."""

from __future__ import annotations

from captum.attr import Deconvolution
from torch import Tensor

from ..alexnet import AlexNet
from ..question import Question
from .base import Method, scores, strongest_colour


def _compute(model: AlexNet, x: Tensor, question: Question) -> Tensor:
    return strongest_colour(
        Deconvolution(scores(model)).attribute(x.requires_grad_(), target=question.target)
    )


METHOD = Method(
    name="deconvolution",
    title="Deconvolution",
    meaning="Bright where patterns lie that the class score, sent back down with a ReLU at every layer, "
    "would draw into the picture.",
    formula=r"R^{l} = \mathbb{1}[R^{l+1} > 0] \cdot R^{l+1}",
    paper="Zeiler and Fergus 2014, Visualizing and Understanding Convolutional Networks",
    caveat="It ignores which units were active, except through max pooling's choices, so it says more "
    "about the network than about this picture.",
    needs_layer=False,
    signed=False,
    class_discriminative=False,
    cost="one pass",
    full_strength=99.5,
    compute=_compute,
)
