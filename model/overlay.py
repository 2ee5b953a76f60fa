"""Colours for heatmaps, without a plotting library: NumPy arrays in, NumPy arrays or a PNG out.

Both scales are perceptually ordered and safe for the colour-blind, and are given by the colours that
their authors published; between those, colours are interpolated linearly.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

# viridis at 0, 1/9, ..., 1. (Smith and van der Walt 2015, matplotlib's default)
VIRIDIS = (
    "#440154", "#482878", "#3e4989", "#31688e", "#26828e",
    "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725",
)  # fmt: skip
# RdBu turned round, so that red is for and blue against. (Brewer, colorbrewer2.org)
BLUE_RED = (
    "#053061", "#2166ac", "#4393c3", "#92c5de", "#d1e5f0", "#f7f7f7",
    "#fddbc7", "#f4a582", "#d6604d", "#b2182b", "#67001f",
)  # fmt: skip


def png(pixels: np.ndarray) -> bytes:
    """uint8 [H, W, 3 or 4] as the bytes of a PNG, packed fast rather than small."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def colorize(values: np.ndarray, *, signed: bool = False) -> np.ndarray:
    """The colour of each value: viridis for 0..1, or blue over white to red for -1..1 if `signed`.

    Values outside are shown as the nearest end.  [...] -> uint8 [..., 3].
    """
    anchors = BLUE_RED if signed else VIRIDIS
    colours = np.array([list(bytes.fromhex(anchor[1:])) for anchor in anchors], np.float64)
    position = np.linspace(-1.0 if signed else 0.0, 1.0, len(anchors))
    channels = [np.interp(values, position, colours[:, channel]) for channel in range(3)]
    return np.rint(np.stack(channels, axis=-1)).astype(np.uint8)


def overlay(
    pixels: np.ndarray, heatmap: np.ndarray, opacity: float = 0.5, *, signed: bool = False
) -> np.ndarray:
    """The coloured heatmap laid over the picture, the more opaque the stronger it is.

    Where the map is zero the picture shows through unchanged: no evidence, no colour.

    Args:
        pixels: uint8 [H, W, 3].
        heatmap: [H, W], 0..1, or -1..1 if `signed`; for example `attribution.normalized`.

    Returns:
        uint8 [H, W, 3].
    """
    alpha = opacity * np.clip(np.abs(heatmap), 0.0, 1.0)[..., None]
    mixed = alpha * colorize(heatmap, signed=signed) + (1.0 - alpha) * pixels
    return np.rint(mixed).astype(np.uint8)
