"""Which pixels of the input an activation can see: exact at the borders, step by step.

Nothing here needs weights or PyTorch. Source: Araujo et al., "Computing Receptive Fields of
Convolutional Neural Networks" (2019), with the clipping that padding brings.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .architectures import Architecture
from .errors import UserError
from .layers import LayerInfo, Shape, describe


@dataclass(frozen=True)
class Box:
    """A rectangle of pixels or cells; first row and column, and the ones after the last."""

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
        """What lies in it: [H, W, ...] -> [height, width, ...]."""
        return picture[self.slices]

    @property
    def slices(self) -> tuple[slice, slice]:
        """For an array [..., rows, columns]: `maps[..., *box.slices]`."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


@dataclass(frozen=True)
class Step:
    """The part of one layer's input that an activation further up depends on.

    Attributes:
        layer: whose input `box` lies in.
        box: rows and columns of that input, clipped to it.
        unclipped: what it would be if no map had borders.
    """

    layer: LayerInfo
    box: Box
    unclipped: Box


def check_position(info: LayerInfo, channel: int, row: int = 0, column: int = 0) -> None:
    """Raises:
    UserError: the layer has no such channel or unit, row or column; the message says which there are.
    """
    names = ("channel", "row", "column") if info.is_spatial else ("unit",)
    for name, index, size in zip(names, (channel, row, column), info.output_shape, strict=False):
        if not 0 <= index < size:
            raise UserError(f"{info.name} has no {name} {index}: choose one from 0 to {size - 1}.")
    if not info.is_spatial and (row or column):
        raise UserError(f"{info.name} has units, not maps: leave row and column at 0.")


def trace(architecture: Architecture, layer: str, channel: int, row: int = 0, column: int = 0) -> list[Step]:
    """From an activation down to the input: what it depends on in the input of each layer.

    Args:
        channel: needed by the flattened layers, whose units each come from one cell.

    Raises:
        UserError: no such layer or position.
    """
    infos = describe(architecture)
    names = [info.name for info in infos]
    if layer not in names:
        raise UserError(f"{architecture.name} has no layer '{layer}'. Its layers are: {', '.join(names)}.")
    reached = infos[: names.index(layer) + 1]
    check_position(reached[-1], channel, row, column)
    cells = unclipped = Box(row, column, row + 1, column + 1)
    unit = None if reached[-1].is_spatial else channel  # of a flat layer; None stands for all of them
    steps = []
    for info in reversed(reached):
        cells = _clip(seen(info, cells, unit), info.input_shape)
        unclipped = seen(info, unclipped, unit)
        steps.append(Step(info, cells, unclipped))
        if info.type in ("Flatten", "Linear", "Softmax"):
            unit = None
    return steps


def box(architecture: Architecture, layer: str, channel: int, row: int = 0, column: int = 0) -> Box:
    """The pixels of the input that the activation depends on, exact at the borders.

    Raises:
        UserError: no such layer or position.
    """
    return trace(architecture, layer, channel, row, column)[-1].box


def seen(info: LayerInfo, cells: Box, unit: int | None = None) -> Box:
    """The part of a layer's input that some cells, or a unit, of its output depend on.

    Not clipped: where it reaches over the input's edge, there is padding.
    """
    if info.type == "Flatten":
        _, height, width = info.input_shape
        if unit is None:
            return Box(0, 0, height, width)
        row, column = divmod(unit % (height * width), width)
        return Box(row, column, row + 1, column + 1)
    if info.type == "AdaptiveAvgPool":
        return _adaptive(cells, info)
    if info.kernel_size is None:
        return cells
    stride, padding = info.stride or 1, info.padding or 0
    below = info.span - stride - padding  # from the last window's start to its end
    return Box(
        cells.top * stride - padding,
        cells.left * stride - padding,
        cells.bottom * stride + below,
        cells.right * stride + below,
    )


def _adaptive(cells: Box, info: LayerInfo) -> Box:
    (_, height, width), (_, rows, columns) = info.input_shape, info.output_shape
    return Box(
        cells.top * height // rows,
        cells.left * width // columns,
        -(-cells.bottom * height // rows),
        -(-cells.right * width // columns),
    )


def reached(info: LayerInfo, cells: Box) -> Box:
    """The other way round: the part of a layer's output that depends on some cells of its input.

    Empty where no window covers them: strides may leave a margin unseen.

    Args:
        info: of a convolution, a pooling, or a layer that works cell by cell.
    """
    if info.kernel_size is None:
        return cells
    stride, padding = info.stride or 1, info.padding or 0

    def first(edge: int) -> int:  # the first window that ends beyond the edge
        return (edge + padding - info.span) // stride + 1

    def end(edge: int) -> int:  # the first window that begins at the edge or beyond
        return (edge + padding - 1) // stride + 1

    return _clip(
        Box(first(cells.top), first(cells.left), end(cells.bottom), end(cells.right)), info.output_shape
    )


def _clip(unclipped: Box, shape: Shape) -> Box:
    height, width = shape[1:] if len(shape) == 3 else (1, 1)
    return Box(
        max(0, unclipped.top),
        max(0, unclipped.left),
        min(height, unclipped.bottom),
        min(width, unclipped.right),
    )
