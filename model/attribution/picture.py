"""Draw an attribution as a heat map over the photo, or alone, at any size."""

from __future__ import annotations

import numpy as np
from PIL import Image

from ..architectures import Architecture
from ..overlay import colorize, outlined, overlay
from ..preprocess import Photo, crop_box, network_crop
from .base import Attribution, scaled


def over_photo(
    photo: Photo,
    architecture: Architecture,
    attribution: Attribution,
    *,
    side: int | None = None,
    opacity: float = 0.5,
    peak: float | None = None,
) -> np.ndarray:
    """Return the heat map over the photo's crop, outlined where it is strong: uint8 [side, side, 3].

    Args:
        side: in pixels. None for the crop that the network sees, which is coarse; otherwise the same part
            of the photo is scaled to this size.
        peak: the magnitude that gets the strongest colour; None for `attribution.peak`.
    """
    crop, heatmap = network_crop(photo, architecture), attribution.heatmap
    if side is not None and side != len(crop):
        part = photo.image.resize((side, side), Image.Resampling.BICUBIC, crop_box(photo, architecture))
        crop, heatmap = np.asarray(part), _resized(heatmap, side)
    strength = scaled(heatmap, attribution.peak if peak is None else peak)
    return outlined(overlay(crop, strength, opacity, signed=attribution.method.signed), strength)


def alone(attribution: Attribution, *, side: int = 227, peak: float | None = None) -> np.ndarray:
    """Return the attribution's values as coloured squares with sharp edges: uint8 [h, w, 3].

    Args:
        side: the result has at least so many pixels on a side.
        peak: the magnitude that gets the strongest colour; None for `attribution.peak`.
    """
    factor = -(-side // max(attribution.values.shape))
    strength = scaled(attribution.values, attribution.peak if peak is None else peak)
    painted = colorize(strength, signed=attribution.method.signed)
    return painted.repeat(factor, axis=0).repeat(factor, axis=1)


def _resized(values: np.ndarray, side: int) -> np.ndarray:
    return np.asarray(Image.fromarray(values).resize((side, side), Image.Resampling.BILINEAR))
