"""Kernel SHAP: each superpixel's fair share of the score, from many pictures with some of them covered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from captum.attr import KernelShap
from torch import Tensor

from ..alexnet import AlexNet
from ..question import Question
from .base import GREY_LEVEL, Method, Parameter, grey

BATCH = 32


class _SeededKernelShap(KernelShap):
    """Captum's, with random numbers of its own: PyTorch's are shared by all threads."""

    def __init__(self, scores: Callable[[Tensor], Tensor], seed: int) -> None:
        super().__init__(scores)
        self.generator = torch.Generator().manual_seed(seed)

    def kernel_shap_perturb_generator(self, original_inp: Tensor, **kwargs: Any) -> Iterator[Tensor]:
        """Which regions are uncovered: all, none, then subsets drawn by the kernel's weight: [1, regions]."""
        count, sizes = kwargs["num_interp_features"], kwargs["num_select_distribution"].probs
        yield torch.ones(1, count, dtype=torch.long, device=original_inp.device)
        yield torch.zeros(1, count, dtype=torch.long, device=original_inp.device)
        while True:
            size = int(torch.multinomial(sizes, 1, generator=self.generator))
            order = torch.randn(1, count, generator=self.generator).argsort(descending=True)
            subset = torch.zeros(1, count, dtype=torch.long)
            subset[0, order[0, :size]] = 1
            yield subset.to(original_inp.device)


def superpixels(x: Tensor, count: int) -> Tensor:
    """About `count` regions of similar colour, numbered from 0: [1, 3, H, W] -> int64 [H, W]."""
    from skimage.segmentation import slic

    picture = x[0].detach().cpu().permute(1, 2, 0).double().numpy()
    picture = (picture - picture.min()) / max(float(np.ptp(picture)), 1e-12)
    labels = slic(picture, n_segments=count, compactness=10, start_label=0)
    _, numbered = np.unique(labels, return_inverse=True)
    return torch.from_numpy(numbered.reshape(labels.shape)).to(x.device)


def _compute(model: AlexNet, x: Tensor, question: Question) -> Tensor:
    regions, baseline = superpixels(x, round(question["regions"])), grey(model, x, question["grey"])
    if not regions.any():  # pure noise is all one region, whose part of the change is all of it
        with torch.no_grad():
            return (model.logits(x) - model.logits(baseline))[0, question.target].expand(regions.shape)
    with torch.no_grad():
        attributions = _SeededKernelShap(model.logits, round(question["seed"])).attribute(
            x,
            baselines=baseline,
            target=question.target,
            feature_mask=regions[None, None],
            n_samples=round(question["samples"]),
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
    pictures=lambda question, _side: round(question["samples"]),
    compute=_compute,
)
