"""SmoothGrad averages saliency over noisy copies of the photo."""

from __future__ import annotations

import torch
from torch import Tensor

from ..alexnet import AlexNet
from ..parameters import Number
from ..question import Question
from .base import Method, strongest_colour

BATCH = 10


def _compute(network: AlexNet, x: Tensor, question: Question) -> Tensor:
    samples = round(question.number("samples"))
    spread = question.number("noise") / 100 * float(x.max() - x.min())
    # Captum's NoiseTunnel would use PyTorch's global random generator, which all threads share.
    generator = torch.Generator().manual_seed(round(question.number("seed")))
    total = torch.zeros_like(x)
    for first in range(0, samples, BATCH):
        count = min(BATCH, samples - first)
        noise = torch.randn(count, *x.shape[1:], generator=generator).to(x)
        noisy = (x + spread * noise).requires_grad_()
        total += torch.autograd.grad(network.logits(noisy)[:, question.target].sum(), noisy)[0].sum(0)
    return strongest_colour(total / samples)


METHOD = Method(
    name="smoothgrad",
    title="SmoothGrad",
    meaning="A pixel is bright if a small change of it changes the target's score much, on average over "
    "noisy copies of the photo.",
    formula=r"M_{ij} = \max_{c} \Big| \frac{1}{n} \sum_{k=1}^{n} "
    r"\frac{\partial y^t}{\partial x_{c,ij}} \big(x + \mathcal{N}(0, \sigma^2)\big) \Big|",
    paper="Smilkov et al. 2017, SmoothGrad: removing noise by adding noise",
    caveat="The result depends on how much noise is added, and a smooth heat map need not be a true one.",
    needs_layer=False,
    signed=False,
    class_discriminative=False,
    cost="many passes",
    parameters=(
        Number("samples", "Number of noisy copies", 25, 2, 100),
        Number("noise", "Noise in % of the photo's range of values", 15, 1, 50),
        Number("seed", "Seed of the noise", 0, 0, 1000),
    ),
    full_strength=99.0,
    pictures=lambda question, _side: round(question.number("samples")),
    compute=_compute,
)
