"""DeepLIFT divides the difference between two scores, for a photo and a grey photo, among the pixels."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..alexnet import AlexNet, ResponseNorm
from ..question import Question
from .base import GREY_LEVEL, Method, grey, over_colours

EPSILON = 1e-10  # below this a difference counts as none, as in Captum


def _compute(network: AlexNet, x: Tensor, question: Question) -> Tensor:
    """Return DeepLIFT, computed by autograd in a forward pass whose derivatives are DeepLIFT's multipliers.

    Captum's DeepLift would lose nine tenths of the difference here. Where windows of max pooling overlap, it
    overwrites one window's share by another's. After a ReLU it ignores its own rule for pooling, because both
    hooks are on the same tensor and ReLU's comes first. And for LRN it uses the gradient.
    """
    baseline = grey(network, x, question.number("grey"))
    with torch.no_grad():
        outputs = list(network.walk(baseline, until=network.architecture.logits_layer))
    output, at_baseline = x.requires_grad_(), baseline
    for name, above_baseline in outputs:
        output = _pass(network.get_submodule(name), output, at_baseline, above_baseline)
        at_baseline = above_baseline
    (multipliers,) = torch.autograd.grad(output[0, question.target], x)
    return over_colours((x - baseline) * multipliers)


def _pass(layer: nn.Module, below: Tensor, at_baseline: Tensor, above_baseline: Tensor) -> Tensor:
    """Return the layer's output, with DeepLIFT's multipliers as its derivatives."""
    match layer:
        case nn.ReLU() | nn.Tanh() | nn.Sigmoid():
            return _rescaled(layer, below, at_baseline, above_baseline)
        case nn.MaxPool2d():
            return _pooled(layer, below, at_baseline, above_baseline)
        case ResponseNorm():
            return _normalized(layer, below, at_baseline)
        case nn.Sequential():  # some of its channels are switched off, see `ablated`
            for part in layer:
                with torch.no_grad():
                    above_baseline = part(at_baseline)
                below = _pass(part, below, at_baseline, above_baseline)
                at_baseline = above_baseline
            return below
        case _:
            return layer(below)


def _rescaled(layer: nn.Module, below: Tensor, at_baseline: Tensor, above_baseline: Tensor) -> Tensor:
    """Return an activation function by the Rescale rule, equation 12 of the paper.

    The multiplier is the difference of the outputs divided by the difference of the inputs.
    """
    value = below.detach()
    above, slope = _activated(layer, value)
    change = value - at_baseline
    multiplier = torch.where(change.abs() < EPSILON, slope, (above - above_baseline) / change)
    return above + multiplier * (below - value)


def _activated(layer: nn.Module, value: Tensor) -> tuple[Tensor, Tensor]:
    """Return an activation function's output and its derivative."""
    match layer:
        case nn.Tanh():
            above = value.tanh()
            return above, 1 - above**2
        case nn.Sigmoid():
            above = value.sigmoid()
            return above, above * (1 - above)
        case _:
            return value.relu(), (value > 0).to(value.dtype)


def _pooled(layer: nn.MaxPool2d, below: Tensor, at_baseline: Tensor, above_baseline: Tensor) -> Tensor:
    """Return max pooling whose whole difference goes to the position of the larger of the two maxima.

    At this position the inputs differ at least as much as the maxima, and in the same direction. A position
    that wins in several windows gets the sum of their shares.
    """
    value = below.detach()

    def maxima(maps: Tensor) -> tuple[Tensor, Tensor]:
        largest, place = F.max_pool2d(
            maps, layer.kernel_size, layer.stride, ceil_mode=layer.ceil_mode, return_indices=True
        )
        return largest, place

    (above, place), (_, place_at_baseline) = maxima(value), maxima(at_baseline)
    winner = torch.where(above > above_baseline, place, place_at_baseline)

    def at_winner(maps: Tensor) -> Tensor:
        return maps.flatten(2).gather(2, winner.flatten(2)).view_as(above)

    change = at_winner(value - at_baseline)
    multiplier = torch.where(change.abs() < EPSILON, 0, (above - above_baseline) / change)
    return above + multiplier * at_winner(below - value)


def _normalized(layer: ResponseNorm, below: Tensor, at_baseline: Tensor) -> Tensor:
    """Return the output of LRN, with a gradient that follows DeepLIFT's rules.

    LRN is a product: a_i * f_i with f_i = (k + scale * sum_j a_j^2)^-beta. The square and the power each have
    one input and follow the Rescale rule. The change of the product, between baseline and input, is shared
    between a_i and f_i: each gets its own change times the mean of the other at baseline and input, which is
    its Shapley value.
    """
    constants, value = layer.constants, below.detach()
    total = value + at_baseline
    power_below = constants.k + constants.scale * layer.sums(at_baseline**2)
    change = constants.scale * layer.sums(total * (value - at_baseline)) / power_below
    factor_at_baseline = power_below**-constants.beta
    # expm1 and log1p compute (1 + change)^-beta - 1 precisely even if the change is tiny.
    growth = torch.expm1(-constants.beta * torch.log1p(change))
    quotient = torch.where(change == 0, -constants.beta, growth / change) * factor_at_baseline / power_below
    mean_factor = factor_at_baseline * (1 + growth / 2)
    difference = below - value  # zero, but with a derivative
    of_power = quotient * constants.scale * layer.sums(total * difference)
    return layer(value) + mean_factor * difference + total / 2 * of_power


METHOD = Method(
    name="deep-lift",
    title="DeepLIFT",
    meaning="A pixel is red if its difference from a grey photo raises the target's score, and blue if it "
    "lowers the score. Each unit passes its share of the difference down.",
    formula=r"\sum_i C_{\Delta x_i \Delta y} = \Delta y, \qquad "
    r"m = \frac{\Delta \text{out}}{\Delta \text{in}} \text{ at every ReLU and maximum}",
    paper="Shrikumar et al. 2017, Learning Important Features Through Propagating Activation Differences",
    caveat="Other rules for max pooling and LRN, or another grey, divide the same difference in another way: "
    "that values add up does not make them the only right ones.",
    needs_layer=False,
    signed=True,
    class_discriminative=True,
    adds_up=True,
    cost="one pass",
    ends_with_photo=True,
    parameters=(GREY_LEVEL,),
    full_strength=98.0,
    compute=_compute,
)
