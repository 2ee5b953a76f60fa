"""Guided Grad-CAM multiplies guided backpropagation by Grad-CAM."""

from __future__ import annotations

from captum.attr import GuidedGradCam
from torch import Tensor

from ..alexnet import AlexNet
from ..question import Question
from .base import Method, scores, strongest_colour


def _compute(network: AlexNet, x: Tensor, question: Question) -> Tensor:
    method = GuidedGradCam(scores(network), network.get_submodule(question.used_layer))
    return strongest_colour(
        method.attribute(x.requires_grad_(), target=question.target, interpolate_mode="bilinear")
    )


METHOD = Method(
    name="guided-grad-cam",
    title="Guided Grad-CAM",
    meaning="A pixel is bright if guided backpropagation shows a detail there and Grad-CAM shows evidence "
    "for the target.",
    formula=r"A = \big(\text{guided backpropagation}\big) \odot "
    r"\operatorname{upsample}\big(L^\text{Grad-CAM}\big)",
    paper="Selvaraju et al. 2017, Grad-CAM: Visual Explanations from Deep Networks via "
    "Gradient-based Localization",
    caveat="Only the coarse part is about the target. The fine lines come from guided backpropagation, which "
    "shows edges for any class.",
    needs_layer=True,
    signed=False,
    class_discriminative=True,
    cost="one pass",
    ends_with_photo=True,
    full_strength=99.5,
    compute=_compute,
)
