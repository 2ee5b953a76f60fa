"""Integrated gradients: the score's change from a grey picture to this one, shared out over the pixels."""

from __future__ import annotations

from captum.attr import IntegratedGradients
from torch import Tensor

from ..alexnet import AlexNet
from ..question import Question
from .base import GREY_LEVEL, Method, Parameter, grey, over_colours

BATCH = 10


def _compute(model: AlexNet, x: Tensor, question: Question) -> Tensor:
    attributions = IntegratedGradients(model.logits).attribute(
        x.requires_grad_(),
        baselines=grey(model, x, question["grey"]),
        target=question.target,
        n_steps=round(question["steps"]),
        internal_batch_size=BATCH,
    )
    return over_colours(attributions)


METHOD = Method(
    name="integrated-gradients",
    title="Integrated gradients",
    meaning="Red where the pixel, on the way from a grey picture to this one, raises the class score, blue "
    "where it lowers it; all values add up to the whole change.",
    formula=r"A_i = (x_i - x'_i) \int_0^1 \frac{\partial y^t(x' + a(x - x'))}{\partial x_i}\, da",
    paper="Sundararajan et al. 2017, Axiomatic Attribution for Deep Networks",
    caveat="Pixels that look like the baseline get nothing, however much they matter: try another grey.",
    needs_layer=False,
    signed=True,
    class_discriminative=True,
    adds_up=True,
    cost="many passes",
    parameters=(Parameter("steps", "Steps of the integral", 50, 10, 300, 10), GREY_LEVEL),
    full_strength=98.0,
    pictures=lambda question, _side: round(question["steps"]),
    compute=_compute,
)
