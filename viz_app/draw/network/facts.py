"""Describe each layer of the diagram in words: name, type, shape, parameters, formulas."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from model.architectures import Architecture
from model.layers import LayerInfo
from viz_app.draw.colours import LAYER_KINDS


@dataclass(frozen=True)
class Facts:
    """The text below the diagram while the pointer or the light is at a layer.

    Attributes:
        kind: the layer's type and window: "convolution 11 × 11, stride 4".
        shape: of the output: "96 × 55 × 55".
        parameters: "34,944 parameters"; "" if nothing is learned.
        formulas: for the size of the output and the number of parameters.
        note: how many channels are zero for this photo, or "".
    """

    name: str
    kind: str
    shape: str
    parameters: str
    formulas: tuple[str, ...]
    note: str = ""

    @property
    def sentence(self) -> str:
        """Return name, type, shape and parameters in one line, for users who cannot see the diagram."""
        return ", ".join(part for part in (f"{self.name}: {self.kind}", self.shape, self.parameters) if part)


def shape(info: LayerInfo) -> str:
    """Return the shape of a layer's output: "96 × 55 × 55" or "4,096"."""
    return " × ".join(f"{size:,}" for size in info.output_shape)


def short_shape(output_shape: tuple[int, ...]) -> str:
    """Return a shape in few characters: "96 × 55²" or "4,096"."""
    if len(output_shape) == 3 and output_shape[1] == output_shape[2]:
        return f"{output_shape[0]} × {output_shape[1]}²"
    return " × ".join(f"{size:,}" for size in output_shape)


def readable(formula: str) -> str:
    """Return a formula with the signs of print: "(55 - 3)/2 * 6" -> "(55 − 3) / 2 · 6"."""
    formula = re.sub(r"(?<=\d) x (?=\d)", " × ", formula)
    return formula.replace(" * ", " · ").replace("*", "·").replace(" - ", " − ").replace(")/", ") / ")


def _parameter_formula(info: LayerInfo) -> str:
    """Return the formula for the number of parameters: "96 · (3·11·11) + 96 = 34,944"."""
    if info.weight_shape is None:
        return ""
    out, *per_output = info.weight_shape
    fan_in = "·".join(map(str, per_output))
    fan_in = f"({fan_in})" if len(per_output) > 1 else fan_in
    return f"{out} · {fan_in} + {out} = {info.parameters:,}"


def _kind(info: LayerInfo) -> str:
    kind = LAYER_KINDS[info.type]
    if not info.kernel_size:
        return kind
    window = f"{info.kernel_size} × {info.kernel_size}"
    return f"{kind} {window}" + (f", stride {info.stride}" if info.stride and info.stride > 1 else "")


def silent_channels(values: np.ndarray) -> int:
    """Return how many channels or units are zero everywhere. float [C, ...] -> int"""
    return int((~values.reshape(len(values), -1).any(axis=1)).sum())


def _note(info: LayerInfo, values: np.ndarray | None) -> str:
    if values is None or info.type not in ("ReLU", "LocalResponseNorm", "MaxPool"):
        return ""
    what = "channels" if info.is_spatial else "units"
    if not (silent := silent_channels(values)):
        return ""
    return f"{silent:,} of {len(values):,} {what} are zero for this photo"


def facts(
    architecture: Architecture, infos: list[LayerInfo], values: Mapping[str, np.ndarray] | None = None
) -> dict[str, Facts]:
    """Return the facts about the input, every layer and the prediction, by name and in order.

    Args:
        values: the output of every layer for a photo; None for facts without notes.
    """
    first = infos[0].input_shape
    found = {
        "input": Facts(
            "input",
            "the photo's square crop in red, green and blue",
            " × ".join(map(str, first)),
            "",
            (f"{first[0]} · {first[1]} · {first[2]} = {np.prod(first):,} numbers",),
        )
    }
    for info in infos:
        formulas = tuple(filter(None, (readable(info.formula), _parameter_formula(info))))
        parameters = f"{info.parameters:,} parameters" if info.parameters else ""
        note = _note(info, None if values is None else values.get(info.name))
        found[info.name] = Facts(info.name, _kind(info), shape(info), parameters, formulas, note)
    found["answer"] = Facts(
        "prediction", "the most probable classes", f"{architecture.class_count:,} classes", "", (), ""
    )
    return found
