"""Guided backpropagation: the gradient, with what speaks against stopped at every ReLU."""

from __future__ import annotations

from captum.attr import GuidedBackprop
from torch import Tensor

from ..alexnet import AlexNet
from ..question import Question
from .base import Method, scores, strongest_colour


def _compute(model: AlexNet, x: Tensor, question: Question) -> Tensor:
    return strongest_colour(
        GuidedBackprop(scores(model)).attribute(x.requires_grad_(), target=question.target)
    )


METHOD = Method(
    name="guided-backprop",
    title="Guided backpropagation",
    meaning="Bright where the picture drives units up that, along paths of active units, drive the class "
    "score up.",
    formula=r"R^{l} = \mathbb{1}[f^l > 0] \cdot \mathbb{1}[R^{l+1} > 0] \cdot R^{l+1}",
    paper="Springenberg et al. 2015, Striving for Simplicity: The All Convolutional Net",
    caveat="Sharp and beautiful, but close to an edge detector: it hardly changes when the class changes, "
    "or when the upper layers' weights are random (Adebayo et al. 2018).",
    needs_layer=False,
    signed=False,
    class_discriminative=False,
    cost="one pass",
    full_strength=99.5,
    compute=_compute,
)
