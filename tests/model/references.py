"""Every method's formula, written with nothing but autograd.

They compute in float64, where no ReLU or maximum changes sides because sums are in another order.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from model.alexnet import AlexNet, LocalResponseNorm
from model.attribution.kernel_shap import superpixels
from model.layer_specs import LRNConstants

TARGET, LAYER = 3, "relu4"
SETTINGS: dict[str, dict[str, float]] = {
    "smoothgrad": {"samples": 25, "noise": 15, "seed": 5},  # two batches and a half
    "integrated-gradients": {"steps": 50, "grey": 90},
    "deep-lift": {"grey": 90},
    "occlusion": {
        "window": 40,
        "stride": 26,
        "grey": 90,
    },  # with an input of 99 pixels the last square is cut off
    "kernel-shap": {"regions": 10, "samples": 2000, "grey": 90, "seed": 1},
}


def grey(network: AlexNet, x: Tensor, level: int = 90) -> Tensor:
    return network.to_input(np.full((1, *x.shape[2:], 3), level, np.uint8)).double()


def run(network: AlexNet, x: Tensor, relu: Callable[..., Tensor] = F.relu, after: str = "") -> Tensor:
    """Return the logits, with another function in place of ReLU.

    If a layer is given, x is its output, and only the layers after it are computed.
    """
    *layers, _softmax = network.named_children()
    names = [name for name, _ in layers]
    for name, layer in layers[names.index(after) + 1 if after else 0 :]:
        x = relu(name, x) if isinstance(layer, nn.ReLU) and relu is not F.relu else layer(x)
    return x


def gradient(score: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Return the gradient of the target's score, without the batch axis."""
    x = x.detach().requires_grad_()
    return torch.autograd.grad(score(x)[0, TARGET], x)[0][0]


