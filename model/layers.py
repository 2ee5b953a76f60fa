"""Facts about every layer, computed from the architecture alone: no weights, no forward pass.

Sizes follow Dumoulin and Visin, "A guide to convolution arithmetic" (2016); receptive fields and
jumps follow Araujo et al., "Computing Receptive Fields of Convolutional Neural Networks" (2019).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import prod

from .architectures import (
    AdaptiveAvgPool,
    Architecture,
    Conv,
    Dropout,
    Flatten,
    Layer,
    Linear,
    LocalResponseNorm,
    MaxPool,
    ReLU,
    Softmax,
)
from .errors import UserError

BYTES_PER_VALUE = 4  # float32

Shape = tuple[int, ...]


@dataclass(frozen=True)
class LayerInfo:
    """What one layer does to shapes, and what it costs, for one image.

    Attributes:
        input_shape, output_shape: (channels, height, width), or (units,) once flattened.
        kernel_size, stride, padding, groups, dilation: None where the layer has no such thing.
        parameters: weights and biases.
        macs: multiply-accumulate operations of convolutions and fully connected layers; additions
            of biases, pooling, ReLU and LRN are not counted. One MAC is two FLOPs.
        activation_bytes: size of the output in float32.
        receptive_field: width in input pixels of the square that one output value depends on,
            ignoring the picture's border. A fully connected layer is read as the convolution over
            all of its input that it equals.
        jump: distance in input pixels between the fields of two neighbouring outputs.
        formula: the rule for the output's size with this layer's numbers put in.
    """

    name: str
    type: str
    input_shape: Shape
    output_shape: Shape
    kernel_size: int | None
    stride: int | None
    padding: int | None
    groups: int | None
    parameters: int
    macs: int
    activation_bytes: int
    receptive_field: int
    jump: int
    formula: str
    dilation: int | None = None

    @property
    def span(self) -> int:
        """Width of the window over the input: the kernel's, spread out by its dilation; 1 without one."""
        return window_span(self.kernel_size or 1, self.dilation or 1)

    @property
    def is_spatial(self) -> bool:
        """Whether the output has height and width."""
        return len(self.output_shape) == 3

    @property
    def weight_shape(self) -> Shape | None:
        """(out, in per group, height, width) or (out, in); None where nothing is learned."""
        if not self.parameters:
            return None
        if self.kernel_size is None:
            return (self.output_shape[0], self.input_shape[0])
        per_group = self.input_shape[0] // (self.groups or 1)
        return (self.output_shape[0], per_group, self.kernel_size, self.kernel_size)


def conv_size(size: int, kernel_size: int, stride: int, padding: int = 0) -> int:
    """floor((n + 2p - k) / s) + 1, the output size of a convolution or pooling along one axis.

    Zero or less means that the kernel does not fit.
    """
    return (size + 2 * padding - kernel_size) // stride + 1


def window_span(kernel_size: int, dilation: int) -> int:
    """Inputs from a kernel's first weight to its last along one axis, those it skips included."""
    return dilation * (kernel_size - 1) + 1


def size_formula(size: int, kernel_size: int, stride: int, padding: int | None, dilation: int = 1) -> str:
    """The rule of `conv_size` with numbers put in; padding None leaves that term out."""
    pad = "" if padding is None else f" + 2*{padding}"
    window = f"{kernel_size}" if dilation == 1 else f"({dilation}*({kernel_size} - 1) + 1)"
    room = size + 2 * (padding or 0) - window_span(kernel_size, dilation)
    exact = "" if room % stride == 0 else f"floor({room / stride:g}) + 1 = "
    return f"floor(({size}{pad} - {window})/{stride}) + 1 = {exact}{room // stride + 1}"


@dataclass(frozen=True)
class _Field:
    """Receptive field and jump of one value of a feature map, in input pixels.

    `whole` is that of all of the map together, where it has been pooled to a fixed size or flattened.
    """

    size: int = 1
    jump: int = 1
    whole: int | None = None

    def after(self, kernel_size: int, stride: int) -> _Field:
        return _Field(self.size + (kernel_size - 1) * self.jump, self.jump * stride)

    def of_all(self, width: int) -> int:
        """The receptive field of a map that is that wide."""
        return self.whole or self.size + (width - 1) * self.jump


class _DoesNotFitError(Exception):
    """A layer's kernel is larger than its padded input."""


def _span_and_padding(layer: Conv | MaxPool) -> tuple[int, int]:
    if isinstance(layer, Conv):
        return window_span(layer.kernel_size, layer.dilation), layer.padding
    return layer.kernel_size, 0


def _square(shape: Shape, layer: Conv | MaxPool, channels: int) -> Shape:
    span, padding = _span_and_padding(layer)
    size = conv_size(shape[1], span, layer.stride, padding)
    if size < 1:
        raise _DoesNotFitError(layer.name)
    return (channels, size, size)


def _info(
    layer: Layer,
    shape: Shape,
    field: _Field,
    formula: str,
    output_shape: Shape | None = None,
    parameters: int = 0,
    macs: int = 0,
    kernel_size: int | None = None,
    stride: int | None = None,
    padding: int | None = None,
    groups: int | None = None,
    dilation: int | None = None,
) -> LayerInfo:
    """A LayerInfo with what follows from the rest filled in; the shape is kept if none is given."""
    output_shape = output_shape or shape
    return LayerInfo(
        name=layer.name,
        type=type(layer).__name__,
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
    )


