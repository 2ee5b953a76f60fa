"""Guided backpropagation sends the gradient to the pixels and stops negative values at every ReLU."""

from __future__ import annotations

from captum.attr import GuidedBackprop
from torch import Tensor

from ..alexnet import AlexNet
from ..question import Question
from .base import Method, scores, strongest_colour


def _compute(network: AlexNet, x: Tensor, question: Question) -> Tensor:
    return strongest_colour(
        GuidedBackprop(scores(network)).attribute(x.requires_grad_(), target=question.target)
    )


METHOD = Method(
    name="guided-backprop",
    title="Guided backpropagation",
    meaning="A pixel is bright if it excites units that raise the target's score, step by step through "
    "active units only.",
    formula=r"R^{l} = \mathbb{1}[f^l > 0] \cdot \mathbb{1}[R^{l+1} > 0] \cdot R^{l+1}",
    paper="Springenberg et al. 2015, Striving for Simplicity: The All Convolutional Net",
    caveat="It is sharp and beautiful, but close to an edge detector: it hardly changes with the target or "
    "when the weights of the upper layers are random (Adebayo et al. 2018).",
    needs_layer=False,
    signed=False,
    class_discriminative=False,
    cost="one pass",
    ends_with_photo=True,
    full_strength=99.5,
    compute=_compute,
)
