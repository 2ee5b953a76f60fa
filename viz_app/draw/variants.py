"""Make a table of two of AlexNet's variants, layer by layer, in which differences are marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any

import pandas as pd

from model.architectures import Architecture
from model.layer_specs import Layer, LocalResponseNorm
from model.layers import LayerInfo, describe
from viz_app.draw import colours, tables

WORDS = {
    "channels": "filters",
    "kernel_size": "kernel",
    "units": "units",
    "stride": "stride",
    "padding": "padding",
    "groups": "groups",
    "dilation": "dilation",
    "rounding": "rounding",
    "constants": "constants",
    "size": "size",
    "p": "share",
}
"""What the settings of layers are called in the table of two architectures."""

Described = tuple[Layer, LayerInfo]


def side_by_side(left: Architecture, right: Architecture) -> pd.DataFrame:
    """Return a table with one row for each layer of two architectures, and the totals in the last row.

    The column "different" names what differs, such as "filters, padding"; it is "" where nothing does.
    Outputs and parameters are named only where the layer's own settings are the same.
    """
    ours, theirs = _described(left), _described(right)
    sizes = [(one.input_channels, one.input_size, one.input_size) for one in (left, right)]
    rows: list[dict[str, Any]] = [
        {
            "layer": "input",
            "different": "" if sizes[0] == sizes[1] else "size",
            "left": tables.shape(sizes[0]),
            "right": tables.shape(sizes[1]),
        }
    ]
    for name, in_left, in_right in _aligned(left.layer_names, right.layer_names):
        one, other = ours[name] if in_left else None, theirs[name] if in_right else None
        if one and other:
            different = ", ".join(_differences(one, other))
        elif name in ours and name in theirs:
            different = "another place"
        else:
            different = "only left" if one else "only right"
        rows.append(
            {
                "layer": name,
                "different": different,
                "left": _sentence(one),
                "right": _sentence(other),
                "left parameters": one[1].parameters if one else None,
                "right parameters": other[1].parameters if other else None,
            }
        )
    sums = [sum(info.parameters for _, info in found.values()) for found in (ours, theirs)]
    total = {
        "layer": tables.TOTAL,
        "different": "" if sums[0] == sums[1] else "parameters",
        "left": "",
        "right": "",
        "left parameters": sums[0],
        "right parameters": sums[1],
    }
    return pd.DataFrame([*rows, total]).astype({"left parameters": "Int64", "right parameters": "Int64"})


def marked(table: pd.DataFrame) -> Any:
    """Return the table of two architectures with a colour behind every row that differs."""

    def style(row: pd.Series) -> list[str]:
        return [f"background-color: {colours.MARK}2e" if row["different"] else ""] * len(row)

    return table.style.apply(style, axis=1)


def _described(architecture: Architecture) -> dict[str, Described]:
    return {
        layer.name: (layer, info)
        for layer, info in zip(architecture.layers, describe(architecture), strict=True)
    }


def _aligned(left: Sequence[str], right: Sequence[str]) -> Iterator[tuple[str, bool, bool]]:
    """Yield the names of layers in order, each with whether it stands there left and right.

    "norm1", "pool1" and "pool1", "norm1" become norm1 only left, pool1 on both sides, norm1 only right.
    """
    for kind, i, j, k, m in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from ((name, True, True) for name in left[i:j])
        else:
            yield from ((name, True, False) for name in left[i:j])
            yield from ((name, False, True) for name in right[k:m])


def _differences(one: Described, other: Described) -> list[str]:
    (layer, info), (other_layer, other_info) = one, other
    settings, others = vars(layer), vars(other_layer)
    if found := [WORDS[name] for name in settings if settings[name] != others[name]]:
        return found  # from which other outputs and parameters follow
    is_other = {
        "output": info.output_shape != other_info.output_shape,
        "parameters": info.parameters != other_info.parameters,
    }
    return [name for name, differs in is_other.items() if differs]


def _sentence(described: Described | None) -> str:
    """Return a layer's settings and its output: "11 × 11, stride 4 → 96 × 55 × 55"."""
    if described is None:
        return "–"
    layer, info = described
    settings = []
    if info.kernel_size:
        settings.append(f"{info.kernel_size} × {info.kernel_size}")
    if (info.stride or 1) > 1:
        settings.append(f"stride {info.stride}")
    if info.padding:
        settings.append(f"padding {info.padding}")
    if (groups := getattr(layer, "groups", 1)) > 1:
        settings.append(f"{groups} groups")
    if info.rounding == "ceil":
        settings.append("rounded up")
    if isinstance(layer, LocalResponseNorm):
        settings.append("fixed constants" if layer.constants else "constants of the weights")
    output = tables.shape(info.output_shape)
    return f"{', '.join(settings)} → {output}" if settings else output
