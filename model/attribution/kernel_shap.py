"""Kernel SHAP: each superpixel's fair share of the score, from many pictures with some of them covered."""

from __future__ import annotations

import numpy as np
import torch
from captum.attr import KernelShap
from torch import Tensor

from model.alexnet import AlexNet
from model.attribution.base import GREY_LEVEL, Method, Parameter, Settings, grey

BATCH = 32


def superpixels(x: Tensor, count: int) -> Tensor:
    """About `count` regions of similar colour, numbered from 0: [1, 3, H, W] -> int64 [H, W]."""
    from skimage.segmentation import slic

    picture = x[0].detach().cpu().permute(1, 2, 0).double().numpy()
    picture = (picture - picture.min()) / max(float(np.ptp(picture)), 1e-12)
    labels = slic(picture, n_segments=count, compactness=10, start_label=0)
    _, numbered = np.unique(labels, return_inverse=True)
    return torch.from_numpy(numbered.reshape(labels.shape)).to(x.device)


def _compute(model: AlexNet, x: Tensor, target: int, _layer: str, settings: Settings) -> Tensor:
    regions = superpixels(x, round(settings["regions"]))
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(round(settings["seed"]))
        attributions = KernelShap(model.logits).attribute(
            x,
            baselines=grey(model, x, settings),
            target=target,
            feature_mask=regions[None, None],
            n_samples=round(settings["samples"]),
            perturbations_per_eval=BATCH,
        )
    return attributions[0, 0]


METHOD = Method(
    name="kernel-shap",
    title="Kernel SHAP",
    meaning="Red for regions of similar colour whose presence raises the class score, blue for those that "
    "lower it, averaged over all orders in which they could be uncovered.",
    formula=r"\phi_i = \sum_{S \not\ni i} \frac{|S|!\,(n - |S| - 1)!}{n!} \big(y^t(S \cup i) - y^t(S)\big)",
    paper="Lundberg and Lee 2017, A Unified Approach to Interpreting Model Predictions",
    caveat="An estimate: with few samples, another seed gives another map. The regions follow colours, not "
    "objects.",
    needs_layer=False,
    signed=True,
    class_discriminative=True,
    cost="slow",
    parameters=(
        Parameter("regions", "Regions, about", 40, 10, 100, 5),
        Parameter("samples", "Covered pictures", 250, 50, 2000, 50),
        Parameter("seed", "Seed", 0, 0, 1000),
        GREY_LEVEL,
    ),
    pictures=lambda settings, _side: round(settings["samples"]),
    compute=_compute,
)
