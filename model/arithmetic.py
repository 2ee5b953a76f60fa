"""Find the numbers that an activation was computed from, to show and to check the computation.

The result is computed again in float64 from the captured float32 numbers, independently of the network's
layers.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .activations import Activations
from .alexnet import AlexNet, LocalResponseNorm, SpatialResponseNorm
from .cells import (
    Cell,
    ConvolutionCell,
    LinearCell,
    NormCell,
    PoolCell,
    ReLUCell,
    SameCell,
    SigmoidCell,
    SoftmaxCell,
    SpatialNormCell,
    TanhCell,
)
from .layer_specs import LayerType
from .layers import LayerInfo, describe_layer
from .receptive_field import check_position


def take_apart(
    network: AlexNet, activations: Activations, layer: str, channel: int, row: int = 0, column: int = 0
) -> Cell:
    """Return the numbers that an activation was computed from.

    For conv1, for example, these are the 3 x 11 x 11 pixels under the window, the kernel and the bias.

    Args:
        activations: of all layers, from `capture(network, x)`.

    Raises:
        UserError: the network has no such layer, or the layer no such position.
    """
    info = describe_layer(network.architecture, layer, activations.input.shape[-1])
    check_position(info, channel, row, column)
    names = network.architecture.layer_names
    position = names.index(layer)
    below = activations[names[position - 1]] if position else activations.input
    x = below.detach().cpu().numpy()
    captured = activations[layer][(channel, row, column) if info.is_spatial else channel]
    return _PARTS[info.type](network, x, (info, channel, row, column, float(captured)))


Place = tuple[LayerInfo, int, int, int, float]  # the values of Cell's fields


def _parameters(network: AlexNet, place: Place) -> tuple[np.ndarray, float]:
    info, channel, *_ = place
    weight, bias = (network.get_parameter(f"{info.name}.{kind}")[channel] for kind in ("weight", "bias"))
    return weight.detach().cpu().numpy(), float(bias)


def _convolution(network: AlexNet, x: np.ndarray, place: Place) -> Cell:
    info, channel, row, column, _ = place
    assert info.kernel_size and info.stride and info.groups and info.padding is not None
    kernel, bias = _parameters(network, place)
    count = len(kernel)
    tower = channel // (info.output_shape[0] // info.groups)
    inputs = np.arange(tower * count, (tower + 1) * count)
    padded = np.pad(x[inputs], ((0, 0), *[(info.padding, info.padding + info.overhang)] * 2))
    top, left = row * info.stride, column * info.stride
    step = info.dilation or 1
    patch = padded[:, top : top + info.span : step, left : left + info.span : step]
    return ConvolutionCell(*place, patch, kernel, bias, inputs, top - info.padding, left - info.padding)


def _relu(_network: AlexNet, x: np.ndarray, place: Place) -> Cell:
    return ReLUCell(*place, float(_same(x, place)))


def _tanh(_network: AlexNet, x: np.ndarray, place: Place) -> Cell:
    return TanhCell(*place, _same(x, place))


def _sigmoid(_network: AlexNet, x: np.ndarray, place: Place) -> Cell:
    return SigmoidCell(*place, _same(x, place))


def _same(x: np.ndarray, place: Place) -> float:
    _, channel, row, column, _ = place
    return float(x[channel, row, column] if x.ndim == 3 else x[channel])


def _norm(network: AlexNet, x: np.ndarray, place: Place) -> Cell:
    info, channel, row, column, _ = place
    norm = network.get_submodule(info.name)
    assert isinstance(norm, LocalResponseNorm)
    n, per_group = norm.constants.n, len(x) // norm.groups
    start = channel // per_group * per_group
    first = max(start, channel - n // 2)
    last = min(start + per_group, channel + (n - 1) // 2 + 1)
    values = x[first:last, row, column]
    return NormCell(*place, _same(x, place), values, norm.constants, tuple(range(first, last)))


def _spatial_norm(network: AlexNet, x: np.ndarray, place: Place) -> Cell:
    info, channel, row, column, _ = place
    norm = network.get_submodule(info.name)
    assert isinstance(norm, SpatialResponseNorm)
    half = norm.size // 2
    top, left = max(0, row - half), max(0, column - half)
    window = x[channel, top : row + half + 1, left : column + half + 1]
    return SpatialNormCell(*place, _same(x, place), window, norm.constants, top, left)


def _windowed(x: np.ndarray, place: Place, mean: bool) -> Cell:
    info, channel, row, column, _ = place
    assert info.kernel_size and info.stride
    top, left = row * info.stride, column * info.stride
    window = x[channel, top : top + info.kernel_size, left : left + info.kernel_size]
    return PoolCell(*place, window, top, left, mean)


def _max_pool(_network: AlexNet, x: np.ndarray, place: Place) -> Cell:
    return _windowed(x, place, mean=False)


def _average_pool(_network: AlexNet, x: np.ndarray, place: Place) -> Cell:
    return _windowed(x, place, mean=True)


def _adaptive_pool(_network: AlexNet, x: np.ndarray, place: Place) -> Cell:
    info, channel, row, column, _ = place
    (_, height, width), (_, rows, columns) = info.input_shape, info.output_shape
    top, left = row * height // rows, column * width // columns
    bottom, right = -(-(row + 1) * height // rows), -(-(column + 1) * width // columns)
    return PoolCell(*place, x[channel, top:bottom, left:right], top, left, mean=True)


def _flatten(_network: AlexNet, x: np.ndarray, place: Place) -> Cell:
    source = tuple(int(i) for i in np.unravel_index(place[1], x.shape))
    return SameCell(*place, float(x[source]), source)


def _dropout(_network: AlexNet, x: np.ndarray, place: Place) -> Cell:
    _, channel, row, column, _ = place
    return SameCell(*place, _same(x, place), (channel, row, column) if x.ndim == 3 else (channel,))


def _linear(network: AlexNet, x: np.ndarray, place: Place) -> Cell:
    weights, bias = _parameters(network, place)
    return LinearCell(*place, x, weights, bias)


def _softmax(_network: AlexNet, x: np.ndarray, place: Place) -> Cell:
    return SoftmaxCell(*place, x)


_PARTS: dict[LayerType, Callable[[AlexNet, np.ndarray, Place], Cell]] = {
    "Conv": _convolution,
    "ReLU": _relu,
    "Tanh": _tanh,
    "Sigmoid": _sigmoid,
    "LocalResponseNorm": _norm,
    "SpatialResponseNorm": _spatial_norm,
    "MaxPool": _max_pool,
    "AvgPool": _average_pool,
    "AdaptiveAvgPool": _adaptive_pool,
    "Flatten": _flatten,
    "Linear": _linear,
    "Dropout": _dropout,
    "Softmax": _softmax,
}
