"""Turn heat maps into colours, lay them over photos and outline them, without a plotting library.

Both colour scales are perceptually ordered and safe for colour-blind people. They consist of the colours that
their authors published; between those, colours are interpolated linearly.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image
from scipy.ndimage import binary_dilation, binary_erosion

# viridis at 0, 1/9, ..., 1. (Smith and van der Walt 2015, matplotlib's default)
VIRIDIS = (
    "#440154", "#482878", "#3e4989", "#31688e", "#26828e",
    "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725",
)  # fmt: skip
# RdBu reversed, so that red is evidence for a class and blue against it. (Brewer, colorbrewer2.org)
BLUE_RED = (
    "#053061", "#2166ac", "#4393c3", "#92c5de", "#d1e5f0", "#f7f7f7",
    "#fddbc7", "#f4a582", "#d6604d", "#b2182b", "#67001f",
)  # fmt: skip

MOST_RIM = 0.5  # share of strong pixels that lie at a rim, above which a heat map is scattered


def png(pixels: np.ndarray) -> bytes:
    """Return a picture, uint8 [H, W, 3 or 4], as the bytes of a PNG that is made fast but is not small."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def colorize(values: np.ndarray, *, signed: bool = False) -> np.ndarray:
    """Return the colour of each value: viridis for 0..1, or blue over white to red for -1..1 if `signed`.

    Values outside this range get the colour of its nearest end.  [...] -> uint8 [..., 3].
    """
    anchors = BLUE_RED if signed else VIRIDIS
    colours = np.array([list(bytes.fromhex(anchor[1:])) for anchor in anchors], np.float64)
    position = np.linspace(-1.0 if signed else 0.0, 1.0, len(anchors))
    channels = [np.interp(values, position, colours[:, channel]) for channel in range(3)]
    return np.rint(np.stack(channels, axis=-1)).astype(np.uint8)


def overlay(
    pixels: np.ndarray, heatmap: np.ndarray, opacity: float = 0.5, *, signed: bool = False
) -> np.ndarray:
    """Return the photo with a heat map over it: the larger a magnitude, the more opaque its colour.

    Where the heat map is zero, the photo is unchanged: no evidence, no colour.

    Args:
        pixels: uint8 [H, W, 3].
        heatmap: [H, W], 0..1, or -1..1 if `signed`; for example `attribution.normalized`.

    Returns:
        uint8 [H, W, 3].
    """
    alpha = opacity * np.clip(np.abs(heatmap), 0.0, 1.0)[..., None]
    mixed = alpha * colorize(heatmap, signed=signed) + (1.0 - alpha) * pixels
    return np.rint(mixed).astype(np.uint8)


def outlined(pixels: np.ndarray, heatmap: np.ndarray) -> np.ndarray:
    """Return the picture with a line, white inside and black outside, around where a heat map is strong.

    On fur, leaves or a red car, no colour scale can be told from the photo everywhere. Against any colour,
    however, either black or white has a contrast of at least 4.58 (by WCAG's formula). Strong means at least
    half of the maximum. A heat map that is strong only in scattered pixels, as saliency is, gets no line.

    Args:
        pixels: uint8 [H, W, 3], for example from `overlay`.
        heatmap: [H, W], 0..1, or -1..1.

    Returns:
        uint8 [H, W, 3].
    """
    width = max(1, round(len(pixels) / 227))
    strong = np.abs(heatmap) >= 0.5
    # Beyond the picture's border everything counts as strong, so that the border itself gets no line.
    inside = strong & ~binary_erosion(strong, iterations=width, border_value=1)
    if inside.sum() > MOST_RIM * strong.sum():
        return pixels
    outside = binary_dilation(strong, iterations=width) & ~strong
    result = pixels.copy()
    result[inside], result[outside] = 255, 0
    return result
