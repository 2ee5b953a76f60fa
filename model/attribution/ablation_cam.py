"""Ablation-CAM adds up feature maps, each weighted by how far the score falls without it."""

from __future__ import annotations

from torch import Tensor

from ..ablation import scores_without
from ..alexnet import AlexNet
from ..question import Question
from .base import Method


def _compute(network: AlexNet, x: Tensor, question: Question) -> Tensor:
    maps, before, without = scores_without(network, x, question.used_layer)
    score = before[question.target]
    weights = (score - without[:, question.target]) / score.abs().clamp_min(1e-6)
    return (weights[:, None, None] * maps).sum(0).relu()


METHOD = Method(
    name="ablation-cam",
    title="Ablation-CAM",
    meaning="A position is bright if feature maps are active there without which the target's score falls.",
    formula=r"L = \operatorname{ReLU}\Big(\sum_k w_k A^k\Big), "
    r"\qquad w_k = \frac{y^c - y^c_{\setminus k}}{|y^c|}",
    paper="Desai and Ramaswamy 2020, Ablation-CAM: Visual Explanations for Deep Convolutional Network via "
    "Gradient-free Localization",
    caveat="Feature maps are removed one at a time: two that can replace each other both look useless.",
    needs_layer=True,
    signed=False,
    class_discriminative=True,
    cost="many passes",
    compute=_compute,
)
