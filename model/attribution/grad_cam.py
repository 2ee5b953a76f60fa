"""Grad-CAM: which places of a layer's maps raise the score."""

from __future__ import annotations

from captum.attr import LayerGradCam
from torch import Tensor

from ..alexnet import AlexNet
from ..question import Question
from .base import Method


def _compute(model: AlexNet, x: Tensor, question: Question) -> Tensor:
    module = model.get_submodule(question.used_layer)
    # What comes before the layer needs no gradients: starting the graph here builds none for it.
    module.register_forward_hook(lambda _module, _inputs, output: output.detach().requires_grad_())
    # Without relu_attributions Captum keeps evidence against the class, which the paper cuts off.
    grad_cam = LayerGradCam(model.logits, module)
    return grad_cam.attribute(x, target=question.target, relu_attributions=True)[0, 0]


METHOD = Method(
    name="grad-cam",
    title="Grad-CAM",
    meaning="Bright where the chosen layer's feature maps, weighted by how much each of them raises "
    "the class score, are active.",
    formula=r"L = \operatorname{ReLU}\Big(\sum_k \alpha_k A^k\Big), \qquad "
    r"\alpha_k = \frac{1}{Z} \sum_{ij} \frac{\partial y^c}{\partial A^k_{ij}}",
    paper="Selvaraju et al. 2017, Grad-CAM: Visual Explanations from Deep Networks via "
    "Gradient-based Localization",
    caveat="As coarse as the layer: on relu5 neighbouring cells are 16 pixels of the picture apart, "
    "and smooth edges between cells are interpolation, not knowledge.",
    needs_layer=True,
    signed=False,
    class_discriminative=True,
    cost="one pass",
    compute=_compute,
)
