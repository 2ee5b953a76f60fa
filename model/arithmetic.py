"""One number of a layer taken apart into the numbers that it is made of, and put together again.

`take_apart` gives what a page shows and a student checks: the patch, the kernel, their products and
the bias of a convolution; the neighbours of a normalised value; the window of a maximum; the terms of
a fully connected unit; the exponentials of a softmax. Everything is worked out in float64 from the
captured float32 numbers, independently of the network's own layers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .activations import Activations, check_layers
from .alexnet import AlexNet, LocalResponseNorm
from .architectures import LRNConstants
from .layers import LayerInfo, describe
from .receptive_field import check_position


@dataclass(frozen=True)
class Cell:
    """One number of a layer's output.

    Attributes:
        layer: facts about the layer.
        channel, row, column: which number; a unit's index in `channel`, the others 0, for flat layers.
        captured: what the network itself computed, float32.
    """

    layer: LayerInfo
    channel: int
    row: int
    column: int
    captured: float

    @property
    def worked(self) -> float:
        """The same number, put together from its parts."""
        raise NotImplementedError

    @property
    def agrees(self) -> bool:
        """Equal to 1e-4 of the number or of the largest thing that was added up: float32 sums no better."""
        return math.isclose(self.worked, self.captured, rel_tol=1e-4, abs_tol=1e-4 * self.scale)

    @property
    def scale(self) -> float:
        """The largest magnitude among the parts."""
        return abs(self.worked)


@dataclass(frozen=True)
class ConvolutionCell(Cell):
    """A sum of products over a window of those input channels that this tower sees.

    Attributes:
        patch, kernel: [channels, k, k]; zeros where the window hangs over the padding.
        inputs: index of each of the patch's channels in the layer's input.
        top, left: where the window begins in the input; negative in the padding.
    """

    patch: np.ndarray
    kernel: np.ndarray
    bias: float
    inputs: np.ndarray
    top: int
    left: int

    @cached_property
    def products(self) -> np.ndarray:
        return self.patch.astype(np.float64) * self.kernel

    @cached_property
    def plane_sums(self) -> np.ndarray:
        """What each input channel contributes, [channels]."""
        return self.products.sum((1, 2))

    @property
    def worked(self) -> float:
        return float(self.plane_sums.sum()) + self.bias

    @property
    def scale(self) -> float:
        return float(np.abs(self.plane_sums).max())


@dataclass(frozen=True)
class ReLUCell(Cell):
    """max(0, x)."""

    x: float

    @property
    def worked(self) -> float:
        return max(0.0, self.x)


@dataclass(frozen=True)
class NormCell(Cell):
    """x / (k + scale * sum of squares)^beta over neighbouring channels at the same place.

    Attributes:
        neighbours: the channels that are summed over.  values: theirs, [n] or fewer at the ends.
    """

    x: float
    neighbours: tuple[int, ...]
    values: np.ndarray
    constants: LRNConstants

    @property
    def squares(self) -> float:
        return float((self.values.astype(np.float64) ** 2).sum())

    @property
    def denominator(self) -> float:
        return (self.constants.k + self.constants.scale * self.squares) ** self.constants.beta

    @property
    def worked(self) -> float:
        return self.x / self.denominator


@dataclass(frozen=True)
class PoolCell(Cell):
    """The largest number of a window, or its mean.

    Attributes:
        window: [rows, columns] of the input's same channel.  top, left: where it begins there.
        mean: whether the mean is taken instead of the maximum.
    """

    window: np.ndarray
    top: int
    left: int
    mean: bool

    @property
    def winner(self) -> tuple[int, int]:
        """Row and column in the window; the first of equal ones."""
        row, column = np.unravel_index(int(self.window.argmax()), self.window.shape)
        return int(row), int(column)

    @property
    def worked(self) -> float:
        return float(self.window.astype(np.float64).mean() if self.mean else self.window.max())


@dataclass(frozen=True)
class LinearCell(Cell):
    """w . x + b over all inputs: `x`, `weights` [inputs]."""

    x: np.ndarray
    weights: np.ndarray
    bias: float

    @cached_property
    def products(self) -> np.ndarray:
        return self.x.astype(np.float64) * self.weights

    @property
    def worked(self) -> float:
        return float(self.products.sum()) + self.bias

    @property
    def scale(self) -> float:
        return float(np.abs(self.products).max())

    def largest(self, count: int) -> np.ndarray:
        """Indices of the terms of the largest magnitude, the most positive first."""
        chosen = np.argsort(-np.abs(self.products), kind="stable")[:count]
        return chosen[np.argsort(-self.products[chosen], kind="stable")]


@dataclass(frozen=True)
class SameCell(Cell):
    """The number at another place: dropout, which does nothing when predicting, and flattening.

    Attributes:
        source: (channel, row, column) or (unit,) in the layer's input.
    """

    x: float
    source: tuple[int, ...]

    @property
    def worked(self) -> float:
        return self.x


@dataclass(frozen=True)
class SoftmaxCell(Cell):
    """exp(x) over the sum of all exponentials: `logits` [classes]."""

    logits: np.ndarray

    @cached_property
    def exponentials(self) -> np.ndarray:
        return np.exp(self.logits.astype(np.float64))

    @property
    def worked(self) -> float:
        return float(self.exponentials[self.channel] / self.exponentials.sum())


def take_apart(
    model: AlexNet, activations: Activations, layer: str, channel: int, row: int = 0, column: int = 0
) -> Cell:
    """The parts of one number that `model` has computed.

    Args:
        activations: of all layers, from `capture(model, x)`.

    Raises:
        UserError: the network has no such layer, or the layer no such position.
    """
    check_layers(model.architecture, layer)
    names = model.architecture.layer_names
    position = names.index(layer)
    info = describe(model.architecture, activations.input.shape[-1])[position]
    check_position(info, channel, row, column)
    below = activations[names[position - 1]] if position else activations.input
    x = below.detach().cpu().numpy()
    found = activations[layer][(channel, row, column) if info.is_spatial else channel]
    return _PARTS[info.type](model, x, (info, channel, row, column, float(found)))


Place = tuple[LayerInfo, int, int, int, float]  # the fields of Cell


def _parameters(model: AlexNet, place: Place) -> tuple[np.ndarray, float]:
    info, channel, *_ = place
    weight, bias = (model.get_parameter(f"{info.name}.{kind}")[channel] for kind in ("weight", "bias"))
    return weight.detach().cpu().numpy(), float(bias)


def _convolution(model: AlexNet, x: np.ndarray, place: Place) -> Cell:
    info, channel, row, column, _ = place
    assert info.kernel_size and info.stride and info.groups and info.padding is not None
    kernel, bias = _parameters(model, place)
    count = len(kernel)
    tower = channel // (info.output_shape[0] // info.groups)
    inputs = np.arange(tower * count, (tower + 1) * count)
    padded = np.pad(x[inputs], ((0, 0), *[(info.padding, info.padding)] * 2))
    top, left = row * info.stride, column * info.stride
    step = info.dilation or 1
    patch = padded[:, top : top + info.span : step, left : left + info.span : step]
    return ConvolutionCell(*place, patch, kernel, bias, inputs, top - info.padding, left - info.padding)


def _relu(_model: AlexNet, x: np.ndarray, place: Place) -> Cell:
    return ReLUCell(*place, float(_same(x, place)))


def _same(x: np.ndarray, place: Place) -> float:
    _, channel, row, column, _ = place
    return float(x[channel, row, column] if x.ndim == 3 else x[channel])


def _norm(model: AlexNet, x: np.ndarray, place: Place) -> Cell:
    info, channel, row, column, _ = place
    norm = model.get_submodule(info.name)
    assert isinstance(norm, LocalResponseNorm)
    n = norm.constants.n
    first, last = max(0, channel - n // 2), min(len(x), channel + (n - 1) // 2 + 1)
    values = x[first:last, row, column]
    return NormCell(*place, _same(x, place), tuple(range(first, last)), values, norm.constants)


def _max_pool(_model: AlexNet, x: np.ndarray, place: Place) -> Cell:
    info, channel, row, column, _ = place
    assert info.kernel_size and info.stride
    top, left = row * info.stride, column * info.stride
    window = x[channel, top : top + info.kernel_size, left : left + info.kernel_size]
    return PoolCell(*place, window, top, left, mean=False)


def _average_pool(_model: AlexNet, x: np.ndarray, place: Place) -> Cell:
    info, channel, row, column, _ = place
    (_, height, width), (_, rows, columns) = info.input_shape, info.output_shape
    top, left = row * height // rows, column * width // columns
    bottom, right = -(-(row + 1) * height // rows), -(-(column + 1) * width // columns)
    return PoolCell(*place, x[channel, top:bottom, left:right], top, left, mean=True)


def _flatten(_model: AlexNet, x: np.ndarray, place: Place) -> Cell:
    source = tuple(int(i) for i in np.unravel_index(place[1], x.shape))
    return SameCell(*place, float(x[source]), source)


def _dropout(_model: AlexNet, x: np.ndarray, place: Place) -> Cell:
    _, channel, row, column, _ = place
    return SameCell(*place, _same(x, place), (channel, row, column) if x.ndim == 3 else (channel,))


def _linear(model: AlexNet, x: np.ndarray, place: Place) -> Cell:
    weights, bias = _parameters(model, place)
    return LinearCell(*place, x, weights, bias)


def _softmax(_model: AlexNet, x: np.ndarray, place: Place) -> Cell:
    return SoftmaxCell(*place, x)


_PARTS = {
    "Conv": _convolution,
    "ReLU": _relu,
    "LocalResponseNorm": _norm,
    "MaxPool": _max_pool,
    "AdaptiveAvgPool": _average_pool,
    "Flatten": _flatten,
    "Linear": _linear,
    "Dropout": _dropout,
    "Softmax": _softmax,
}
