"""Colours: one palette for kinds of layers, and scales fitted to values.

Everything is safe for colour-blind eyes: Okabe and Ito's palette for kinds, viridis for magnitudes,
red-blue with white at zero for signed values. Never jet.
"""

from __future__ import annotations

import numpy as np

from model.overlay import BLUE_RED, VIRIDIS, colorize

ACCENT = "#0072b2"
PALE = "#9db4c6"  # what was, beside what is

LINES = (ACCENT, "#d55e00", "#009e73", "#cc79a7")  # of several things in one chart

LAYER_COLOURS = {
    "Conv": "#0072b2",
    "ReLU": "#e69f00",
    "LocalResponseNorm": "#cc79a7",
    "MaxPool": "#009e73",
    "AdaptiveAvgPool": "#009e73",
    "Flatten": "#8c96a3",
    "Linear": "#56b4e9",
    "Dropout": "#8c96a3",
    "Softmax": "#d55e00",
}

LAYER_KINDS = {
    "Conv": "convolution",
    "ReLU": "ReLU",
    "LocalResponseNorm": "local response normalisation",
    "MaxPool": "max pooling",
    "AdaptiveAvgPool": "average pooling",
    "Flatten": "flatten",
    "Linear": "fully connected",
    "Dropout": "dropout",
    "Softmax": "softmax",
}


def is_signed(values: np.ndarray) -> bool:
    """Whether there are values below zero, so that the colours have to diverge from it."""
    return bool(values.size) and values.min() < 0


def scale_for(values: np.ndarray) -> list[str]:
    """Diverging for signed values, else sequential, as Plotly takes it."""
    return list(BLUE_RED if is_signed(values) else VIRIDIS)


def value_range(values: np.ndarray) -> tuple[float, float]:
    """The range to colour: symmetric around zero for signed values, else from zero up."""
    top = float(np.abs(values).max()) if values.size else 0.0
    top = top or 1.0  # a map of zeros is drawn as zeros
    return (-top if is_signed(values) else 0.0, top)


def paint(values: np.ndarray, scope: np.ndarray) -> np.ndarray:
    """Values as colours, on the scale and range that suit `scope`: float [...] -> uint8 [..., 3]."""
    _, top = value_range(scope)
    return colorize(values / top, signed=is_signed(scope))
