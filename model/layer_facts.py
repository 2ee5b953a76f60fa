"""Compute the facts about one layer from its specification and the shape of its input.

Sizes follow Dumoulin and Visin, "A guide to convolution arithmetic" (2016); receptive fields and jumps follow
Araujo et al., "Computing Receptive Fields of Convolutional Neural Networks" (2019).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import assert_never, cast

from .errors import UserError
from .layer_info import LayerInfo, Shape
from .layer_specs import (
    AdaptiveAvgPool,
    AvgPool,
    Conv,
    Dropout,
    Flatten,
    Layer,
    LayerType,
    Linear,
    LocalResponseNorm,
    MaxPool,
    ReLU,
    Sigmoid,
    Softmax,
    SpatialResponseNorm,
    Tanh,
)
from .sizes import Rounding, conv_size, size_formula, window_span

BYTES_PER_VALUE = 4  # float32


@dataclass(frozen=True)
class Field:
    """Receptive field and jump of an activation, in pixels of the input.

    Attributes:
        whole: after pooling to a fixed size or flatten, the receptive field of the whole feature map.
    """

    size: int = 1
    jump: int = 1
    whole: int | None = None

    def after(self, kernel_size: int, stride: int) -> Field:
        return Field(self.size + (kernel_size - 1) * self.jump, self.jump * stride)

    def of_all(self, width: int) -> int:
        """Return the receptive field of a whole feature map of that width."""
        return self.whole or self.size + (width - 1) * self.jump


class DoesNotFitError(Exception):
    """Raised when a layer's kernel is larger than its padded input."""


def span_and_padding(layer: Conv | MaxPool | AvgPool) -> tuple[int, int]:
    if isinstance(layer, Conv):
        return window_span(layer.kernel_size, layer.dilation), layer.padding
    return layer.kernel_size, 0


def _square(shape: Shape, layer: Conv | MaxPool | AvgPool, channels: int) -> Shape:
    span, padding = span_and_padding(layer)
    size = conv_size(shape[1], span, layer.stride, padding, layer.rounding)
    if size < 1:
        raise DoesNotFitError(layer.name)
    return (channels, size, size)


def _info(
    layer: Layer,
    shape: Shape,
    field: Field,
    formula: str,
    output_shape: Shape | None = None,
    parameters: int = 0,
    macs: int = 0,
    kernel_size: int | None = None,
    stride: int | None = None,
    padding: int | None = None,
    groups: int | None = None,
    dilation: int | None = None,
    rounding: Rounding | None = None,
) -> LayerInfo:
    """Return a `LayerInfo`, in which all that can be derived is filled in.

    Args:
        output_shape: None if the layer keeps the shape of its input.
    """
    output_shape = output_shape or shape
    return LayerInfo(
        name=layer.name,
        type=cast(LayerType, type(layer).__name__),
        input_shape=shape,
        output_shape=output_shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        groups=groups,
        parameters=parameters,
        macs=macs,
        activation_bytes=BYTES_PER_VALUE * prod(output_shape),
        receptive_field=field.size,
        jump=field.jump,
        formula=formula,
        dilation=dilation,
        rounding=rounding,
    )


def _conv(layer: Conv, shape: Shape, field: Field) -> tuple[LayerInfo, Field]:
    if shape[0] % layer.groups or layer.channels % layer.groups:
        raise UserError(
            f"{layer.name} cannot divide {shape[0]} input and {layer.channels} output channels into "
            f"{layer.groups} groups: choose a number that divides both."
        )
    output_shape = _square(shape, layer, layer.channels)
    weights_per_output = shape[0] // layer.groups * layer.kernel_size**2
    field = field.after(window_span(layer.kernel_size, layer.dilation), layer.stride)
    return _info(
        layer,
        shape,
        field,
        parameters=layer.channels * weights_per_output + layer.channels,
        macs=prod(output_shape) * weights_per_output,
        output_shape=output_shape,
        kernel_size=layer.kernel_size,
        stride=layer.stride,
        padding=layer.padding,
        groups=layer.groups,
        dilation=layer.dilation,
        rounding=layer.rounding,
        formula=size_formula(
            shape[1], layer.kernel_size, layer.stride, layer.padding, layer.dilation, layer.rounding
        ),
    ), field


