"""Grad-CAM++ is a Grad-CAM that shows several objects of one class equally."""

from __future__ import annotations

import torch
from torch import Tensor

from ..alexnet import AlexNet
from ..question import Question
from .base import Method, maps_and_gradients


def _compute(network: AlexNet, x: Tensor, question: Question) -> Tensor:
    maps, gradient = maps_and_gradients(network, x, question)
    square = gradient.square()
    denominator = 2 * square + maps.sum((1, 2), keepdim=True) * square * gradient
    alpha = torch.where(denominator != 0, square / denominator, 0.0)
    weights = (alpha * gradient.relu()).sum((1, 2), keepdim=True)
    return (weights * maps).sum(0).relu()


METHOD = Method(
    name="grad-cam++",
    title="Grad-CAM++",
    meaning="The same as Grad-CAM's, but only the positions of a feature map that raise the target's score "
    "decide on its weight, so that several objects of a class are all bright.",
    formula=r"L = \operatorname{ReLU}\Big(\sum_k w_k A^k\Big), \quad w_k = \sum_{ij} \alpha^k_{ij} "
    r"\operatorname{ReLU}\Big(\frac{\partial y^c}{\partial A^k_{ij}}\Big), \quad \alpha = "
    r"\frac{g^2}{2 g^2 + g^3 \sum_{ab} A^k_{ab}}",
    paper="Chattopadhay et al. 2018, Grad-CAM++: Improved Visual Explanations for Deep "
    "Convolutional Networks",
    caveat="Its formula assumes that the exponential of the score is explained, and in practice it differs "
    "little from Grad-CAM with only positive gradients.",
    needs_layer=True,
    signed=False,
    class_discriminative=True,
    cost="one pass",
    ends_with_photo=True,
    compute=_compute,
)
