"""Grad-CAM adds up a layer's feature maps, each weighted by how much it raises the score."""

from __future__ import annotations

from captum.attr import LayerGradCam
from torch import Tensor

from ..alexnet import AlexNet
from ..question import Question
from .base import Method


def _compute(network: AlexNet, x: Tensor, question: Question) -> Tensor:
    module = network.get_submodule(question.used_layer)
    # Start the graph of gradients here: the layers before this one need none.
    module.register_forward_hook(lambda _module, _inputs, output: output.detach().requires_grad_())
    # Without relu_attributions Captum keeps negative sums, which the paper sets to zero.
    grad_cam = LayerGradCam(network.logits, module)
    return grad_cam.attribute(x, target=question.target, relu_attributions=True)[0, 0]


METHOD = Method(
    name="grad-cam",
    title="Grad-CAM",
    meaning="A position is bright if feature maps of the chosen layer are active there that raise the "
    "target's score.",
    formula=r"L = \operatorname{ReLU}\Big(\sum_k \alpha_k A^k\Big), \qquad "
    r"\alpha_k = \frac{1}{Z} \sum_{ij} \frac{\partial y^c}{\partial A^k_{ij}}",
    paper="Selvaraju et al. 2017, Grad-CAM: Visual Explanations from Deep Networks via "
    "Gradient-based Localization",
    caveat="It is as coarse as the layer: at relu5 neighbouring values are 16 pixels of the photo apart, and "
    "smooth transitions between them are interpolation, not knowledge.",
    needs_layer=True,
    signed=False,
    class_discriminative=True,
    cost="one pass",
    ends_with_photo=True,
    compute=_compute,
)
