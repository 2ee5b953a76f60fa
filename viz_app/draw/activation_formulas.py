"""The arithmetic of one activation as LaTeX, with the actual numbers in place of the letters."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from model.layer_specs import LayerType
from viz_app.draw.layer_formulas import lines

if TYPE_CHECKING:
    from model.arithmetic import Cell

COLOURS = ("red", "green", "blue")
TERMS = 4  # so many terms of a long sum are written out; the others are added up to one number


def value(x: float) -> str:
    """Return a number with five significant digits: 0.5 -> "0.5", 0.0000123 -> "1.23 \\cdot 10^{-5}"."""
    text = f"{x:.5g}"
    if "e" not in text:
        return text
    digits, power = text.split("e")
    return rf"{digits} \cdot 10^{{{int(power)}}}"


def signed(x: float) -> str:
    """Return a number that can follow a plus sign: 2.0 -> "2", -2.0 -> "(-2)"."""
    return f"({value(x)})" if x < 0 else value(x)


def squared(x: float) -> str:
    """Return a number squared: 2.0 -> "2^2", -2.0 -> "(-2)^2"."""
    text = value(x)
    return f"({text})^2" if x < 0 or "^" in text else f"{text}^2"


def worked(cell: Cell) -> str:
    """Return the calculation that ends in the activation's value, as aligned lines of LaTeX."""
    return lines(*_RULES[cell.layer.type](cell))


def _sum(parts: np.ndarray, bias: float) -> tuple[str, str]:
    """Return the LaTeX of a sum and of the bias that is added to it.

    The largest terms are written out and the others added up: "5 + (-4) + 3 + 2 + (12 more)". Where there
    is one term for each of red, green and blue, all three are written out, in this order.
    """
    if len(parts) == len(COLOURS):
        named = zip(parts, COLOURS, strict=True)
        terms = [rf"\underbrace{{{signed(float(part))}}}_{{\text{{{name}}}}}" for part, name in named]
        return " + ".join(terms), rf"\underbrace{{{signed(bias)}}}_{{\text{{bias}}}}"
    order = np.argsort(-np.abs(parts), kind="stable")
    shown, rest = parts[order[:TERMS]], parts[order[TERMS:]]
    terms = [signed(float(part)) for part in shown]
    if rest.size:
        terms.append(rf"\underbrace{{{signed(float(rest.sum()))}}}_{{{rest.size} \text{{ more}}}}")
    return " + ".join(terms), rf"\underbrace{{{signed(bias)}}}_{{\text{{bias}}}}"


def _convolution(cell: Any) -> list[str]:
    terms, bias = _sum(cell.plane_sums, cell.bias)
    return [
        rf"y &= \sum_{{c=1}}^{{{len(cell.kernel)}}} \sum_{{i,j}} w_{{cij}}\, x_{{cij}} + b",
        rf"&= {terms} + {bias}",
        rf"&= \mathbf{{{value(cell.worked)}}}",
    ]


def _linear(cell: Any) -> list[str]:
    terms, bias = _sum(cell.products, cell.bias)
    return [
        rf"y &= \sum_{{i=1}}^{{{cell.x.size}}} w_i\, x_i + b",
        rf"&= {terms} + {bias}",
        rf"&= \mathbf{{{value(cell.worked)}}}",
    ]


def _relu(cell: Any) -> list[str]:
    return [rf"y &= \max(0,\, x) = \max(0,\, {value(cell.x)}) = \mathbf{{{value(cell.worked)}}}"]


def _tanh(cell: Any) -> list[str]:
    return [rf"y &= \tanh({value(cell.x)}) = \mathbf{{{value(cell.worked)}}}"]


def _sigmoid(cell: Any) -> list[str]:
    return [rf"y &= 1 \big/ \big(1 + e^{{-({value(cell.x)})}}\big) = \mathbf{{{value(cell.worked)}}}"]


def _norm(cell: Any) -> list[str]:
    c = cell.constants
    squares = " + ".join(squared(float(v)) for v in cell.values)
    return [
        r"b &= a \Big/ \Big(k + \alpha \sum_j a_j^2\Big)^{\beta}",
        rf"&= {value(cell.x)} \Big/ \big({c.k:g} + {value(c.scale)} \cdot ({squares})\big)^{{{c.beta:g}}}",
        rf"&= {value(cell.x)} \,/\, {value(cell.denominator)} = \mathbf{{{value(cell.worked)}}}",
    ]


def _spatial_norm(cell: Any) -> list[str]:
    c = cell.constants
    count = cell.window.size
    squares = rf"\underbrace{{{value(cell.squares)}}}_{{{count} \text{{ squares}}}}"
    return [
        r"b &= a \Big/ \Big(k + \alpha \sum_{u,v} a_{uv}^2\Big)^{\beta}",
        rf"&= {value(cell.x)} \Big/ \big({c.k:g} + {value(c.scale)} \cdot {squares}\big)^{{{c.beta:g}}}",
        rf"&= {value(cell.x)} \,/\, {value(cell.denominator)} = \mathbf{{{value(cell.worked)}}}",
    ]


def _pool(cell: Any) -> list[str]:
    numbers = r",\, ".join(value(float(v)) for v in cell.window.ravel())
    rule = r"\operatorname{mean}" if cell.mean else r"\max"
    return [rf"y &= {rule}({numbers})", rf"&= \mathbf{{{value(cell.worked)}}}"]


def _flatten(cell: Any) -> list[str]:
    channel, row, column = cell.source
    _, height, width = cell.layer.input_shape
    return [
        rf"{cell.channel} &= {channel} \cdot {height * width} + {row} \cdot {width} + {column}",
        rf"y &= x_{{{channel},{row},{column}}} = \mathbf{{{value(cell.worked)}}}",
    ]


def _dropout(cell: Any) -> list[str]:
    return [rf"y &= x = \mathbf{{{value(cell.worked)}}}"]


def _softmax(cell: Any) -> list[str]:
    own = value(float(cell.logits[cell.channel]))
    return [
        r"p_i &= e^{x_i} \Big/ \sum_j e^{x_j}",
        rf"&= e^{{{own}}} \,/\, {value(float(cell.exponentials.sum()))}",
        rf"&= {value(float(cell.exponentials[cell.channel]))} \,/\, "
        rf"{value(float(cell.exponentials.sum()))} = \mathbf{{{value(cell.worked)}}}",
    ]


_RULES: dict[LayerType, Callable[[Any], list[str]]] = {
    "Conv": _convolution,
    "ReLU": _relu,
    "Tanh": _tanh,
    "Sigmoid": _sigmoid,
    "LocalResponseNorm": _norm,
    "SpatialResponseNorm": _spatial_norm,
    "MaxPool": _pool,
    "AvgPool": _pool,
    "AdaptiveAvgPool": _pool,
    "Flatten": _flatten,
    "Linear": _linear,
    "Dropout": _dropout,
    "Softmax": _softmax,
}