def at_layer(network: AlexNet, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the layer's feature maps and the score's gradient there: [C, h, w] each."""
    maps = x
    for name, layer in network.named_children():
        maps = layer(maps)
        if name == LAYER:
            break
    return maps[0], gradient(lambda h: run(network, h, after=LAYER), maps)


# --- the references -------------------------------------------------------------------------------


def saliency(network: AlexNet, x: Tensor) -> Tensor:
    return gradient(network.logits, x).abs().amax(0)


def smoothgrad(network: AlexNet, x: Tensor) -> Tensor:
    """Return the mean of the gradients at the photo with noise from the same random generator."""
    spread = 0.15 * float(x.max() - x.min())
    with torch.random.fork_rng():
        torch.manual_seed(5)
        noise = torch.cat([torch.randn(count, *x.shape[1:]) for count in (10, 10, 5)])
    gradients = [gradient(network.logits, x + spread * one) for one in noise[:, None]]
    return torch.stack(gradients).mean(0).abs().amax(0)


def input_x_gradient(network: AlexNet, x: Tensor) -> Tensor:
    return (x[0] * gradient(network.logits, x)).sum(0)


def integrated_gradients(network: AlexNet, x: Tensor) -> Tensor:
    """Return the integral along the straight line from grey, by the Gauss-Legendre rule with 50 points."""
    base = grey(network, x)
    points, weights = np.polynomial.legendre.leggauss(50)
    line = zip((points + 1) / 2, weights / 2, strict=True)
    mean = sum(w * gradient(network.logits, base + t * (x - base)) for t, w in line)
    return ((x - base)[0] * mean).sum(0)


def deep_lift(network: AlexNet, x: Tensor) -> Tensor:
    """Return DeepLIFT by the chain rule for multipliers (equation 5), layer by layer from the score down."""
    base = grey(network, x)
    *layers, _softmax = network.children()
    pairs = [(x[0], base[0])]
    for layer in layers:
        pairs.append((layer(pairs[-1][0][None])[0], layer(pairs[-1][1][None])[0]))
    multiplier = torch.zeros_like(pairs[-1][0])
    multiplier[TARGET] = 1
    for layer, (h, b) in reversed(list(zip(layers, pairs, strict=False))):
        if isinstance(layer, nn.ReLU):  # the Rescale rule, equation 12
            multiplier = multiplier * (h.relu() - b.relu()) / (h - b)
        elif isinstance(layer, nn.MaxPool2d):
            multiplier = below_max_pool(layer, h, b, multiplier)
        elif isinstance(layer, LocalResponseNorm):
            multiplier = below_lrn(layer.constants, h, b, multiplier)
        else:  # in a linear layer the multiplier is the gradient
            multiplier = torch.autograd.functional.vjp(lambda h, of=layer: of(h[None])[0], h, multiplier)[1]
    return ((x - base)[0] * multiplier).sum(0)


def below_max_pool(layer: nn.MaxPool2d, h: Tensor, b: Tensor, above: Tensor) -> Tensor:
    """Return the multipliers below max pooling, window by window.

    What the maximum gains is due to the winner in h, what it loses to the winner in b.
    """
    total = torch.zeros_like(h)
    side, stride = layer.kernel_size, layer.stride
    assert isinstance(side, int) and isinstance(stride, int)
    for k, i, j in itertools.product(*map(range, above.shape)):
        window = (k, slice(stride * i, stride * i + side), slice(stride * j, stride * j + side))
        gain = h[window].max() - b[window].max()
        if gain == 0:
            continue
        winner = (h if gain > 0 else b)[window].argmax()
        share = torch.zeros_like(h[window]).flatten()
        share[winner] = above[k, i, j] * gain / (h[window] - b[window]).flatten()[winner]
        total[window] += share.view_as(h[window])
    return total


def below_lrn(constants: LRNConstants, h: Tensor, b: Tensor, above: Tensor) -> Tensor:
    """Return the multipliers below LRN, channel by channel.

    LRN is the product of an activation and a power of the sum of its neighbours' squares.
    """
    total = torch.zeros_like(h)
    for i in range(len(h)):
        near = slice(max(i - constants.n // 2, 0), i + (constants.n - 1) // 2 + 1)
        sums = [constants.k + constants.scale * (maps[near] ** 2).sum(0) for maps in (h, b)]
        powers = [one**-constants.beta for one in sums]
        slope = -constants.beta * powers[0] / sums[0]  # the limit of the quotient
        of_power = torch.where(sums[0] == sums[1], slope, (powers[0] - powers[1]) / (sums[0] - sums[1]))
        total[i] += above[i] * (powers[0] + powers[1]) / 2
        total[near] += above[i] * (h[i] + b[i]) / 2 * of_power * constants.scale * (h[near] + b[near])
    return total


class GuidedReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx, h: Tensor) -> Tensor:
        ctx.save_for_backward(h)
        return h.relu()

    @staticmethod
    def backward(ctx, above: Tensor) -> Tensor:
        (h,) = ctx.saved_tensors
        return above * (above > 0) * (h > 0)


class DeconvolutionReLU(torch.autograd.Function):
    @staticmethod
    def forward(_ctx, h: Tensor) -> Tensor:
        return h.relu()

    @staticmethod
    def backward(_ctx, above: Tensor) -> Tensor:
        return above.relu()


def guided(network: AlexNet, x: Tensor) -> Tensor:
    return gradient(lambda h: run(network, h, lambda _name, h: GuidedReLU.apply(h)), x)


def guided_backprop(network: AlexNet, x: Tensor) -> Tensor:
    return guided(network, x).abs().amax(0)


def deconvolution(network: AlexNet, x: Tensor) -> Tensor:
    backward = gradient(lambda h: run(network, h, lambda _name, h: DeconvolutionReLU.apply(h)), x)
    return backward.abs().amax(0)


def grad_cam(network: AlexNet, x: Tensor) -> Tensor:
    maps, slopes = at_layer(network, x)
    return sum(slope.mean() * one for one, slope in zip(maps, slopes, strict=True)).relu()


def guided_grad_cam(network: AlexNet, x: Tensor) -> Tensor:
    coarse = grad_cam(network, x)[None, None]
    enlarged = F.interpolate(coarse, x.shape[2:], mode="bilinear", align_corners=False)[0]
    return (guided(network, x) * enlarged).abs().amax(0)


def grad_cam_plus_plus(network: AlexNet, x: Tensor) -> Tensor:
    """Return Grad-CAM++ by equation 19, for the exponential of the score.

    The derivatives of the exponential are powers of the score's gradient.
    """
    total = torch.zeros(())
    for one, slope in zip(*at_layer(network, x), strict=True):
        below = 2 * slope**2 + one.sum() * slope**3
        alpha = torch.where(below != 0, slope**2 / below, 0)
        total = total + (alpha * slope.relu()).sum() * one
    return total.relu()


def layer_cam(network: AlexNet, x: Tensor) -> Tensor:
    maps, slopes = at_layer(network, x)
    return sum(slope.relu() * one for one, slope in zip(maps, slopes, strict=True)).relu()


def ablation_cam(network: AlexNet, x: Tensor) -> Tensor:
    maps, _ = at_layer(network, x)
    whole = run(network, maps[None], after=LAYER)[0, TARGET]
    total = torch.zeros(())
    for k, one in enumerate(maps):
        without = maps.clone()
        without[k] = 0
        total = total + (whole - run(network, without[None], after=LAYER)[0, TARGET]) / whole.abs() * one
    return total.relu()


def occlusion(network: AlexNet, x: Tensor) -> Tensor:
    """Return for each pixel the mean fall of the score over all squares that cover it."""
    covered, side = grey(network, x), x.shape[2]
    falls, count = torch.zeros(side, side).double(), torch.zeros(side, side)
    starts = range(0, side - 40 + 26, 26)
    for top, left in itertools.product(starts, starts):
        square = (slice(top, top + 40), slice(left, left + 40))
        picture = x.clone()
        picture[0, :, *square] = covered[0, :, *square]
        falls[square] += (network.logits(x) - network.logits(picture))[0, TARGET]
        count[square] += 1
    return falls / count


def shapley(network: AlexNet, x: Tensor) -> Tensor:
    """Return each region's Shapley value, from the scores with every possible set of regions uncovered."""
    covered, regions = grey(network, x), superpixels(x, 10)
    count = int(regions.max()) + 1
    sets = [torch.tensor(s, dtype=torch.long) for s in _subsets(count)]
    pictures = torch.cat([torch.where(torch.isin(regions, s), x, covered) for s in sets])
    scores = network.logits(pictures)[:, TARGET].tolist()
    values = {tuple(s.tolist()): score for s, score in zip(sets, scores, strict=True)}
    phi = torch.zeros(count).double()
    for i in range(count):
        for s in values:
            if i not in s:
                weight = math.factorial(len(s)) * math.factorial(count - len(s) - 1) / math.factorial(count)
                phi[i] += weight * (values[tuple(sorted((*s, i)))] - values[s])
    return phi[regions]


def _subsets(count: int) -> list[tuple[int, ...]]:
    return [s for size in range(count + 1) for s in itertools.combinations(range(count), size)]


REFERENCES = {
    "saliency": saliency,
    "smoothgrad": smoothgrad,
    "input-x-gradient": input_x_gradient,
    "integrated-gradients": integrated_gradients,
    "deep-lift": deep_lift,
    "guided-backprop": guided_backprop,
    "deconvolution": deconvolution,
    "grad-cam": grad_cam,
    "guided-grad-cam": guided_grad_cam,
    "grad-cam++": grad_cam_plus_plus,
    "layer-cam": layer_cam,
    "ablation-cam": ablation_cam,
    "occlusion": occlusion,
    "kernel-shap": shapley,
}
