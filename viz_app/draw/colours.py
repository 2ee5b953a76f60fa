"""Colours for the types of layers, and colour scales that fit the values to be drawn.

All of them can be told apart by colour-blind people: Okabe and Ito's palette for types of layers, viridis for
magnitudes, and a scale from blue over white to red for signed values, with white at zero. Jet is never used:
its bright bands suggest edges that the values do not have.
"""

from __future__ import annotations

import numpy as np

from model.layer_specs import LayerType
from model.overlay import BLUE_RED, VIRIDIS, colorize

ACCENT = "#0072b2"
MARK = "#e8590c"  # channels and points that are chosen or marked
PALE = "#9db4c6"  # for the values before a change, beside those after it

LINES = (ACCENT, "#d55e00", "#009e73", "#cc79a7")  # for several curves in one chart

LAYER_COLOURS: dict[LayerType, str] = {
    "Conv": "#0072b2",
    "ReLU": "#e69f00",
    "Tanh": "#e69f00",
    "Sigmoid": "#e69f00",
    "LocalResponseNorm": "#cc79a7",
    "SpatialResponseNorm": "#cc79a7",
    "MaxPool": "#009e73",
    "AvgPool": "#009e73",
    "AdaptiveAvgPool": "#009e73",
    "Flatten": "#8c96a3",
    "Linear": "#56b4e9",
    "Dropout": "#8c96a3",
    "Softmax": "#d55e00",
}

LAYER_KINDS: dict[LayerType, str] = {
    "Conv": "convolution",
    "ReLU": "ReLU",
    "Tanh": "tanh",
    "Sigmoid": "sigmoid",
    "LocalResponseNorm": "local response normalization",
    "SpatialResponseNorm": "response normalization inside each map",
    "MaxPool": "max pooling",
    "AvgPool": "average pooling",
    "AdaptiveAvgPool": "average pooling to a fixed size",
    "Flatten": "flatten",
    "Linear": "fully connected",
    "Dropout": "dropout",
    "Softmax": "softmax",
}


def is_signed(values: np.ndarray) -> bool:
    """Return whether any value is negative: then the colour scale needs white at zero."""
    return bool(values.size) and values.min() < 0


def scale_for(values: np.ndarray) -> list[str]:
    """Return a Plotly colour scale: blue over white to red for signed values, else viridis."""
    return list(BLUE_RED if is_signed(values) else VIRIDIS)


def value_range(values: np.ndarray) -> tuple[float, float]:
    """Return the lowest and highest value of the colour scale: [-3, 1] -> (-3, 3), [1, 2] -> (0, 2)."""
    top = float(np.abs(values).max()) if values.size else 0.0
    top = top or 1.0  # if all values are zero, any range will do, but not an empty one
    return (-top if is_signed(values) else 0.0, top)


def paint(values: np.ndarray, scope: np.ndarray) -> np.ndarray:
    """Return the values as RGB colours: float [...] -> uint8 [..., 3].

    Args:
        scope: the values that decide on the colour scale and its range, such as the whole layer.
    """
    _, top = value_range(scope)
    return colorize(values / top, signed=is_signed(scope))
