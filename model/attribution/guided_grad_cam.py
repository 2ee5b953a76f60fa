"""Guided Grad-CAM: guided backpropagation where Grad-CAM finds evidence."""

from __future__ import annotations

from captum.attr import GuidedGradCam
from torch import Tensor

from ..alexnet import AlexNet
from ..question import Question
from .base import Method, scores, strongest_colour


def _compute(model: AlexNet, x: Tensor, question: Question) -> Tensor:
    method = GuidedGradCam(scores(model), model.get_submodule(question.used_layer))
    return strongest_colour(
        method.attribute(x.requires_grad_(), target=question.target, interpolate_mode="bilinear")
    )


METHOD = Method(
    name="guided-grad-cam",
    title="Guided Grad-CAM",
    meaning="The fine detail of guided backpropagation, where Grad-CAM finds evidence for the class.",
    formula=r"A = \big(\text{guided backpropagation}\big) \odot "
    r"\operatorname{upsample}\big(L^\text{Grad-CAM}\big)",
    paper="Selvaraju et al. 2017, Grad-CAM: Visual Explanations from Deep Networks via "
    "Gradient-based Localization",
    caveat="Only the coarse part is about the class; the fine lines are guided backpropagation's, edges "
    "included.",
    needs_layer=True,
    signed=False,
    class_discriminative=True,
    cost="one pass",
    full_strength=99.5,
    compute=_compute,
)
