"""Draw a heat map where it belongs in the whole photo, of which the network sees only a part."""

from __future__ import annotations

import numpy as np
from PIL import Image

from ..architectures import Architecture
from ..attribution import Attribution
from ..attribution.base import scaled
from ..overlay import outlined, overlay
from ..preprocess import Photo, crop_box


def over_whole_photo(photo: Photo, architecture: Architecture, attribution: Attribution) -> np.ndarray:
    """Return the photo with the heat map over the crop that the network sees, and a frame around the crop.

    The frame, a white line inside a black one, lies outside the crop. Beyond it the photo is unchanged. Where
    the crop reaches the border of the photo, there is no frame.

    Returns:
        uint8 [height, width, 3], of the size of `photo.image`.
    """
    left, top, right, bottom = (round(edge) for edge in crop_box(photo, architecture))
    part = photo.pixels[top:bottom, left:right]
    heatmap = Image.fromarray(attribution.heatmap).resize(
        (right - left, bottom - top), Image.Resampling.BILINEAR
    )
    strength = scaled(np.asarray(heatmap), attribution.peak)
    drawn = outlined(overlay(part, strength, signed=attribution.method.signed), strength)

    result, line = photo.pixels.copy(), frame_line(part)
    for width, level in ((2 * line, 0), (line, 255)):
        rows = slice(max(0, top - width), bottom + width)
        result[rows, max(0, left - width) : right + width] = level
    result[top:bottom, left:right] = drawn
    return result


def frame_line(part: np.ndarray) -> int:
    """Return the width in pixels of each of the frame's two lines around a part of a photo."""
    return max(1, round(len(part) / 227))
