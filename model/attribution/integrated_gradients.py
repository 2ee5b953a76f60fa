"""Integrated gradients divides the change of the score, from a grey photo to this one, among the pixels."""

from __future__ import annotations

from captum.attr import IntegratedGradients
from torch import Tensor

from ..alexnet import AlexNet
from ..parameters import Number
from ..question import Question
from .base import GREY_LEVEL, Method, grey, over_colours

BATCH = 10


def _compute(network: AlexNet, x: Tensor, question: Question) -> Tensor:
    attributions = IntegratedGradients(network.logits).attribute(
        x.requires_grad_(),
        baselines=grey(network, x, question.number("grey")),
        target=question.target,
        n_steps=round(question.number("steps")),
        internal_batch_size=BATCH,
    )
    return over_colours(attributions)


METHOD = Method(
    name="integrated-gradients",
    title="Integrated gradients",
    meaning="A pixel is red if it raises the target's score on the way from a grey photo to this one, and "
    "blue if it lowers the score. All values add up to the whole change.",
    formula=r"A_i = (x_i - x'_i) \int_0^1 \frac{\partial y^t(x' + a(x - x'))}{\partial x_i}\, da",
    paper="Sundararajan et al. 2017, Axiomatic Attribution for Deep Networks",
    caveat="Pixels that look like the baseline get zero, however much they matter: try another grey.",
    needs_layer=False,
    signed=True,
    class_discriminative=True,
    adds_up=True,
    cost="many passes",
    parameters=(Number("steps", "Steps of the integral", 50, 10, 300, 10), GREY_LEVEL),
    full_strength=98.0,
    pictures=lambda question, _side: round(question.number("steps")),
    compute=_compute,
)
