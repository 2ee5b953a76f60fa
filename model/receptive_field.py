"""Compute the receptive field of an activation: the pixels of the input that it depends on.

Results are exact at the borders too, where padding cuts the receptive field. Nothing here needs weights or
PyTorch. Source: Araujo et al., "Computing Receptive Fields of Convolutional Neural Networks" (2019).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

import numpy as np

from .architectures import Architecture
from .errors import UserError
from .layers import LayerInfo, Shape, describe


@dataclass(frozen=True)
class Box:
    """A rectangle of pixels or activations: rows top to bottom - 1, columns left to right - 1."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left

    def cut(self, picture: np.ndarray) -> np.ndarray:
        """Return the part of a picture that lies in the box: [H, W, ...] -> [height, width, ...]."""
        return picture[self.slices]

    @property
    def slices(self) -> tuple[slice, slice]:
        """Return the slices of rows and columns, used as `maps[..., *box.slices]`."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


@dataclass(frozen=True)
class Step:
    """The part of one layer's input that an activation of a later layer depends on.

    Attributes:
        layer: the layer.
        box: rows and columns of the layer's input.
        unclipped: the same if feature maps had no borders: it may reach beyond the input.
    """

    layer: LayerInfo
    box: Box
    unclipped: Box


def check_position(info: LayerInfo, channel: int, row: int = 0, column: int = 0) -> None:
    """Check that a layer has an activation at a position.

    Raises:
        UserError: the layer has no such channel or unit, row or column; the message says which it has.
    """
    names = ("channel", "row", "column") if info.is_spatial else ("unit",)
    for name, index, size in zip(names, (channel, row, column), info.output_shape, strict=False):
        if not 0 <= index < size:
            raise UserError(f"{info.name} has no {name} {index}: choose one from 0 to {size - 1}.")
    if not info.is_spatial and (row or column):
        raise UserError(f"{info.name} has units, not feature maps: leave row and column at 0.")


def trace(architecture: Architecture, layer: str, channel: int, row: int = 0, column: int = 0) -> list[Step]:
    """Return the part of each layer's input that an activation depends on, from its own layer to the first.

    Args:
        channel: number of the unit for layers without channels. After flatten, each unit is one activation
            of pool5, so the unit decides on the receptive field.

    Raises:
        UserError: there is no such layer or position.
    """
    infos = describe(architecture)
    names = [info.name for info in infos]
    if layer not in names:
        raise UserError(f"{architecture.name} has no layer '{layer}'. Its layers are: {', '.join(names)}.")
    passed = infos[: names.index(layer) + 1]
    check_position(passed[-1], channel, row, column)
    part = unclipped = Box(row, column, row + 1, column + 1)
    unit = None if passed[-1].is_spatial else channel  # None stands for all units
    steps = []
    for info in reversed(passed):
        part = _clip(needed_input(info, part, unit), info.input_shape)
        unclipped = needed_input(info, unclipped, unit)
        steps.append(Step(info, part, unclipped))
        if info.type in ("Flatten", "Linear", "Softmax"):
            unit = None
    return steps


def box(architecture: Architecture, layer: str, channel: int, row: int = 0, column: int = 0) -> Box:
    """Return the receptive field of an activation, in pixels of the input.

    `box(alexnet, "conv1", 0, row=1, column=0)` -> rows 4 to 14, columns 0 to 10.

    Raises:
        UserError: there is no such layer or position.

    >>> from model.architectures import ARCHITECTURES
    >>> box(ARCHITECTURES["alexnet-2012"], "conv1", channel=0, row=2, column=1)  # 11 wide, 4 apart
    Box(top=8, left=4, bottom=19, right=15)
    """
    return trace(architecture, layer, channel, row, column)[-1].box


def needed_input(info: LayerInfo, part: Box, unit: int | None = None) -> Box:
    """Return the part of a layer's input that a part of its output depends on.

    Where the result reaches beyond the input, there is padding.

    Args:
        part: rows and columns of the output.
        unit: number of a unit of the layer flatten; None for all units.

    >>> from model.architectures import ARCHITECTURES
    >>> from model.layers import describe_layer
    >>> conv1 = describe_layer(ARCHITECTURES["alexnet-2012"], "conv1")
    >>> needed_input(conv1, Box(0, 0, 1, 2))  # two neighbours in a row: windows from 0 to 10 and from 4 to 14
    Box(top=0, left=0, bottom=11, right=15)
    """
    match info.type:
        case "Flatten":
            return _flattened(info, unit)
        case "AdaptiveAvgPool":
            return _adaptive(part, info)
        case "Conv" | "MaxPool" | "AvgPool" | "SpatialResponseNorm":
            return _under_windows(info, part)
        case "ReLU" | "Tanh" | "Sigmoid" | "LocalResponseNorm" | "Linear" | "Dropout" | "Softmax":
            return part
        case _:
            assert_never(info.type)


def _flattened(info: LayerInfo, unit: int | None) -> Box:
    """Return the position of a unit of flatten in the feature map before it; all of it for None."""
    _, height, width = info.input_shape
    if unit is None:
        return Box(0, 0, height, width)
    row, column = divmod(unit % (height * width), width)
    return Box(row, column, row + 1, column + 1)


def _under_windows(info: LayerInfo, part: Box) -> Box:
    """Return the part of a layer's input under the windows of a part of its output."""
    stride, padding = info.stride or 1, info.padding or 0
    # The last window starts at (bottom - 1) * stride - padding and is info.span long.
    below = info.span - stride - padding
    return Box(
        part.top * stride - padding,
        part.left * stride - padding,
        part.bottom * stride + below,
        part.right * stride + below,
    )


def _adaptive(part: Box, info: LayerInfo) -> Box:
    (_, height, width), (_, rows, columns) = info.input_shape, info.output_shape
    return Box(
        part.top * height // rows,
        part.left * width // columns,
        -(-part.bottom * height // rows),
        -(-part.right * width // columns),
    )


def dependent_output(info: LayerInfo, part: Box) -> Box:
    """Return the part of a layer's output that depends on a part of its input: the reverse of `needed_input`.

    The result is empty if no window covers that part: strides may leave out a margin of the input.

    Args:
        info: of a convolution, a pooling, or a layer that computes each activation from one other.

    >>> from model.architectures import ARCHITECTURES
    >>> from model.layers import describe_layer
    >>> conv1 = describe_layer(ARCHITECTURES["alexnet-2012"], "conv1")
    >>> dependent_output(conv1, Box(100, 100, 140, 140))  # 40 pixels reach 12 of 55 rows
    Box(top=23, left=23, bottom=35, right=35)
    """
    if info.kernel_size is None:
        return part
    stride, padding = info.stride or 1, info.padding or 0

    def first(edge: int) -> int:  # number of the first window that ends beyond the edge
        return (edge + padding - info.span) // stride + 1

    def end(edge: int) -> int:  # number of the first window that begins at the edge or beyond it
        return (edge + padding - 1) // stride + 1

    return _clip(Box(first(part.top), first(part.left), end(part.bottom), end(part.right)), info.output_shape)


def _clip(unclipped: Box, shape: Shape) -> Box:
    height, width = shape[1:] if len(shape) == 3 else (1, 1)
    return Box(
        max(0, unclipped.top),
        max(0, unclipped.left),
        min(height, unclipped.bottom),
        min(width, unclipped.right),
    )
