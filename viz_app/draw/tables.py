"""Tables of facts about layers and attribution methods."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

from model.layers import LayerInfo
from model.receptive_field import Step

if TYPE_CHECKING:
    from model.attribution import Method

TOTAL = "total"


def shape(values: tuple[int, ...]) -> str:
    """Return a shape as people write it: (96, 55, 55) -> "96 × 55 × 55"."""
    return " × ".join(map(str, values))


def _text(value: int | None) -> str:
    """Return a number as text, or an empty text for None."""
    return "" if value is None else str(value)


def layer_table(infos: list[LayerInfo]) -> pd.DataFrame:
    """Return a table with one row for each layer and the totals in the last row."""
    parameters = sum(info.parameters for info in infos)
    operations = sum(info.macs for info in infos)
    rows = [
        {
            "layer": info.name,
            "output": shape(info.output_shape),
            "kernel": _text(info.kernel_size),
            "stride": _text(info.stride),
            "padding": _text(info.padding),
            "groups": _text(info.groups),
            "parameters": info.parameters,
            "share of parameters": info.parameters / parameters,
            "MACs": info.macs,
            "share of MACs": info.macs / operations,
            "size": info.formula if info.kernel_size else "",
            "memory": info.activation_bytes / 1024,
            "receptive field": _text(info.receptive_field),
            "jump": _text(info.jump),
        }
        for info in infos
    ]
    total = {
        "layer": TOTAL,
        **dict.fromkeys(("output", "kernel", "stride", "padding", "groups", "size"), ""),
        **dict.fromkeys(("receptive field", "jump"), ""),
        "parameters": parameters,
        "share of parameters": 1.0,
        "MACs": operations,
        "share of MACs": 1.0,
        "memory": sum(info.activation_bytes for info in infos) / 1024,
    }
    table = pd.DataFrame([*rows, total])
    # In the shape lab, sums can be larger than 64 bits hold.
    whole = "Int64" if max(parameters, operations) < 2**63 else "float64"
    return table.astype(dict.fromkeys(("parameters", "MACs"), whole))


def trace_table(steps: list[Step]) -> pd.DataFrame:
    """Return a table of the rows and columns of each layer's input that an activation depends on."""
    rows = [
        {
            "input of": step.layer.name,
            "kernel": _text(step.layer.kernel_size),
            "stride": _text(step.layer.stride),
            "padding": _text(step.layer.padding),
            "rows": f"{step.box.top} to {step.box.bottom - 1}",
            "columns": f"{step.box.left} to {step.box.right - 1}",
            "size": f"{step.box.height} × {step.box.width}",
            "size without borders": f"{step.unclipped.height} × {step.unclipped.width}",
        }
        for step in steps
        if step.layer.is_spatial or step.layer.type == "Flatten"
    ]
    return pd.DataFrame(rows)


def method_table(methods: Iterable[Method]) -> pd.DataFrame:
    """Return a table with one row for each attribution method: its properties, its cost and its paper."""
    rows = [
        {
            "method": method.title,
            "layer": _yes(method.needs_layer),
            "class": _yes(method.class_discriminative),
            "signed": _yes(method.signed),
            "cost": method.cost,
            "paper": method.paper.split(",")[0],
        }
        for method in methods
    ]
    return pd.DataFrame(rows)


def _yes(fact: bool) -> str:
    return "yes" if fact else "–"


def parameter_table(method: Method) -> pd.DataFrame:
    """Return a table of a method's parameters: name, meaning, default and limits."""
    rows = [
        {
            "name": parameter.name,
            "meaning": parameter.title,
            "default": parameter.usual,
            "allowed": parameter.allowed,
        }
        for parameter in method.parameters
    ]
    return pd.DataFrame(rows)
