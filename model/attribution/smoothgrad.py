"""SmoothGrad: saliency averaged over noisy copies of the picture."""

from __future__ import annotations

import torch
from captum.attr import NoiseTunnel, Saliency
from torch import Tensor

from model.alexnet import AlexNet
from model.attribution.base import Method, Parameter, Settings, strongest_colour

BATCH = 10


def _compute(model: AlexNet, x: Tensor, target: int, _layer: str, settings: Settings) -> Tensor:
    samples = round(settings["samples"])
    spread = settings["noise"] / 100 * float(x.max() - x.min())
    with torch.random.fork_rng():
        torch.manual_seed(round(settings["seed"]))
        gradient = NoiseTunnel(Saliency(model.logits)).attribute(
            x.requires_grad_(),
            nt_type="smoothgrad",
            nt_samples=samples,
            nt_samples_batch_size=min(BATCH, samples),
            stdevs=spread,
            target=target,
            abs=False,
        )
    return strongest_colour(gradient)


METHOD = Method(
    name="smoothgrad",
    title="SmoothGrad",
    meaning="Bright where a small change of the pixel changes the class score, on average over copies of "
    "the picture with noise added.",
    formula=r"M = \frac{1}{n} \sum_{k=1}^{n} \nabla_x\, y^t\big(x + \mathcal{N}(0, \sigma^2)\big)",
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
    pictures=lambda settings, _side: round(settings["samples"]),
    compute=_compute,
)
