"""Draw windows of a convolution on a crop, and boxes on a photo."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

BLUE = (0, 114, 178)
ORANGE = (232, 89, 12)
BEYOND = 8  # pixels that are drawn beyond the lower and the right edge of the crop
CORNER = 36  # pixels of the crop that are drawn in its corner

Box = tuple[float, float, float, float]  # left, top, right, bottom, in pixels


def with_windows(crop: np.ndarray, windows: Sequence[tuple[int, int, tuple[int, int, int]]]) -> np.ndarray:
    """Return the lower right corner of a crop, enlarged, with square windows on it.

    What lies beyond the crop is grey and hatched.

    Args:
        crop: uint8 [n, n, 3].
        windows: first pixel in both directions, side in pixels, and RGB colour of each window.
    """
    size, scale = len(crop), 10
    first = max(0, size - CORNER)
    inside, side = (size - first) * scale, (size - first + BEYOND) * scale
    canvas = Image.new("RGB", (side, side), (205, 205, 205))
    pen = ImageDraw.Draw(canvas)
    for offset in range(0, 2 * side, 2 * scale):
        pen.line((offset, 0, offset - side, side), fill=(150, 150, 150), width=1)
    corner = Image.fromarray(np.ascontiguousarray(crop[first:, first:]))
    canvas.paste(corner.resize((inside, inside), Image.Resampling.NEAREST))
    pen.line((inside, 0, inside, inside), fill="white", width=2)
    pen.line((0, inside, inside, inside), fill="white", width=2)
    for start, width, colour in windows:
        low, high = (start - first) * scale, (start - first + width) * scale
        pen.rectangle((low, low, high - 1, high - 1), outline="white", width=6)
        pen.rectangle((low + 1, low + 1, high - 2, high - 2), outline=colour, width=4)
    return np.asarray(canvas)


def with_corner_marked(crop: np.ndarray) -> np.ndarray:
    """Return a crop of any size, enlarged, with a frame around the corner that `with_windows` draws."""
    scale = 2
    side = (len(crop) + BEYOND) * scale
    canvas = Image.new("RGB", (side, side), (205, 205, 205))
    canvas.paste(Image.fromarray(crop).resize((len(crop) * scale,) * 2, Image.Resampling.NEAREST))
    first = max(0, len(crop) - CORNER) * scale
    ImageDraw.Draw(canvas).rectangle((first, first, side - 1, side - 1), outline=ORANGE, width=3)
    return np.asarray(canvas)


def with_boxes(image: Image.Image, boxes: Sequence[tuple[Box, tuple[int, int, int]]]) -> np.ndarray:
    """Return a photo, at most 600 pixels wide and high, with boxes of some colours on it."""
    factor = min(1.0, 600 / max(image.size))
    small = image.resize((max(1, round(image.width * factor)), max(1, round(image.height * factor))))
    pen = ImageDraw.Draw(small)
    for (left, top, right, bottom), colour in boxes:
        edges = (left * factor, top * factor, right * factor - 1, bottom * factor - 1)
        pen.rectangle(edges, outline="white", width=5)
        pen.rectangle(edges, outline=colour, width=3)
    return np.asarray(small)
