"""The command `cell`: show the arithmetic of one activation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..weights.sources import DEFAULT_ARCHITECTURE
from . import options
from .output import print_json, print_out

if TYPE_CHECKING:
    from ..cells import Cell, ResponseNormCell

SHOWN = 12  # so many terms of a long sum are shown; the others are added up to one number

Layer = Annotated[str, typer.Option(metavar="NAME", help="The layer, for example conv1 or fc8.")]
Channel = Annotated[
    int,
    typer.Option(metavar="N", help="The channel, or the unit of a layer without channels, counted from 0."),
]
Row = Annotated[
    int, typer.Option(metavar="N", help="The row in the channel's feature map, from 0 at the top.")
]
Column = Annotated[int, typer.Option(metavar="N", help="The column in the feature map, from 0 at the left.")]


def cell(
    image: options.Image,
    layer: Layer,
    channel: Channel,
    row: Row = 0,
    column: Column = 0,
    architecture: options.Architecture = DEFAULT_ARCHITECTURE,
    weights: options.Weights = None,
    device: options.Device = "auto",
    output: options.TableOrJson = "table",
) -> None:
    """Show how one activation is computed, and compare the result with the network's own.

    For a convolution, the products are added up for each input channel, and the largest sums are shown first.
    With --format json you get the factors of every single product.
    """
    from ..activations import capture
    from ..arithmetic import take_apart
    from .network import Network
    from .photos import read_photo_file

    photo = read_photo_file(image)
    network = Network(architecture, weights, device)

    def compute(alexnet) -> Cell:
        return take_apart(alexnet, capture(alexnet, alexnet.prepare(photo)), layer, channel, row, column)

    found = network.run(compute)
    if output == "json":
        print_json(_plain(found))
    else:
        _print(found)


def _print(found: Cell) -> None:
    place = f"channel {found.channel}, row {found.row}, column {found.column}"
    print_out(f"{found.layer.name}, {place if found.layer.is_spatial else f'unit {found.channel}'}")
    rows = [*_terms(found), ("computed here", found.worked), ("computed by the network", found.captured)]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        print_out(f"  {name:<{width}}  {value: .7g}")


def _terms(found: Cell) -> list[tuple[str, float]]:
    """Return the terms of the calculation with their names, in the order of the calculation."""
    from .. import cells as parts

    match found:
        case parts.ConvolutionCell():
            names = [f"sum of {found.kernel[0].size} products, input channel {i}" for i in found.inputs]
            return [*_longest(names, found.plane_sums), ("bias", found.bias)]
        case parts.LinearCell():
            pairs = enumerate(zip(found.x, found.weights, strict=True))
            names = [f"{w:.5g} x input {i} = {x:.5g}" for i, (x, w) in pairs]
            return [*_longest(names, found.products), ("bias", found.bias)]
        case parts.NormCell():
            values = zip(found.neighbours, found.values, strict=True)
            squares = [(f"squared, of channel {i}: {v:.5g}", float(v) ** 2) for i, v in values]
            return _normalized(found, squares)
        case parts.SpatialNormCell():
            return _normalized(found, [(f"sum of {found.values.size} squares", found.squares)])
        case parts.PoolCell():
            rows, columns = found.window.shape
            return [
                (f"row {found.top + r}, column {found.left + c}", float(found.window[r, c]))
                for r in range(rows)
                for c in range(columns)
            ]
        case parts.SoftmaxCell():
            own = found.exponentials[found.channel]
            return [
                (f"exp({found.logits[found.channel]:.5g})", float(own)),
                ("sum of all exponentials", float(found.exponentials.sum())),
            ]
        case parts.ReLUCell() | parts.TanhCell() | parts.SigmoidCell() | parts.SameCell():
            return [("input", found.x)]
    raise TypeError(type(found))


def _normalized(found: ResponseNormCell, squares: list[tuple[str, float]]) -> list[tuple[str, float]]:
    c = found.constants
    return [
        ("x", found.x),
        *squares,
        (f"({c.k:g} + {c.scale:g} x their sum)^{c.beta:g}", found.denominator),
    ]


def _longest(names: list[str], values) -> list[tuple[str, float]]:
    """Return the terms of the largest magnitude, and the sum of the others as one more term."""
    order = sorted(range(len(values)), key=lambda i: -abs(values[i]))
    shown, rest = order[:SHOWN], order[SHOWN:]
    terms = [(names[i], float(values[i])) for i in shown]
    return [*terms, (f"the {len(rest)} other terms", float(sum(values[i] for i in rest)))] if rest else terms


def _plain(found: Cell) -> dict[str, Any]:
    """Return all fields as JSON can store them."""
    import dataclasses

    import numpy as np

    def plain(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            return value.tolist()
        return vars(value) if dataclasses.is_dataclass(value) else value

    fields = {field.name: plain(getattr(found, field.name)) for field in dataclasses.fields(found)}
    return {**fields, "layer": found.layer.name, "type": found.layer.type, "worked": found.worked}