def _conv(layer: Conv, shape: Shape, field: _Field) -> tuple[LayerInfo, _Field]:
    if shape[0] % layer.groups or layer.channels % layer.groups:
        raise UserError(
            f"{layer.name} cannot split {shape[0]} input and {layer.channels} output channels into "
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
        formula=size_formula(shape[1], layer.kernel_size, layer.stride, layer.padding, layer.dilation),
    ), field


def _max_pool(layer: MaxPool, shape: Shape, field: _Field) -> tuple[LayerInfo, _Field]:
    field = field.after(layer.kernel_size, layer.stride)
    return _info(
        layer,
        shape,
        field,
        output_shape=_square(shape, layer, shape[0]),
        kernel_size=layer.kernel_size,
        stride=layer.stride,
        padding=0,
        formula=size_formula(shape[1], layer.kernel_size, layer.stride, None),
    ), field


def _adaptive(layer: AdaptiveAvgPool, shape: Shape, field: _Field) -> tuple[LayerInfo, _Field]:
    # Windows vary where the size is no multiple; the widest one bounds the receptive field.
    size, out = shape[1], layer.size
    widest = max(-(-(i + 1) * size // out) - i * size // out for i in range(out))
    field = replace(field.after(widest, max(1, size // out)), whole=field.of_all(size))
    return _info(
        layer,
        shape,
        field,
        output_shape=(shape[0], layer.size, layer.size),
        formula=f"averaged to {layer.size} whatever the input, here {shape[1]}",
    ), field


def _linear(layer: Linear, shape: Shape, field: _Field) -> tuple[LayerInfo, _Field]:
    if len(shape) != 1:
        raise UserError(f"{layer.name} needs a flat input: put a Flatten layer before it.")
    # Each unit sees the whole flattened map, as a convolution with a kernel of its width would.
    field = _Field(field.of_all(1), field.jump)
    return _info(
        layer,
        shape,
        field,
        parameters=layer.units * shape[0] + layer.units,
        macs=layer.units * shape[0],
        output_shape=(layer.units,),
        formula=f"W x + b, W is {layer.units} x {shape[0]}",
    ), field


def _flatten(layer: Flatten, shape: Shape, field: _Field) -> tuple[LayerInfo, _Field]:
    numbers = " * ".join(map(str, shape))
    info = _info(layer, shape, field, output_shape=(prod(shape),), formula=f"{numbers} = {prod(shape)}")
    return info, replace(field, whole=field.of_all(shape[1]))


_SAME_SHAPE: dict[type, str] = {
    ReLU: "max(0, x), shape unchanged",
    LocalResponseNorm: "x / (k + a * sum of n squares)^b, shape unchanged",
    Dropout: "x when predicting, shape unchanged",
    Softmax: "exp(x_i) / sum_j exp(x_j), shape unchanged",
}

_RULES: dict[type, Callable[..., tuple[LayerInfo, _Field]]] = {
    Conv: _conv,
    MaxPool: _max_pool,
    AdaptiveAvgPool: _adaptive,
    Linear: _linear,
    Flatten: _flatten,
}


def _walk(architecture: Architecture) -> Iterator[LayerInfo]:
    shape: Shape = (architecture.input_channels, architecture.input_size, architecture.input_size)
    field = _Field()
    for layer in architecture.layers:
        if type(layer) in _SAME_SHAPE:
            info = _info(layer, shape, field, formula=_SAME_SHAPE[type(layer)])
        else:
            info, field = _RULES[type(layer)](layer, shape, field)
        yield info
        shape = info.output_shape


def smallest_input_size(architecture: Architecture) -> int:
    """The smallest input, in pixels, for which every layer of the architecture has an output.

    From the last layer back to the first: n values of a window take (n - 1) * stride + span - 2 * padding.
    """
    size = 1
    for layer in reversed(architecture.layers):
        if isinstance(layer, Conv | MaxPool):
            span, padding = _span_and_padding(layer)
            size = max(1, (size - 1) * layer.stride + span - 2 * padding)
        elif isinstance(layer, AdaptiveAvgPool):
            size = 1
    return size


def describe(architecture: Architecture, input_size: int | None = None) -> list[LayerInfo]:
    """Shapes, parameters, operations, memory and receptive field of every layer, in order.

    Args:
        input_size: replaces the architecture's own input size, in pixels.

    Raises:
        UserError: a layer would have no output; the message names it and the smallest input.
    """
    if input_size is not None:
        architecture = architecture.with_input_size(input_size)
    try:
        return list(_walk(architecture))
    except _DoesNotFitError as error:
        raise UserError(
            f"With an input of {architecture.input_size} x {architecture.input_size} nothing is left "
            f"at {error} of {architecture.name}: its window is larger than what reaches it. "
            f"Use {smallest_input_size(architecture)} or more."
        ) from None


def describe_until_failure(architecture: Architecture) -> tuple[list[LayerInfo], str]:
    """The layers that work, in order, and a sentence on the first that does not; "" if all do."""
    infos: list[LayerInfo] = []
    try:
        for info in _walk(architecture):
            infos.append(info)  # noqa: PERF402 -- those before a failure are kept
    except _DoesNotFitError as error:
        shape = infos[-1].output_shape if infos else (0, architecture.input_size)
        return infos, (
            f"Nothing is left at {error}: its window is larger than the {shape[1]} x {shape[1]} that reaches "
            "it, padding included. Make its kernel or the strides before it smaller, or the input larger."
        )
    except UserError as error:
        return infos, str(error)
    return infos, ""
