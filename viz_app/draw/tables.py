"""Facts about layers as a table. No Streamlit, no PyTorch."""

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
    """A shape as people write it: 96 × 55 × 55."""
    return " × ".join(map(str, values))


def _text(value: int | None) -> str:
    """A blank cell where a layer has no such thing."""
    return "" if value is None else str(value)


def layer_table(infos: list[LayerInfo]) -> pd.DataFrame:
    """One row a layer, and a last one with the sums."""
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
            "of parameters": info.parameters / parameters,
            "MACs": info.macs,
            "of MACs": info.macs / operations,
            "size": info.formula if info.kernel_size else "",
            "memory": info.activation_bytes / 1024,
            "sees": _text(info.receptive_field),
            "jump": _text(info.jump),
        }
        for info in infos
    ]
    total = {
        "layer": TOTAL,
        **dict.fromkeys(("output", "kernel", "stride", "padding", "groups", "size", "sees", "jump"), ""),
        "parameters": parameters,
        "of parameters": 1.0,
        "MACs": operations,
        "of MACs": 1.0,
        "memory": sum(info.activation_bytes for info in infos) / 1024,
    }
    table = pd.DataFrame([*rows, total])
    whole = "Int64" if max(parameters, operations) < 2**63 else "float64"  # what the shape lab can ask for
    return table.astype(dict.fromkeys(("parameters", "MACs"), whole))


def trace_table(steps: list[Step]) -> pd.DataFrame:
    """From a number down to the picture: what it depends on in each layer's input."""
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
    """One row an attribution method: what it looks at, what its map can say, what it costs, whose it is."""
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
    """What a method can be run with: its name in the shell, what it is, the usual value and the limits."""
    rows = [
        {
            "name": parameter.name,
            "what": parameter.title,
            "usually": f"{parameter.default:g}",
            "from": f"{parameter.low:g}",
            "to": f"{parameter.high:g}",
        }
        for parameter in method.parameters
    ]
    return pd.DataFrame(rows)
