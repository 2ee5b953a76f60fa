"""The command `describe`: show every layer's shapes and costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal

import typer

from ..architectures import ARCHITECTURES
from ..layers import LayerInfo, Shape
from ..layers import describe as describe_layers
from ..networks import get_architecture
from . import options
from .output import Cell, print_csv, print_json, print_out, print_table

PAPER = next(iter(ARCHITECTURES))

Format = Annotated[
    Literal["table", "json", "csv"],
    typer.Option(
        "--format",
        help="A table for people, with totals, or data for programs: with json or csv nothing else is on "
        "standard output. Shapes are lists in json, and written like 96x55x55 in csv.",
    ),
]
InputSize = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Height and width of the input in pixels. By default that of the architecture: 227, 224 or 32.",
    ),
]


def describe(
    architecture: options.Architecture = PAPER,
    input_size: InputSize = None,
    output_format: Format = "table",
) -> None:
    """Show every layer's shapes, parameters, operations and receptive field.

    The numbers are for one photo and depend on the architecture alone: no weights are read. MACs are the
    multiply-accumulate operations of convolutions and fully connected layers; one MAC is two FLOPs.
    """
    chosen = get_architecture(architecture)
    layers = describe_layers(chosen, input_size)
    if output_format == "json":
        print_json([asdict(layer) for layer in layers])
    elif output_format == "csv":
        print_csv([_flat(layer) for layer in layers])
    else:
        _print_layers(layers)
        if chosen.fixes_lrn:
            print_out("Its constants of LRN replace those that weights were trained with.")


def _flat(layer: LayerInfo) -> dict[str, Any]:
    shapes = {"input_shape": _shape(layer.input_shape), "output_shape": _shape(layer.output_shape)}
    return asdict(layer) | shapes


def _shape(shape: Shape) -> str:
    return "x".join(map(str, shape))


_HEADER = (
    *("layer", "type", "output", "kernel", "stride", "padding", "groups"),
    *("parameters", "MACs", "bytes", "receptive field", "jump", "output size"),
)


def _row(layer: LayerInfo) -> tuple[Cell, ...]:
    return (
        layer.name,
        layer.type,
        _shape(layer.output_shape),
        layer.kernel_size,
        layer.stride,
        layer.padding,
        layer.groups,
        layer.parameters or None,
        layer.macs or None,
        layer.activation_bytes,
        layer.receptive_field,
        layer.jump,
        layer.formula,
    )


def _print_layers(layers: Sequence[LayerInfo]) -> None:
    parameters = sum(layer.parameters for layer in layers)
    macs = sum(layer.macs for layer in layers)
    size = sum(layer.activation_bytes for layer in layers)
    blank = (None,) * 4
    total = ("total", "", "", *blank, parameters, macs, size, None, None, "")
    print_table(_HEADER, [*map(_row, layers), total])
    print_out(
        f"\nInput {_shape(layers[0].input_shape)}. {parameters:,} parameters ({parameters * 4 / 1e6:,.0f} MB "
        f"in float32), {macs:,} MACs ({2 * macs / 1e9:.2f} GFLOPs), {size / 1e6:.1f} MB of activations."
    )
