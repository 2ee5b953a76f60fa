"""DeepLIFT: the score's difference from a grey picture's, followed down through every unit."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..alexnet import AlexNet, LocalResponseNorm
from ..question import Question
from .base import GREY_LEVEL, Method, grey, over_colours

EPSILON = 1e-10  # below this a difference counts as none, as in Captum


def _compute(model: AlexNet, x: Tensor, question: Question) -> Tensor:
    """Forward with the usual values but DeepLIFT's multipliers for slopes, so that autograd does the rest.

    Captum's DeepLift would lose nine tenths of the difference here: where windows of max pooling overlap it
    writes their shares over one another, behind a ReLU its rule for pooling is not heeded at all (both hooks
    are on one tensor, and ReLU's sees the gradient first), and LRN is passed by its gradient.
    """
    baseline = grey(model, x, question["grey"])
    *layers, _softmax = model.children()
    (multipliers,) = torch.autograd.grad(
        _through(layers, x.requires_grad_(), baseline)[0, question.target], x
    )
    return over_colours((x - baseline) * multipliers)


def _through(layers: Iterable[nn.Module], below: Tensor, at_baseline: Tensor) -> Tensor:
    for layer in layers:
        with torch.no_grad():
            above_baseline = layer(at_baseline)
        below, at_baseline = _pass(layer, below, at_baseline, above_baseline), above_baseline
    return below


def _pass(layer: nn.Module, below: Tensor, at_baseline: Tensor, above_baseline: Tensor) -> Tensor:
    """The layer's output, with DeepLIFT's multipliers as its derivatives."""
    match layer:
        case nn.ReLU():
            return _rescaled(below, at_baseline, above_baseline)
        case nn.MaxPool2d():
            return _pooled(layer, below, at_baseline, above_baseline)
        case LocalResponseNorm():
            return _normalized(layer, below, at_baseline)
        case nn.Sequential():  # some of its channels are switched off: see `model.ablation`
            return _through(layer, below, at_baseline)
        case _:
            return layer(below)


def _rescaled(below: Tensor, at_baseline: Tensor, above_baseline: Tensor) -> Tensor:
    """ReLU by the Rescale rule: difference out over difference in (equation 12 of the paper)."""
    value = below.detach()
    above, change = value.relu(), value - at_baseline
    slope = (value > 0).to(value.dtype)
    multiplier = torch.where(change.abs() < EPSILON, slope, (above - above_baseline) / change)
    return above + multiplier * (below - value)


def _pooled(layer: nn.MaxPool2d, below: Tensor, at_baseline: Tensor, above_baseline: Tensor) -> Tensor:
    """Max pooling: a window's whole difference goes to the place of the larger of its two maxima.

    There the input differs by at least as much as the maximum does, and in the same direction. A place that
    wins in several windows gets the sum of their shares.
    """
    value = below.detach()
    above, place = F.max_pool2d(value, layer.kernel_size, layer.stride, return_indices=True)
    _, place_at_baseline = F.max_pool2d(at_baseline, layer.kernel_size, layer.stride, return_indices=True)
    winner = torch.where(above > above_baseline, place, place_at_baseline)

    def at_winner(maps: Tensor) -> Tensor:
        return maps.flatten(2).gather(2, winner.flatten(2)).view_as(above)

    change = at_winner(value - at_baseline)
    multiplier = torch.where(change.abs() < EPSILON, 0, (above - above_baseline) / change)
    return above + multiplier * at_winner(below - value)


def _normalized(layer: LocalResponseNorm, below: Tensor, at_baseline: Tensor) -> Tensor:
    """LRN, a_i * f_i with f_i = (k + scale * sum_j a_j^2)^-beta, one step after the other.

    Squares and the power have one input each: the Rescale rule. Of the product, each factor gets its own
    difference times the other's mean over both pictures, which is its Shapley value.
    """
    constants, value = layer.constants, below.detach()
    total = value + at_baseline
    power_below = constants.k + constants.scale * _over_channels(at_baseline**2, constants.n)
    change = constants.scale * _over_channels(total * (value - at_baseline), constants.n) / power_below
    factor_at_baseline = power_below**-constants.beta
    # As (1 + change)^-beta - 1 is taken without a difference of nearly equal numbers, so is the quotient.
    growth = torch.expm1(-constants.beta * torch.log1p(change))
    quotient = torch.where(change == 0, -constants.beta, growth / change) * factor_at_baseline / power_below
    mean_factor = factor_at_baseline * (1 + growth / 2)
    difference = below - value  # zero, but with a slope
    of_power = quotient * constants.scale * _over_channels(total * difference, constants.n)
    return layer(value) + mean_factor * difference + total / 2 * of_power


def _over_channels(maps: Tensor, n: int) -> Tensor:
    """The sum over n neighbouring channels, for each: [N, C, H, W] -> [N, C, H, W]."""
    return F.pad(maps, (0, 0, 0, 0, n // 2, (n - 1) // 2)).unfold(1, n, 1).sum(-1)


METHOD = Method(
    name="deep-lift",
    title="DeepLIFT",
    meaning="Red where the pixel's difference from a grey picture raises the class score, blue where it "
    "lowers it, each unit passing its share of the difference down.",
    formula=r"\sum_i C_{\Delta x_i \Delta y} = \Delta y, \qquad "
    r"m = \frac{\Delta \text{out}}{\Delta \text{in}} \text{ at every ReLU and maximum}",
    paper="Shrikumar et al. 2017, Learning Important Features Through Propagating Activation Differences",
    caveat="Other rules for max pooling and LRN, and another grey, share out the same difference in another "
    "way: values that add up are not the only ones that do.",
    needs_layer=False,
    signed=True,
    class_discriminative=True,
    adds_up=True,
    cost="one pass",
    parameters=(GREY_LEVEL,),
    full_strength=98.0,
    compute=_compute,
)
