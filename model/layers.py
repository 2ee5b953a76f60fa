"""Compute facts about every layer from the architecture alone, without weights or a forward pass."""

from __future__ import annotations

from collections.abc import Iterator

from .architectures import Architecture
from .errors import UserError
from .layer_facts import BYTES_PER_VALUE, DoesNotFitError, Field, described, span_and_padding
from .layer_info import LayerInfo, Shape
from .layer_specs import AdaptiveAvgPool, AvgPool, Conv, MaxPool
from .sizes import conv_size

__all__ = [
    "BYTES_PER_VALUE",
    "LayerInfo",
    "Shape",
    "describe",
    "describe_layer",
    "describe_until_failure",
    "smallest_input_size",
]


def _walk(architecture: Architecture) -> Iterator[LayerInfo]:
    shape: Shape = (architecture.input_channels, architecture.input_size, architecture.input_size)
    field = Field()
    for layer in architecture.layers:
        info, field = described(layer, shape, field)
        yield info
        shape = info.output_shape


def smallest_input_size(architecture: Architecture) -> int:
    """Return the size in pixels of the smallest input for which every layer has an output.

    It is computed from the last layer to the first: n outputs need (n - 1) * stride + span - 2 * padding
    inputs, or fewer if sizes are rounded up.
    """
    size = 1
    for layer in reversed(architecture.layers):
        if isinstance(layer, Conv | MaxPool | AvgPool):
            span, padding = span_and_padding(layer)
            wanted, size = size, max(1, (size - 1) * layer.stride + span - 2 * padding)
            while size > 1 and conv_size(size - 1, span, layer.stride, padding, layer.rounding) >= wanted:
                size -= 1
        elif isinstance(layer, AdaptiveAvgPool):
            size = 1
    return size


def describe(architecture: Architecture, input_size: int | None = None) -> list[LayerInfo]:
    """Return shapes, parameters, operations, memory and receptive field of every layer, in order.

    Args:
        input_size: in pixels; None for that of the architecture.

    Raises:
        UserError: a layer would have no output; the message names it and the smallest input.
    """
    if input_size is not None:
        architecture = architecture.with_input_size(input_size)
    try:
        return list(_walk(architecture))
    except DoesNotFitError as error:
        raise UserError(
            f"With an input of {architecture.input_size} x {architecture.input_size}, {error} of "
            f"{architecture.name} has no output: its window is larger than its input. "
            f"Use {smallest_input_size(architecture)} or more."
        ) from None


def describe_layer(architecture: Architecture, layer: str, input_size: int | None = None) -> LayerInfo:
    """Return the facts about one layer. Arguments and errors are those of `describe`.

    Raises:
        UserError: the architecture has no such layer.

    >>> from model.architectures import ARCHITECTURES
    >>> conv2 = describe_layer(ARCHITECTURES["alexnet-2012"], "conv2")
    >>> conv2.output_shape, conv2.parameters  # two towers: 256 kernels of 48 * 5 * 5, and 256 biases
    ((256, 27, 27), 307456)
    >>> conv2.receptive_field, conv2.jump
    (51, 8)
    """
    architecture.check_layers(layer)
    return describe(architecture, input_size)[architecture.layer_names.index(layer)]


def describe_until_failure(architecture: Architecture) -> tuple[list[LayerInfo], str]:
    """Return the facts about all layers before the first impossible one, and what is wrong with it, or ""."""
    infos: list[LayerInfo] = []
    try:
        for info in _walk(architecture):
            infos.append(info)  # noqa: PERF402 -- those before a failure are kept
    except DoesNotFitError as error:
        shape = infos[-1].output_shape if infos else (0, architecture.input_size)
        return infos, (
            f"{error} has no output: its window is larger than its input of {shape[1]} x {shape[1]} with "
            "padding. Make its kernel or the strides before it smaller, or the input larger."
        )
    except UserError as error:
        return infos, str(error)
    return infos, ""
