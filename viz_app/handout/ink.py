"""Draw arrays for printing in grey: zero is white, the strongest value black."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

MIN_TILE = 13  # pixels; smaller feature maps are enlarged by a whole number
GAP = 2
BETWEEN = 205  # grey level of the gaps
FAINT = 0.12  # contrast of the photo where a heat map shows no evidence


def png(pixels: np.ndarray) -> bytes:
    """Return the bytes of a PNG, compressed well: uint8 [H, W] or [H, W, 3]."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def maps(values: np.ndarray, columns: int) -> np.ndarray:
    """Return one picture of all feature maps of a layer: float [N, h, w] -> uint8 [H, W].

    Zero is white and each map's largest value black. In a layer with negative values, zero is grey.
    """
    tiles = _grey(values, np.abs(values).max(axis=(1, 2), keepdims=True))
    factor = max(1, -(-MIN_TILE // tiles.shape[1]))
    tiles = tiles.repeat(factor, axis=1).repeat(factor, axis=2)
    count, height, width = tiles.shape
    rows = -(-count // columns)
    sheet = np.full((rows * (height + GAP) + GAP, columns * (width + GAP) + GAP), BETWEEN, np.uint8)
    for index, tile in enumerate(tiles):
        row, column = divmod(index, columns)
        y, x = GAP + row * (height + GAP), GAP + column * (width + GAP)
        sheet[y : y + height, x : x + width] = tile
    return sheet


def units(values: np.ndarray) -> np.ndarray:
    """Return the units of a fully connected layer as grey squares, row by row: float [N] -> uint8 [h, w]."""
    grey = _grey(values, np.abs(values).max())
    width = 128 if len(grey) > 1024 else 100 if len(grey) > 100 else len(grey)
    rows = -(-len(grey) // width)
    padded = np.full(rows * width, 255, np.uint8)
    padded[: len(grey)] = grey
    return padded.reshape(rows, width).repeat(4, axis=0).repeat(4, axis=1)


def _grey(values: np.ndarray, top: np.ndarray) -> np.ndarray:
    """Return values as grey levels by the root of their magnitude, since most are far below the largest."""
    unit = np.divide(values, top, out=np.zeros_like(values), where=top > 0)
    ink = np.sign(unit) * np.sqrt(np.abs(unit))
    if values.min() < 0:
        ink = 0.5 + 0.5 * ink
    return 255 - np.rint(255 * ink).astype(np.uint8)


def spotlight(crop: np.ndarray, heatmap: np.ndarray) -> np.ndarray:
    """Return the crop, which is white where a heat map shows no evidence.

    Args:
        crop: uint8 [H, W, 3].  heatmap: float [H, W]; only positive values count.
    """
    positive = np.maximum(heatmap, 0)
    strength = FAINT + (1 - FAINT) * positive / (positive.max() or 1)
    return np.rint(255 - (255.0 - crop) * strength[..., None]).astype(np.uint8)
