"""SmoothGrad: saliency averaged over noisy copies of the picture."""

from __future__ import annotations

import torch
from torch import Tensor

from ..alexnet import AlexNet
from ..question import Question
from .base import Method, Parameter, strongest_colour

BATCH = 10


def _compute(model: AlexNet, x: Tensor, question: Question) -> Tensor:
    samples = round(question["samples"])
    spread = question["noise"] / 100 * float(x.max() - x.min())
    # Not Captum's NoiseTunnel: it draws from PyTorch's own generator, which all threads share.
    generator = torch.Generator().manual_seed(round(question["seed"]))
    total = torch.zeros_like(x)
    for first in range(0, samples, BATCH):
        count = min(BATCH, samples - first)
        noise = torch.randn(count, *x.shape[1:], generator=generator).to(x)
        noisy = (x + spread * noise).requires_grad_()
        total += torch.autograd.grad(model.logits(noisy)[:, question.target].sum(), noisy)[0].sum(0)
    return strongest_colour(total / samples)


METHOD = Method(
    name="smoothgrad",
    title="SmoothGrad",
    meaning="Bright where a small change of the pixel changes the class score, on average over copies of "
    "the picture with noise added.",
    formula=r"M_{ij} = \max_{c} \Big| \frac{1}{n} \sum_{k=1}^{n} "
    r"\frac{\partial y^t}{\partial x_{c,ij}} \big(x + \mathcal{N}(0, \sigma^2)\big) \Big|",
    paper="Smilkov et al. 2017, SmoothGrad: removing noise by adding noise",
    caveat="The map depends on how much noise is added, and a smooth map is no proof of a true one.",
    needs_layer=False,
    signed=False,
    class_discriminative=False,
    cost="many passes",
    parameters=(
        Parameter("samples", "Noisy copies", 25, 2, 100),
        Parameter("noise", "Noise, % of the picture's range", 15, 1, 50),
        Parameter("seed", "Seed of the noise", 0, 0, 1000),
    ),
    full_strength=99.0,
    pictures=lambda question, _side: round(question["samples"]),
    compute=_compute,
)
