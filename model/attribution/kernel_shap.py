"""Kernel SHAP gives each region of the photo its fair share of the score, measured by covering regions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from captum.attr import KernelShap
from torch import Tensor

from ..alexnet import AlexNet
from ..parameters import Number
from ..question import Question
from .base import GREY_LEVEL, Method, grey

BATCH = 32


class _SeededKernelShap(KernelShap):
    """Captum's Kernel SHAP with a random generator of its own: all threads share PyTorch's."""

    def __init__(self, scores: Callable[[Tensor], Tensor], seed: int) -> None:
        super().__init__(scores)
        self.generator = torch.Generator().manual_seed(seed)

    def kernel_shap_perturb_generator(self, original_inp: Tensor, **kwargs: Any) -> Iterator[Tensor]:
        """Yield which regions are uncovered: first all, then none, then random subsets: [1, regions]."""
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
    """Return the region that each pixel belongs to, numbered from 0: [1, 3, H, W] -> int64 [H, W].

    There are about `count` regions, each of similar colour.
    """
    from skimage.segmentation import slic

    picture = x[0].detach().cpu().permute(1, 2, 0).double().numpy()
    picture = (picture - picture.min()) / max(float(np.ptp(picture)), 1e-12)
    labels = slic(picture, n_segments=count, compactness=10, start_label=0)
    _, numbered = np.unique(labels, return_inverse=True)
    return torch.from_numpy(numbered.reshape(labels.shape)).to(x.device)


def _compute(network: AlexNet, x: Tensor, question: Question) -> Tensor:
    regions = superpixels(x, round(question.number("regions")))
    baseline = grey(network, x, question.number("grey"))
    if not regions.any():  # a photo of noise is one region, which causes the whole change of the score
        with torch.no_grad():
            return (network.logits(x) - network.logits(baseline))[0, question.target].expand(regions.shape)
    with torch.no_grad():
        attributions = _SeededKernelShap(network.logits, round(question.number("seed"))).attribute(
            x,
            baselines=baseline,
            target=question.target,
            feature_mask=regions[None, None],
            n_samples=round(question.number("samples")),
            perturbations_per_eval=BATCH,
        )
    return attributions[0, 0]


METHOD = Method(
    name="kernel-shap",
    title="Kernel SHAP",
    meaning="A region of similar colour is red if uncovering it raises the target's score, and blue if it "
    "lowers the score, on average over all orders in which the regions can be uncovered.",
    formula=r"\phi_i = \sum_{S \not\ni i} \frac{|S|!\,(n - |S| - 1)!}{n!} \big(y^t(S \cup i) - y^t(S)\big)",
    paper="Lundberg and Lee 2017, A Unified Approach to Interpreting Model Predictions",
    caveat="It is an estimate: with few samples, another seed gives another result. The regions follow "
    "colours, not objects.",
    needs_layer=False,
    signed=True,
    class_discriminative=True,
    cost="slow",
    parameters=(
        Number("regions", "Number of regions, about", 40, 10, 100, 5),
        Number("samples", "Number of covered photos", 250, 50, 2000, 50),
        Number("seed", "Seed of the random choice", 0, 0, 1000),
        GREY_LEVEL,
    ),
    pictures=lambda question, _side: round(question.number("samples")),
    compute=_compute,
)
