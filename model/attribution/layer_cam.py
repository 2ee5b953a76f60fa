"""Layer-CAM adds up a layer's feature maps, each position weighted by its own gradient."""

from __future__ import annotations

from torch import Tensor

from ..alexnet import AlexNet
from ..question import Question
from .base import Method, maps_and_gradients


def _compute(network: AlexNet, x: Tensor, question: Question) -> Tensor:
    maps, gradient = maps_and_gradients(network, x, question)
    return (gradient.relu() * maps).sum(0).relu()


METHOD = Method(
    name="layer-cam",
    title="Layer-CAM",
    meaning="A position is bright if feature maps of the chosen layer are active there and raise the "
    "target's score at this very position. It is sharp on early layers, too.",
    formula=r"L_{ij} = \operatorname{ReLU}\Big(\sum_k \operatorname{ReLU}\Big(\frac{\partial y^c}"
    r"{\partial A^k_{ij}}\Big) \cdot A^k_{ij}\Big)",
    paper="Jiang et al. 2021, LayerCAM: Exploring Hierarchical Class Activation Maps for Localization",
    caveat="Evidence against the target is left out at every position, so the heat map looks more certain "
    "than the score is.",
    needs_layer=True,
    signed=False,
    class_discriminative=True,
    cost="one pass",
    ends_with_photo=True,
    compute=_compute,
)
