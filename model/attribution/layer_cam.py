"""Layer-CAM: every place of a layer's maps weighted by its own gradient."""

from __future__ import annotations

from torch import Tensor

from ..alexnet import AlexNet
from ..question import Question
from .base import Method, maps_and_gradients


def _compute(model: AlexNet, x: Tensor, question: Question) -> Tensor:
    maps, gradient = maps_and_gradients(model, x, question)
    return (gradient.relu() * maps).sum(0).relu()


METHOD = Method(
    name="layer-cam",
    title="Layer-CAM",
    meaning="Bright where the chosen layer's maps are active and, at that very place, raise the class score; "
    "sharp also on early layers.",
    formula=r"L_{ij} = \operatorname{ReLU}\Big(\sum_k \operatorname{ReLU}\Big(\frac{\partial y^c}"
    r"{\partial A^k_{ij}}\Big) \cdot A^k_{ij}\Big)",
    paper="Jiang et al. 2021, LayerCAM: Exploring Hierarchical Class Activation Maps for Localization",
    caveat="What speaks against the class is dropped place by place, so the map looks more certain than "
    "the score is.",
    needs_layer=True,
    signed=False,
    class_discriminative=True,
    cost="one pass",
    compute=_compute,
)