def _pool(layer: MaxPool | AvgPool, shape: Shape, field: Field) -> tuple[LayerInfo, Field]:
    field = field.after(layer.kernel_size, layer.stride)
    return _info(
        layer,
        shape,
        field,
        output_shape=_square(shape, layer, shape[0]),
        kernel_size=layer.kernel_size,
        stride=layer.stride,
        padding=0,
        rounding=layer.rounding,
        formula=size_formula(shape[1], layer.kernel_size, layer.stride, None, rounding=layer.rounding),
    ), field


def _adaptive(layer: AdaptiveAvgPool, shape: Shape, field: Field) -> tuple[LayerInfo, Field]:
    # If the input's size is not a multiple of the output's, windows differ in width. Use the widest one.
    size, out = shape[1], layer.size
    widest = max(-(-(i + 1) * size // out) - i * size // out for i in range(out))
    field = replace(field.after(widest, max(1, size // out)), whole=field.of_all(size))
    return _info(
        layer,
        shape,
        field,
        output_shape=(shape[0], layer.size, layer.size),
        formula=f"averaged to {layer.size} for any input, here {shape[1]}",
    ), field


def _linear(layer: Linear, shape: Shape, field: Field) -> tuple[LayerInfo, Field]:
    if len(shape) != 1:
        raise UserError(f"{layer.name} needs a flattened input: put a Flatten layer before it.")
    # Each unit reads the whole feature maps, like a convolution with a kernel as wide as they are.
    field = Field(field.of_all(1), field.jump)
    return _info(
        layer,
        shape,
        field,
        parameters=layer.units * shape[0] + layer.units,
        macs=layer.units * shape[0],
        output_shape=(layer.units,),
        formula=f"W x + b, W is {layer.units} x {shape[0]}",
    ), field


def _flatten(layer: Flatten, shape: Shape, field: Field) -> tuple[LayerInfo, Field]:
    numbers = " * ".join(map(str, shape))
    info = _info(layer, shape, field, output_shape=(prod(shape),), formula=f"{numbers} = {prod(shape)}")
    return info, replace(field, whole=field.of_all(shape[1]))


def _spatial_norm(layer: SpatialResponseNorm, shape: Shape, field: Field) -> tuple[LayerInfo, Field]:
    c, field = layer.constants, field.after(layer.size, 1)
    around = f"{layer.size} x {layer.size} squares in the same map"
    formula = f"x / ({c.k:g} + {c.scale:g} * sum of {around})^{c.beta:g}, shape unchanged"
    half = layer.size // 2
    return _info(layer, shape, field, formula, kernel_size=layer.size, stride=1, padding=half), field


def _norm_formula(layer: LocalResponseNorm) -> str:
    within = f", within each of {layer.groups} towers" if layer.groups > 1 else ""
    if (c := layer.constants) is None:
        return f"x / (k + a * sum of n squares)^b{within}, shape unchanged"
    return f"x / ({c.k:g} + {c.scale:g} * sum of {c.n} squares)^{c.beta:g}{within}, shape unchanged"


def described(layer: Layer, shape: Shape, field: Field) -> tuple[LayerInfo, Field]:
    """Return the facts about a layer whose input has this shape, and the receptive field of its outputs."""
    match layer:
        case Conv():
            return _conv(layer, shape, field)
        case MaxPool() | AvgPool():
            return _pool(layer, shape, field)
        case AdaptiveAvgPool():
            return _adaptive(layer, shape, field)
        case Linear():
            return _linear(layer, shape, field)
        case Flatten():
            return _flatten(layer, shape, field)
        case ReLU():
            formula = "max(0, x), shape unchanged"
        case Tanh():
            formula = "tanh(x), shape unchanged"
        case Sigmoid():
            formula = "1 / (1 + exp(-x)), shape unchanged"
        case LocalResponseNorm():
            formula = _norm_formula(layer)
        case SpatialResponseNorm():
            return _spatial_norm(layer, shape, field)
        case Dropout():
            formula = "x when predicting, shape unchanged"
        case Softmax():
            formula = "exp(x_i) / sum_j exp(x_j), shape unchanged"
        case _:
            assert_never(layer)
    return _info(layer, shape, field, formula), field
